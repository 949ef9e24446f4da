// Flows of the other screens: a token is shown once, a role is changed after its effect was said, a dead letter is put right and sent again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { noBrowser, testBrowser } from "./browser.ts";
import { fakeAgent, noDashboard } from "./fake-agent.ts";
import { officeAnswers } from "./fake-office.ts";
import { pipelineAnswers } from "./fake-pipelines.ts";

const skip = noBrowser || noDashboard;
const LIMIT_MS = 300_000;

test("people: a token is shown once, with how to use it", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...officeAnswers() });
  await using browser = await testBrowser();
  const { page, context } = await browser.open();
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`${agent.url}/users/tokens`);
  await page.getByRole("button", { name: "Make a token" }).click();
  const dialog = page.locator("dialog[open]");
  await dialog.locator("[name=name]").fill("그라파나");
  await dialog.locator("[name=scope]").fill("metrics.*, pipelines.list");
  await dialog.locator("[name=scope]").press("Enter");
  await page.getByText("Copy it now").waitFor();
  assert.deepEqual(agent.calls.find(({ method }) => method === "tokens.create")?.params, { name: "그라파나", role: "viewer", days: 90, scope: ["metrics.*", "pipelines.list"] });
  const token = await dialog.locator(".example code").innerText();
  assert.match(token, /^dure_/);
  await dialog.getByRole("button", { name: "Copy", exact: true }).click();
  assert.equal(await page.evaluate("navigator.clipboard.readText()"), token);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.ok(!(await page.content()).includes(token), "it is nowhere in the page any more");
});

test("people: a change of role says its effect before it is made", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...officeAnswers() });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await page.goto(`${agent.url}/users`);
  await page.getByRole("button", { name: "Actions on kim" }).click();
  await page.getByRole("button", { name: "Make viewer" }).click();
  assert.match(await page.locator("dialog[open]").innerText(), /kim: may do what the role viewer may/);
  assert.ok(!agent.calls.some(({ method }) => method === "users.update"));
  await page.locator("dialog[open]").getByRole("button", { name: "Make viewer" }).click();
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  await page.locator("tbody tr").first().waitFor();
  assert.deepEqual(agent.calls.find(({ method }) => method === "users.update")?.params, { name: "kim", role: "viewer" });
});

test("dead letters: what is no JSON is said and not saved; put right, it is saved and sent again", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...officeAnswers() });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await page.goto(`${agent.url}/dead-letters`);
  await page.locator("tbody tr", { hasText: "amount" }).first().locator("a.row-link").click();
  const first = page.locator(".record").first();
  await first.getByRole("button", { name: "Edit" }).click();
  await first.locator("textarea").fill('{ "user": "김서연", "amount": oops }');
  await first.getByText("No JSON: line 1, column 28.").waitFor();
  assert.equal(await page.getByRole("button", { name: /^Save/ }).count(), 0);
  await first.locator("textarea").fill('{ "user": "김서연", "amount": 12000, "card_token": "[hidden]" }');
  await page.locator(".record").nth(1).getByRole("button", { name: "Take out" }).click();
  assert.equal(await page.getByRole("button", { name: "Send again" }).getAttribute("aria-disabled"), "true", "first what was changed is saved");
  await page.getByRole("button", { name: "Save 2 changes" }).click();
  await page.getByText("Saved; it holds 2 records now.").waitFor();
  const id = "game-logs/20261122T03001-0001ab";
  assert.deepEqual(agent.calls.find(({ method }) => method === "dead-letters.edit")?.params, { id, base: "b1", changes: [{ row: 0, record: { user: "김서연", amount: 12000, card_token: "[hidden]" } }, { row: 1 }] });
  await page.getByRole("button", { name: "Send again" }).click();
  await page.locator("dialog[open]").getByRole("button", { name: "Send again" }).click();
  await page.getByText("Sent again: 1").waitFor();
  assert.deepEqual(agent.calls.find(({ method }) => method === "dead-letters.replay")?.params, { ids: [id] });
  await page.waitForURL("**/dead-letters");
});
