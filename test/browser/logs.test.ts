// The logs screen: thousands of lines of which few are in the page, older pages as one scrolls, live at the end, found by parts of Korean
// words, a link to each line.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { until } from "../cli/run-dure.ts";
import { noBrowser, testBrowser } from "./browser.ts";
import { fakeAgent, forever, noDashboard } from "./fake-agent.ts";
import type { Answers } from "./fake-agent.ts";
import { fakeLine, officeAnswers } from "./fake-office.ts";
import { pipelineAnswers } from "./fake-pipelines.ts";

const skip = noBrowser || noDashboard;
const LIMIT_MS = 300_000;
/** Of the lines in the page. */
const idsShown = (page: Page): Promise<number[]> => page.locator(".log-time").evaluateAll((links) => links.map((link) => Number(new URL((link as unknown as { href: string }).href).searchParams.get("at"))));
const scrollTo = (page: Page, place: "top" | "bottom"): Promise<void> => page.locator(".log-scroller").evaluate((box, where) => void (box.scrollTop = where === "top" ? 0 : box.scrollHeight), place);
const lineShown = (page: Page, id: number): Promise<void> => page.locator(`.log-time[href$="at=${id}"]`).waitFor();

/** `say` says so many lines more to all who follow. */
function livingLog(lines: number): { readonly answers: Answers; say(count: number): void } {
  const followers = new Set<(event: unknown) => void>();
  let last = lines;
  return {
    answers: {
      ...pipelineAnswers(),
      ...officeAnswers({ lines }),
      async "logs.follow"({ params, emit, signal }) {
        // What was said between his last look and now.
        for (let missed = Number(params["after"] ?? last) + 1; missed <= last; missed += 1) emit(fakeLine(missed, Date.now()));
        followers.add(emit);
        await forever(signal);
        followers.delete(emit);
      },
    },
    say(count) {
      for (let at = 0; at < count; at += 1) {
        last += 1;
        for (const emit of followers) emit(fakeLine(last, Date.now()));
      }
    },
  };
}

test("logs: of thousands of lines those in sight are in the page, and the view stays at the end while more come", { skip, timeout: LIMIT_MS }, async () => {
  const log = livingLog(1000);
  await using agent = await fakeAgent(log.answers);
  await using browser = await testBrowser();
  const { page, complaints } = await browser.open();
  await page.goto(`${agent.url}/logs`);
  await lineShown(page, 1000);
  for (let at = 1; at <= 3; at += 1) {
    log.say(1000);
    await lineShown(page, 1000 + at * 1000);
  }
  assert.ok((await page.locator(".log-row").count()) < 120, "only those in sight, and some beyond");
  await scrollTo(page, "top");
  await lineShown(page, 501);
  // In the order in which they are read aloud and marked with the mouse, once scrolling has ended.
  const inOrder = (ids: readonly number[]): boolean => 10 < ids.length && ids.every((id, at) => at === 0 || (ids[at - 1] ?? 0) < id);
  await until(async () => inOrder(await idsShown(page)), "each line once, in order");
  assert.deepEqual(complaints, []);
});

test("logs: older pages come as one scrolls up, and what is read stands still", { skip, timeout: LIMIT_MS }, async () => {
  const log = livingLog(3000);
  await using agent = await fakeAgent(log.answers);
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await page.goto(`${agent.url}/logs`);
  await page.locator(".log-row").first().waitFor();
  await scrollTo(page, "top");
  await page.getByText("1,000 lines", { exact: true }).waitFor();
  await until(async () => (await idsShown(page)).includes(2501), "the line that was at the top is still in sight");
  log.say(3);
  await page.getByRole("button", { name: "+3 new" }).waitFor();
  await until(async () => (await idsShown(page)).includes(2501), "it stays there");
  await page.getByRole("button", { name: "+3 new" }).click();
  await lineShown(page, 3003);
});

test("logs: paused, lines are kept and counted; going on shows them", { skip, timeout: LIMIT_MS }, async () => {
  const log = livingLog(100);
  await using agent = await fakeAgent(log.answers);
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await page.goto(`${agent.url}/logs`);
  await page.locator(".log-row").first().waitFor();
  await page.locator(".log-bar").getByRole("button", { name: "Pause" }).click();
  log.say(523);
  await page.getByRole("button", { name: "+523 new" }).waitFor();
  await page.getByText("100 lines", { exact: true }).waitFor();
  await page.locator(".log-bar").getByRole("button", { name: "Pause" }).click();
  await page.getByText("623 lines", { exact: true }).waitFor();
});

test("logs: part of a Korean word is found, once, with lines around it, and a link leads to a line", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...officeAnswers({ lines: 400 }) });
  await using browser = await testBrowser();
  const { page, context } = await browser.open({ language: "ko" });
  await page.goto(`${agent.url}/logs`);
  await page.locator(".log-row").first().waitFor();
  const field = page.getByRole("searchbox");
  await field.focus();
  // As Chromium composes: the syllable, Enter while it is composed (229), and Enter again by itself.
  const keyboard = await context.newCDPSession(page);
  await keyboard.send("Input.insertText", { text: "발생" });
  await keyboard.send("Input.imeSetComposition", { text: "했", selectionStart: 1, selectionEnd: 1 });
  await keyboard.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Process", code: "Enter", windowsVirtualKeyCode: 229 });
  await keyboard.send("Input.insertText", { text: "했" });
  await page.keyboard.press("Enter");
  await page.locator(".log-row mark").first().waitFor();
  assert.equal(await page.locator(".log-row mark").first().innerText(), "발생했");
  assert.equal(new URL(page.url()).searchParams.get("q"), "발생했");
  assert.equal(agent.calls.filter(({ method, params }) => method === "logs.search" && (params as { text?: string }).text === "발생했").length, 1, "asked once");
  await page.getByText("50줄", { exact: true }).waitFor();

  await page.getByRole("combobox", { name: "앞뒤 줄" }).selectOption("2");
  await page.locator(".log-row.around").first().waitFor();
  await page.getByRole("button", { name: "표시만" }).click();
  await page.getByText("50줄 일치").waitFor();
  await page.locator(".log-time").last().click();
  await page.locator(".log-row.target").waitFor();
  const at = new URL(page.url()).searchParams.get("at");
  await page.goto(`${agent.url}/logs?at=${at}`);
  await page.locator(".log-row.target").waitFor();
  assert.deepEqual(agent.calls.filter(({ method }) => method === "logs.around").at(-1)?.params, { id: Number(at), lines: 200 });
});

test("logs: a stack and colours unfold to all there is", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...officeAnswers({ lines: 24 }) });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await page.goto(`${agent.url}/logs`);
  const stack = page.locator(".log-row", { hasText: "TypeError" }).first();
  assert.match(await stack.innerText(), /\+3 lines/);
  await stack.click();
  await stack.getByRole("button", { name: "Show all of it" }).click();
  await page.getByText("at async poll").first().waitFor();
  assert.equal(await page.locator(".log-row", { hasText: "ready in" }).first().locator(".ansi-2").innerText(), "ready");
  assert.ok(!(await page.locator(".virtual-sheet").innerText()).includes("\u001b"));
});

test("logs: by keyboard alone, whatever it writes: line by line, opened, folded, held, searched", { skip, timeout: LIMIT_MS }, async () => {
  const log = livingLog(23);
  await using agent = await fakeAgent(log.answers);
  await using browser = await testBrowser();
  const { page, complaints } = await browser.open({ language: "ko" });
  await page.goto(`${agent.url}/logs`);
  await lineShown(page, 23);
  const current = (id: number): Promise<void> => page.locator(".log-row.current", { has: page.locator(`.log-time[href$="at=${id}"]`) }).waitFor();
  await page.keyboard.press("k");
  await current(23);
  // As a keyboard set to Korean says it: another letter, the same key.
  await page.locator(".log-row.current").dispatchEvent("keydown", { key: "ㅏ", code: "KeyK", bubbles: true });
  await current(22);
  assert.equal(await page.locator(".log-row:focus").count(), 1, "the line has the focus, to be read aloud");
  await page.keyboard.press("Enter");
  await page.getByText("at async poll").first().waitFor();
  await page.keyboard.press("Escape");
  await page.getByText("at async poll").first().waitFor({ state: "detached" });
  await page.keyboard.press("j");
  await current(23);
  await page.keyboard.press("Space");
  log.say(7);
  await page.getByRole("button", { name: "+7줄" }).waitFor();
  await page.keyboard.press("Space");
  await page.getByText("30줄", { exact: true }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("발생했");
  await page.locator(".log-row mark").first().waitFor();
  await page.keyboard.press("Escape");
  await page.locator("input[data-filter]:not(:focus)").waitFor();
  assert.deepEqual(complaints, []);
});

test("logs: a regular expression filters and marks what it describes; facets count, and a click shows only those", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...officeAnswers({ lines: 400 }) });
  await using browser = await testBrowser();
  const { page, complaints } = await browser.open();
  await page.goto(`${agent.url}/logs`);
  await page.locator(".log-row").first().waitFor();
  await page.getByRole("button", { name: "Regular expression" }).click();
  await page.getByRole("searchbox").fill("refused, (try|wait)ing|waitMs=\\d+");
  await page.getByText("50 lines", { exact: true }).waitFor();
  await page.locator(".log-row mark", { hasText: "refused, trying" }).first().waitFor();
  assert.ok(agent.calls.some(({ method, params }) => method === "logs.search" && (params as { regex?: string }).regex?.startsWith("refused") === true && !("text" in (params as object))), "the agent looks for it");
  await page.getByRole("searchbox").fill("");
  await page.getByText("400 lines", { exact: true }).waitFor();
  await page.getByRole("button", { name: "How many of each" }).click();
  await page.getByRole("group", { name: "Step" }).getByRole("button", { name: "3:out.Http 50" }).click();
  await page.getByText("50 lines", { exact: true }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("step"), "3:out.Http");
  await page.getByRole("button", { name: "Step: 3:out.Http", exact: true }).click();
  await page.getByRole("group", { name: "Level" }).getByRole("button", { name: /^error/ }).click();
  await page.getByText("100 lines", { exact: true }).waitFor();
  assert.deepEqual(complaints, []);
});
