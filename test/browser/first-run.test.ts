// The first minutes of the first user: a name, a password, the language, the clock to read times by, and where to look then.
import assert from "node:assert/strict";
import { test } from "node:test";
import { axeViolations, noBrowser, testBrowser, tooWide } from "./browser.ts";
import { fakeAgent, noDashboard } from "./fake-agent.ts";
import { officeAnswers } from "./fake-office.ts";
import { pipelineAnswers } from "./fake-pipelines.ts";

const skip = noBrowser || noDashboard;
const KNOWN = { user: { name: "hong", role: "admin" }, host: "test-host", version: "0.1.0", isSetupOpen: false };
const AT_MS = Date.UTC(2026, 0, 2, 22, 30, 5);

test("first run: language and time zone are chosen with the name, and a first look leads to what runs and to the config, or is skipped", { skip, timeout: 240_000 }, async () => {
  await using agent = await fakeAgent({ ...officeAnswers(), ...pipelineAnswers(), "events.list": () => ({ events: [{ id: 1, atMs: AT_MS, name: "agent.started", data: {} }] }) }, { host: "test-host", isSetupOpen: true });
  agent.onPost = () => ((agent.session = KNOWN), { status: 200, body: {} });
  await using browser = await testBrowser();
  const { page, complaints } = await browser.open({ width: 360 });
  const whole = async (): Promise<void> => assert.deepEqual([...(await axeViolations(page)), ...(await tooWide(page)), ...complaints], []);
  await page.goto(`${agent.url}/setup#token`);
  await page.getByRole("button", { name: "한국어" }).click();
  await page.getByRole("group", { name: "시간대" }).getByText("Asia/Seoul").waitFor();
  await page.getByRole("radio", { name: "UTC" }).check();
  await whole();
  await page.locator("[name=name]").fill("hong");
  await page.locator("[name=password]").fill("a long enough one");
  await page.locator("[name=again]").fill("a long enough one");
  await page.keyboard.press("Enter");

  const look = page.getByRole("region", { name: "처음 둘러보기" });
  await look.getByText("파이프라인 6개가 구성되어 있습니다.").waitFor();
  await whole();
  assert.equal(await look.getByRole("link", { name: "내 설정 열기" }).getAttribute("href"), "/config");
  await look.getByRole("link", { name: "동작 보기" }).click();
  await page.waitForURL("**/pipelines");
  await page.goto(`${agent.url}/events`);
  await page.getByText("2026-01-02 22:30:05").waitFor();
  await page.goto(agent.url);
  await page.locator(".health").waitFor();
  assert.equal(await look.count(), 0, "once is enough");

  await page.evaluate("localStorage.setItem('dure.first-look', 'yes')");
  await page.reload();
  await look.getByRole("button", { name: "건너뛰기" }).click();
  await look.waitFor({ state: "detached" });
  await page.reload();
  await page.locator(".health").waitFor();
  assert.equal(await look.count(), 0);
  // The clock is changed back where the other views are.
  await page.getByRole("button", { name: "보기 설정" }).click();
  await page.getByRole("radio", { name: "Asia/Seoul" }).check();
  await page.goto(`${agent.url}/events`);
  await page.getByText("2026-01-03 07:30:05").waitFor();
  assert.deepEqual(complaints, []);
});

test("first run: where the browser itself goes by UTC, nothing is asked about it", { skip, timeout: 240_000 }, async () => {
  await using agent = await fakeAgent({ ...officeAnswers(), ...pipelineAnswers() }, { host: "test-host", isSetupOpen: true });
  await using browser = await testBrowser();
  const { page } = await browser.open({ timeZone: "UTC" });
  await page.goto(`${agent.url}/setup#token`);
  await page.locator("[name=again]").waitFor();
  assert.equal(await page.getByRole("radio").count(), 0);
});
