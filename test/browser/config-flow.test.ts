// An admin breaks the config in the editor and is told where, puts it right, sees what it would change, applies it, takes it back, and finds all
// of it in the audit; the file on the disk follows. Somebody else's change in between is shown, and both go together. With a real agent.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { addUsers, runningAgent } from "#test/security/running-agent.ts";
import type { RunningAgent } from "#test/security/running-agent.ts";
import { until } from "#test/cli/run-dure.ts";
import { axeViolations, noBrowser, testBrowser, tooWide } from "./browser.ts";
import type { Sight, TestBrowser } from "./browser.ts";
import { noDashboard } from "./fake-agent.ts";

const skip = noBrowser || noDashboard;
const LIMIT_MS = 300_000;
const config = `pipelines:
  people:
    - in.FakeData: { rate: 5, count: 0 }
    - filter.Where: r.age > 30
    - out.File: { path: out.json }
`;

async function loggedIn(agent: RunningAgent, browser: TestBrowser, sight: Sight = {}) {
  await addUsers(agent, { hong: "admin" });
  const [name = "", value = ""] = (await agent.login("hong")).split("=");
  return browser.open({ ...sight, cookies: [{ name, value, url: agent.origin }] });
}

/** Types over the first place where `before` stands in the editor. */
async function typeOver(page: Page, before: string, after: string): Promise<void> {
  const word = page.locator(".cm-line", { hasText: before }).first();
  await word.click();
  await page.keyboard.press("Home");
  await page.keyboard.press("Shift+End");
  const line = await word.innerText();
  await page.keyboard.insertText(line.trimStart().replace(before, after));
}

const textOfFile = (agent: RunningAgent): string => readFileSync(agent.folder.file("dure.yml"), "utf8");

test("config: broken, told where, put right, applied, taken back, and all of it in the audit", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await runningAgent({ config });
  await using browser = await testBrowser();
  const { page, complaints } = await loggedIn(agent, browser);
  await page.goto(`${agent.origin}/config`);
  await page.locator(".problems", { hasText: "No problem found" }).waitFor();

  await typeOver(page, "filter.Where", "filter.Wher");
  const problem = page.locator(".problem").first();
  await problem.waitFor();
  assert.match(await problem.innerText(), /6:7[\s\S]*filter\.Wher[\s\S]*filter\.Where/);
  assert.equal(await page.locator(".cm-lintRange-error").first().innerText(), "filter.Wher");
  await page.getByRole("button", { name: "Apply…" }).click();
  await page.getByText("It cannot be applied while there are errors").waitFor();
  await page.keyboard.press("Escape");

  await problem.click();
  await typeOver(page, "filter.Wher: r.age > 30", "filter.Where: r.age > 60");
  await page.locator(".problems", { hasText: "No problem found" }).waitFor();
  await page.getByRole("button", { name: "Apply…" }).click();
  await page.locator("tr.difference-in", { hasText: "r.age > 60" }).waitFor();
  assert.match(await page.locator(".plan").innerText(), /~ 1\s+change: people/);
  await page.locator("input[name=note]").fill("only the old");
  await page.locator("input[name=note]").press("Enter");
  await page.getByText(/Applied as revision/).waitFor();
  assert.match(textOfFile(agent), /r\.age > 60/);

  await page.goto(`${agent.origin}/config/history`);
  const revisions = page.locator("tbody tr");
  await revisions.filter({ hasText: "only the old" }).waitFor();
  await revisions.last().getByRole("button", { name: /^Actions on/ }).click();
  await page.getByRole("button", { name: "Revert to this" }).click();
  await page.locator("dialog").getByRole("button", { name: "Revert to this" }).click();
  await page.getByText(/Back to revision/).waitFor();
  assert.match(textOfFile(agent), /r\.age > 30/);

  await page.goto(`${agent.origin}/audit`);
  await page.locator("tbody tr", { hasText: "config.revert" }).first().waitFor();
  await page.getByRole("button", { name: "config.apply" }).first().click();
  await page.locator("dialog tr.difference-in", { hasText: "r.age > 60" }).waitFor();
  assert.match(await page.locator("dialog").innerText(), /hong/);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Verify the chain" }).click();
  await page.getByText(/each as it was written/).waitFor();
  assert.deepEqual(complaints, []);
});

test("config: somebody else's change in between is shown, and both go together", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await runningAgent({ config });
  await using browser = await testBrowser();
  const { page } = await loggedIn(agent, browser);
  await page.goto(`${agent.origin}/config`);
  await page.locator(".problems", { hasText: "No problem found" }).waitFor();
  await typeOver(page, "r.age > 30", "r.age > 50");
  await page.locator(".problems", { hasText: "No problem found" }).waitFor();
  agent.folder.write("dure.yml", textOfFile(agent).replace("rate: 5", "rate: 7"));

  await page.getByRole("button", { name: "Apply…" }).click();
  await page.locator("dialog").getByRole("button", { name: "Apply", exact: true }).click();
  await page.getByText("Somebody changed the config meanwhile").waitFor();
  await page.getByRole("button", { name: "Take both" }).click();
  await page.locator(".cm-line", { hasText: "rate: 7" }).waitFor();
  await page.locator(".cm-line", { hasText: "r.age > 50" }).waitFor();
  await page.getByRole("button", { name: "Apply…" }).click();
  await page.locator("dialog").getByRole("button", { name: "Apply", exact: true }).click();
  await page.getByText(/Applied as revision/).waitFor();
  assert.match(textOfFile(agent), /rate: 7[\s\S]*r\.age > 50/);
});

test("help: the API is browsed and tried without another host", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await runningAgent({ config });
  await using browser = await testBrowser();
  const { page, complaints } = await loggedIn(agent, browser, { width: 360 });
  await page.goto(`${agent.origin}/help/api?open=logs.search`);
  await page.locator(".parameter", { hasText: "limit" }).locator("input").fill("1");
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByText(/^200 in /).waitFor();
  assert.match(await page.locator(".try-it .value").innerText(), /"lines": \[/);
  assert.deepEqual({ axe: await axeViolations(page), wide: await tooWide(page), complaints }, { axe: [], wide: [], complaints: [] });
});

test("config: secrets are hidden in the editor, and stay in the file", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await runningAgent({ config: `${config}    - out.Http: { url: "http://127.0.0.1:9/x", username: me, password: correct-horse-battery }\n` });
  await using browser = await testBrowser();
  const { page } = await loggedIn(agent, browser, { language: "ko" });
  await page.goto(`${agent.origin}/config`);
  await page.locator(".cm-line", { hasText: "[hidden:" }).waitFor();
  assert.ok(!(await page.content()).includes("correct-horse"));
  await typeOver(page, "r.age > 30", "r.age > 40");
  await page.getByRole("button", { name: "적용…" }).click();
  await page.locator("dialog").getByRole("button", { name: "적용", exact: true }).click();
  await page.getByText(/이력으로 적용했습니다/).waitFor();
  assert.match(textOfFile(agent), /r\.age > 40[\s\S]*password: correct-horse-battery/);
});

test("config: what is typed faster than the page draws stands there as it was typed", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await runningAgent({ config });
  await using browser = await testBrowser();
  const { page } = await loggedIn(agent, browser);
  await page.goto(`${agent.origin}/config`);
  await page.locator(".problems", { hasText: "No problem found" }).waitFor();
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+End");
  const typed = "# 빠르게 치는 글: quick brown foxes";
  for (const character of typed) await page.keyboard.insertText(character);
  await until(async () => (await page.locator(".cm-line").last().innerText()) === typed, "it stands there as it was typed");
  await page.getByRole("button", { name: "Discard" }).click();
  await page.locator("dialog").getByRole("button", { name: "Discard" }).click();
  await page.locator(".cm-line", { hasText: "quick brown" }).waitFor({ state: "detached" });
});
