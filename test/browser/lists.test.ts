// What is promised of every list, asked of each: its order stands in the address and survives being sent, its rows can be had as a file, and one
// with nothing in it says what fills it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { noBrowser, testBrowser } from "./browser.ts";
import { fakeAgent, noDashboard } from "./fake-agent.ts";
import { officeAnswers } from "./fake-office.ts";
import { pipelineAnswers } from "./fake-pipelines.ts";

const skip = noBrowser || noDashboard;
const LIMIT_MS = 300_000;

const lists = ["/pipelines", "/pipelines/game-logs?tab=table", "/dead-letters", "/events", "/config/history", "/audit", "/users", "/users/tokens", "/users/sessions", "/diagnostics?tab=figures"];

test("lists: each is sorted by its address, and comes as a file", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...officeAnswers() });
  await using browser = await testBrowser();
  const { page, complaints } = await browser.open();
  for (const path of lists) {
    await page.goto(`${agent.url}${path}`);
    await page.locator("tbody tr").first().waitFor();
    await page.locator(".sort-button").last().click();
    await page.waitForURL(/sort=/);
    const order = await page.locator("th[aria-sort]").innerText();
    await page.goto(page.url());
    await page.locator("th[aria-sort]").waitFor();
    assert.equal(await page.locator("th[aria-sort]").innerText(), order, path);
    await page.locator("tbody tr").first().waitFor();
    await page.getByRole("button", { name: "Export", exact: true }).click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /CSV/ }).click()]);
    const lines = (await readFile(await download.path(), "utf8")).trim().split("\n");
    assert.ok(1 < lines.length, `${path}: ${download.suggestedFilename()} has rows`);
  }
  assert.deepEqual(complaints, []);
});

test("lists: the menu of a row is seen whole without scrolling, in a list of one row as well", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...officeAnswers() });
  await using browser = await testBrowser();
  for (const width of [1440, 360]) {
    const { page } = await browser.open({ width });
    for (const path of ["/config/history", "/users", "/users/sessions"]) {
      await page.goto(`${agent.url}${path}`);
      const more = page.locator("tbody tr").last().getByRole("button", { name: /^Actions on/ });
      await more.click();
      const hidden = await page.evaluate(`[...document.querySelectorAll(".popup-panel .menu-item")].filter((item) => {
        const { left, top, width, height } = item.getBoundingClientRect();
        return !item.contains(document.elementFromPoint(left + width / 2, top + height / 2));
      }).map((item) => item.textContent)`);
      assert.deepEqual(hidden, [], `${path} at ${width}`);
      await page.keyboard.press("Escape");
      await page.locator(".popup-panel").waitFor({ state: "detached" });
      assert.equal(await more.evaluate((button) => button.matches(":focus")), true, "Escape gives the focus back");
    }
  }
});

test("lists: with nothing in them they show the command or the config that fills them", { skip, timeout: LIMIT_MS }, async () => {
  const none = () => ({ atMs: Date.now(), pipelines: [] });
  await using agent = await fakeAgent({
    ...pipelineAnswers(),
    ...officeAnswers({ isEmpty: true }),
    "pipelines.list": none,
    async "pipelines.watch"({ emit, signal }) {
      emit(none());
      await untilLeft(signal);
    },
    "events.list": () => ({ events: [] }),
  });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  for (const path of ["/pipelines", "/dead-letters", "/events", "/config/history", "/audit", "/users/tokens"]) {
    await page.goto(`${agent.url}${path}`);
    assert.notEqual(await page.locator(".empty .command, .empty .example").first().innerText(), "", path);
  }
});

test("tap: a record that went no further is shown with what it was", { skip, timeout: LIMIT_MS }, async () => {
  const dropped = { step: "3:filter.Where", tag: "web", skipped: 0, records: [{ timeMs: 0, before: { status: 200, path: "/cart" } }] };
  await using agent = await fakeAgent({
    ...pipelineAnswers(),
    ...officeAnswers(),
    async "pipelines.tap"({ emit, signal }) {
      emit(dropped);
      await untilLeft(signal);
    },
  });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await page.goto(`${agent.url}/pipelines/game-logs?tab=tap&node=3`);
  await page.locator(".tap-row").first().click();
  await page.locator(".record-table tbody tr").first().waitFor();
  assert.deepEqual(await page.locator(".record-table tbody td").allInnerTexts(), ["200", "/cart"]);
  assert.equal(await page.locator(".record-table button").count(), 0, "a condition is asked of what comes out, which this record did not");
});

function untilLeft(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
