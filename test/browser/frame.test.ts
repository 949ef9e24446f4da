// The frame around the screens: keys, search, links, connection, and that Enter at the end of a Korean syllable counts once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../cli/run-dure.ts";
import { axeViolations, noBrowser, testBrowser, tooWide } from "./browser.ts";
import { fakeAgent, forever, noDashboard } from "./fake-agent.ts";
import { pipelineAnswers, sixAt } from "./fake-pipelines.ts";

const skip = noBrowser || noDashboard;

test("dashboard: keys go where they say, whatever language the keyboard writes, and not while one writes", { skip, timeout: 240_000 }, async () => {
  await using browser = await testBrowser();
  await using agent = await fakeAgent(pipelineAnswers());
  const { page } = await browser.open();
  await page.goto(agent.url);
  await page.locator(".health").waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await page.waitForURL("**/pipelines");
  // The same keys of a Korean keyboard: other letters at the same place.
  const press = (code: string, key: string): Promise<void> => page.evaluate(`document.body.dispatchEvent(new KeyboardEvent("keydown", { code: ${JSON.stringify(code)}, key: ${JSON.stringify(key)}, bubbles: true, cancelable: true }))`);
  await press("KeyG", "ㅎ");
  await press("KeyO", "ㅐ");
  await page.waitForURL((url) => url.pathname === "/");
  await page.keyboard.press("?");
  await page.locator("dialog[open] .key-groups").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  await page.goto(`${agent.url}/pipelines`);
  await page.locator("[data-filter]").fill("");
  await page.locator("[data-filter]").pressSequentially("gp?");
  await page.waitForURL((url) => url.searchParams.get("q") === "gp?");
  assert.equal(await page.locator("dialog[open]").count(), 0);
});

test("dashboard: the language is changed in the bar above every screen, by keyboard, and stays", { skip, timeout: 240_000 }, async () => {
  await using browser = await testBrowser();
  await using agent = await fakeAgent(pipelineAnswers());
  const { page, complaints } = await browser.open({ language: "ko", width: 360 });
  await page.goto(`${agent.url}/pipelines`);
  await page.locator("tbody tr").first().waitFor();
  await page.getByRole("button", { name: "한/EN: English로 보기" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Pipelines" }).waitFor();
  assert.equal(await page.evaluate("document.documentElement.lang"), "en");
  assert.match((await page.evaluate("document.activeElement.ariaLabel")) as string, /한국어로 보기/, "the focus stays on it");
  assert.deepEqual([...(await axeViolations(page)), ...(await tooWide(page)), ...complaints], []);
  await page.reload();
  await page.getByRole("heading", { name: "Pipelines" }).waitFor();
});

test("dashboard: the search finds screens, pipelines and what can be done with them", { skip, timeout: 240_000 }, async () => {
  await using browser = await testBrowser();
  await using agent = await fakeAgent(pipelineAnswers());
  const { page } = await browser.open();
  await page.goto(agent.url);
  await page.locator(".health").waitFor();
  await page.keyboard.press("Control+k");
  await page.locator(".palette-field").fill("결제");
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => decodeURIComponent(url.pathname) === "/pipelines/게임-결제-로그");
  await page.keyboard.press("Control+k");
  await page.locator(".palette-field").fill("pause: metrics");
  await page.keyboard.press("Enter");
  await page.locator(".notice.done").waitFor();
  assert.deepEqual(agent.calls.find(({ method }) => method === "pipelines.pause")?.params, { name: "metrics" });
});

test("dashboard: Enter that ends a Korean syllable sends once, and neither none nor twice", { skip, timeout: 240_000 }, async () => {
  await using browser = await testBrowser();
  await using agent = await fakeAgent(pipelineAnswers(), { isSetupOpen: false });
  const { page, context } = await browser.open({ language: "ko" });
  await page.goto(agent.url);
  await page.locator("[name=password]").fill("a long enough one");
  await page.locator("[name=name]").focus();
  const keyboard = await context.newCDPSession(page);
  // As Chromium tells it: the syllable is composed, Enter comes while it is (229), it is put in, and Enter comes again by itself.
  await keyboard.send("Input.imeSetComposition", { text: "홍", selectionStart: 1, selectionEnd: 1 });
  await keyboard.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Process", code: "Enter", windowsVirtualKeyCode: 229 });
  await page.evaluate(`document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", code: "Enter", keyCode: 229, isComposing: true, bubbles: true, cancelable: true }))`);
  assert.deepEqual(agent.posted, [], "nothing is sent while a syllable is open");
  await keyboard.send("Input.insertText", { text: "홍" });
  await keyboard.send("Input.dispatchKeyEvent", { type: "keyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, text: "\r" });
  await keyboard.send("Input.dispatchKeyEvent", { type: "keyUp", key: "Enter", code: "Enter", windowsVirtualKeyCode: 13 });
  await until(() => 0 < agent.posted.length, "it is sent");
  await page.locator("form button[type=submit][aria-disabled=false]").waitFor();
  assert.deepEqual(agent.posted, [{ url: "/api/login", body: { name: "홍", password: "a long enough one" } }]);
});

test("dashboard: Enter twice while the first answer is awaited sends once, and a refusal is said with its code", { skip, timeout: 240_000 }, async () => {
  await using browser = await testBrowser();
  await using agent = await fakeAgent(pipelineAnswers(), { isSetupOpen: false });
  agent.onPost = () => ({ status: 401, body: { error: { code: "UNAUTHENTICATED", message: "the name or the password is not right", ko: { message: "이름이나 비밀번호가 맞지 않습니다" } } } });
  const { page } = await browser.open({ language: "ko" });
  await page.goto(agent.url);
  await page.locator("[name=name]").fill("홍길동");
  await page.locator("[name=password]").fill("wrong wrong wrong");
  await page.evaluate("(() => { const form = document.querySelector('form'); form.requestSubmit(); form.requestSubmit(); })()");
  await page.locator(".failure-box").waitFor();
  assert.match(await page.locator(".failure-box").innerText(), /이름이나 비밀번호가 맞지 않습니다 UNAUTHENTICATED/);
  assert.equal(agent.posted.length, 1);
});

test("dashboard: what is live goes on by itself after the agent was away, and stops while one holds it", { skip, timeout: 240_000 }, async () => {
  await using browser = await testBrowser();
  let second = 0;
  let watchers = 0;
  await using agent = await fakeAgent({
    ...pipelineAnswers(),
    async "pipelines.watch"({ emit, signal }) {
      watchers += 1;
      emit(sixAt((second += 10)));
      await forever(signal);
      watchers -= 1;
    },
  });
  const { page } = await browser.open();
  await page.goto(`${agent.url}/pipelines`);
  await page.locator("tbody tr").first().waitFor();
  assert.equal(watchers, 1);
  agent.isAway = true; // For as long as it takes to look.
  agent.breakConnections();
  await page.locator(".lost").waitFor();
  agent.isAway = false;
  await page.locator(".lost").waitFor({ state: "detached" });
  const asked = (): number => agent.calls.filter(({ method }) => method === "pipelines.watch").length;
  while (asked() < 2) await page.evaluate("new Promise((done) => requestAnimationFrame(() => done(true)))");
  await page.locator(".hold").click();
  while (watchers > 0) await page.evaluate("new Promise((done) => requestAnimationFrame(() => done(true)))");
  await page.locator(".hold").click();
  while (watchers < 1) await page.evaluate("new Promise((done) => requestAnimationFrame(() => done(true)))");
  assert.equal(asked(), 3);
});

test("dashboard: a list is its address: sorted, filtered and with its columns it can be sent to somebody", { skip, timeout: 240_000 }, async () => {
  await using browser = await testBrowser();
  await using agent = await fakeAgent(pipelineAnswers());
  const { page } = await browser.open();
  await page.goto(`${agent.url}/pipelines`);
  await page.locator("tbody tr").first().waitFor();
  await page.getByRole("button", { name: "Out/s" }).click();
  await page.getByRole("button", { name: "State" }).nth(0).click();
  await page.getByRole("checkbox", { name: "running" }).check();
  await page.keyboard.press("Escape");
  const names = (): Promise<string[]> => page.locator("tbody .row-link").allInnerTexts();
  await until(async () => (await names()).join() === "metrics,게임-결제-로그", "only those that run, by what goes out");
  const { page: other } = await browser.open();
  await other.goto(await page.evaluate("location.href"));
  await other.locator("tbody tr").first().waitFor();
  assert.deepEqual(await other.locator("tbody .row-link").allInnerTexts(), ["metrics", "게임-결제-로그"]);
  // By keyboard from row to row, and into one.
  await other.locator("tbody tr").first().focus();
  await other.keyboard.press("ArrowDown");
  await other.keyboard.press("Enter");
  await other.waitForURL((url) => decodeURIComponent(url.pathname) === "/pipelines/게임-결제-로그");
});

test("dashboard: an action says what it does before it is done, and many rows are one action", { skip, timeout: 240_000 }, async () => {
  await using browser = await testBrowser();
  await using agent = await fakeAgent(pipelineAnswers());
  const { page } = await browser.open();
  await page.goto(`${agent.url}/pipelines`);
  for (const name of ["metrics", "game-logs"]) await page.getByRole("checkbox", { name: `Select ${name}` }).check();
  await page.locator(".selection-bar").getByRole("button", { name: "Pause" }).click();
  assert.match(await page.locator("dialog[open] p").innerText(), /game-logs, metrics.*Takes nothing new/s);
  assert.equal(agent.calls.some(({ method }) => method === "pipelines.pause"), false);
  await page.locator("dialog[open]").getByRole("button", { name: "Pause" }).click();
  await page.locator(".notice.done").nth(1).waitFor();
  assert.deepEqual(agent.calls.filter(({ method }) => method === "pipelines.pause").map(({ params }) => params), [{ name: "game-logs" }, { name: "metrics" }]);
});

test("dashboard: who may not does not, and is told who may", { skip, timeout: 240_000 }, async () => {
  await using browser = await testBrowser();
  await using agent = await fakeAgent(pipelineAnswers(), { user: { name: "kim", role: "viewer" }, host: "h", isSetupOpen: false });
  const { page } = await browser.open();
  await page.goto(`${agent.url}/pipelines/game-logs?tab=tap`);
  await page.getByRole("tabpanel").getByText("Only the role operator may do this").waitFor();
  const pause = page.getByRole("button", { name: "Pause" });
  assert.equal(await pause.getAttribute("aria-disabled"), "true");
  await pause.click({ force: true });
  assert.equal(await page.locator("dialog[open]").count(), 0);
  await page.goto(`${agent.url}/config`);
  await page.getByText("This screen is for the role").waitFor();
  assert.deepEqual(agent.calls.filter(({ method }) => /tap|pause|config/.test(method)), []);
});
