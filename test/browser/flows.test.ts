// A person who has never seen Dure, before a real agent: he opens the link, is known, sees records flow, taps a step, pauses and resumes, logs out
// and in again.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { folder, until } from "../cli/run-dure.ts";
import { noBrowser, testBrowser } from "./browser.ts";
import { noDashboard } from "./fake-agent.ts";
import { PASSWORD, realAgent } from "./real-agent.ts";

const skip = noBrowser || noDashboard;
const PIPELINES = `  people:
    - in.FakeData: { type: people, locale: ko, seed: 7, count: 0, rate: 50 }
    - filter.Where: r.age >= 0
    - out.File: { path: people.ndjson }
`;

test("dashboard: from the printed link to a tapped step, a pause and a new login, on a real agent", { skip }, async () => {
  await using here = folder();
  await using browser = await testBrowser();
  const agent = await realAgent(here, PIPELINES);
  const { page, complaints } = await browser.open({ language: "ko" });
  const link = await agent.setUpLink();
  await page.goto(link);
  await page.locator("[name=name]").fill("홍길동");
  await page.locator("[name=password]").fill(PASSWORD);
  await page.locator("[name=again]").fill("something else");
  await page.getByRole("button", { name: "시작하기" }).click();
  await page.getByText("두 비밀번호가 서로 다릅니다.").waitFor();
  await page.locator("[name=again]").fill(PASSWORD);
  await page.getByRole("button", { name: "시작하기" }).click();

  await page.getByText("모두 정상입니다").waitFor();
  assert.equal(new URL(page.url()).hash, "", "the link's token is not left in the address");
  await page.locator(".busiest a").first().click();
  await page.locator(".link.flowing").first().waitFor();

  // What passes the filter, before and after.
  await page.locator(".link-hand").first().click({ force: true });
  await page.waitForURL((url) => url.searchParams.get("tab") === "tap" && url.searchParams.get("node") === "2");
  await page.locator(".tap-row", { hasNot: page.locator(".gone") }).nth(2).click();
  await page.locator(".record-table .same").first().waitFor();
  // Held: what is looked at does not move while more comes.
  await page.locator(".tap .badge").waitFor();
  const shown = await page.locator(".tap-row").allInnerTexts();
  const news = async (): Promise<number> => Number(/\d+/.exec(await page.locator(".tap .badge").innerText())?.[0]);
  const before = await news();
  await until(async () => before < (await news()), "more has come");
  assert.deepEqual(await page.locator(".tap-row").allInnerTexts(), shown);
  await page.getByRole("button", { name: "테스트로 만들기" }).click();
  await page.locator("dialog[open] pre").getByText("people").first().waitFor();
  await page.keyboard.press("Escape");
  // A click on a value: only such records.
  const city = page.locator(".record-table tr", { has: page.locator("th", { hasText: "city" }) }).locator("button.value");
  const wanted = await city.innerText();
  await city.click();
  await page.waitForURL((url) => url.searchParams.get("where") === `r.city === ${JSON.stringify(wanted)}`);
  await page.getByRole("button", { name: /이어서 보기/ }).click();
  await until(async () => {
    const texts = await page.locator(".tap-text").allInnerTexts();
    return 0 < texts.length && texts.every((text) => text.includes(`"city":"${wanted}"`));
  }, "records of that city, and no other");

  await page.getByRole("button", { name: "일시정지" }).click();
  await page.locator("dialog[open]").getByRole("button", { name: "일시정지" }).click();
  await page.getByText(/홍길동.*일시정지/).waitFor();
  const written = (): number => readFileSync(here.file("people.ndjson"), "utf8").split("\n").length;
  const lines = written();
  await page.getByRole("button", { name: "다시 시작" }).click();
  await page.locator("dialog[open]").getByRole("button", { name: "다시 시작" }).click();
  await until(() => lines < written(), "it goes on");

  await page.getByRole("button", { name: "홍길동 계정" }).click();
  await page.getByRole("button", { name: "로그아웃" }).click();
  await page.getByRole("heading", { name: "로그인" }).waitFor();
  await page.locator("[name=name]").fill("홍길동");
  await page.locator("[name=password]").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.locator(".page-title, .health").first().waitFor();

  // The link works once.
  await page.goto("about:blank");
  await page.goto(link);
  await page.getByText("이미 사용자가 등록된 에이전트입니다").waitFor();
  assert.deepEqual(complaints, []);
});
