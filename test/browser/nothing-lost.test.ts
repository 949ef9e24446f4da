// What somebody writes is lost to no answer that comes while he writes, and to no slip of the mouse.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { until } from "#test/cli/run-dure.ts";
import { noBrowser, testBrowser } from "./browser.ts";
import { fakeAgent, noDashboard } from "./fake-agent.ts";
import { configText, officeAnswers } from "./fake-office.ts";
import { pipelineAnswers } from "./fake-pipelines.ts";

const skip = noBrowser || noDashboard;
const LIMIT_MS = 300_000;
const LETTER = "/dead-letters/game-logs/20261122T03001-0001ab";

async function typeAtEnd(page: Page, text: string): Promise<void> {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+End");
  await page.keyboard.insertText(text);
}

const lineWith = (page: Page, text: string) => page.locator(".cm-line", { hasText: text });

test("written: what is typed while the agent formats the text stands there", { skip, timeout: LIMIT_MS }, async () => {
  const { promise, resolve } = Promise.withResolvers<object>();
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...officeAnswers(), "config.format": () => promise });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await page.goto(`${agent.url}/config`);
  await typeAtEnd(page, "# one\n");
  await page.getByRole("button", { name: "Format" }).click();
  await typeAtEnd(page, "# two\n");
  resolve({ text: `${configText}# formatted\n` });
  await page.getByText("You wrote on meanwhile").waitFor();
  assert.deepEqual([await lineWith(page, "# two").count(), await lineWith(page, "# formatted").count()], [1, 0]);
});

test("written: what is typed while a config is applied goes on from what was applied", { skip, timeout: LIMIT_MS }, async () => {
  const { promise, resolve } = Promise.withResolvers<object>();
  const office = officeAnswers();
  let file = { text: configText, hash: "h1" };
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...office, "config.show": () => ({ ...file, file: "/srv/dure.yml", isRunning: true, revision: 18 }), "config.apply": () => promise });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await page.goto(`${agent.url}/config`);
  await typeAtEnd(page, "# one\n");
  const apply = async (): Promise<void> => {
    await page.getByRole("button", { name: "Apply…" }).click();
    await page.locator("dialog").getByRole("button", { name: "Apply", exact: true }).click();
  };
  await apply();
  await page.keyboard.press("Escape");
  await typeAtEnd(page, "# two\n");
  file = { text: `${configText}# one\n`, hash: "h2" };
  resolve({ hash: "h2", revision: 19 });
  await page.getByText(/Applied as revision/).waitFor();
  await apply();
  const applied = (): { text: string; base: string }[] => agent.calls.filter(({ method }) => method === "config.apply").map(({ params }) => params as { text: string; base: string });
  await until(async () => applied().length === 2, "it is applied again");
  assert.deepEqual(applied().map(({ base }) => base), ["h1", "h2"]);
  assert.ok(applied()[1]?.text.endsWith("# one\n# two\n"));
});

test("written: going back to a revision leaves what stands in the editor", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...officeAnswers() });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await page.goto(`${agent.url}/config`);
  await typeAtEnd(page, "# mine\n");
  await page.getByRole("link", { name: "History" }).click();
  await page.locator("tbody tr").last().getByRole("button", { name: /^Actions on/ }).click();
  await page.getByRole("button", { name: "Revert to this" }).click();
  await page.locator("dialog").getByRole("button", { name: "Revert to this" }).click();
  await page.getByText(/Back to revision/).waitFor();
  await page.getByRole("link", { name: "Editor" }).click();
  await lineWith(page, "# mine").waitFor();
});

test("written: a config that is emptied is checked as what it is", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...officeAnswers() });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await page.goto(`${agent.url}/config`);
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await until(async () => agent.calls.some(({ method, params }) => method === "config.check" && (params as { text?: string }).text === ""), "the empty text is checked");
});

test("written: text that is marked with the mouse beyond the edge of a dialog does not close it", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...officeAnswers() });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await page.goto(`${agent.url}/users/tokens`);
  await page.getByRole("button", { name: "Make a token" }).click();
  const name = page.locator("dialog [name=name]");
  await name.fill("그라파나");
  const field = await name.boundingBox();
  const dialog = await page.locator("dialog").boundingBox();
  assert.ok(field !== null && dialog !== null);
  await page.mouse.move(field.x + 40, field.y + field.height / 2);
  await page.mouse.down();
  await page.mouse.move(dialog.x - 40, field.y + field.height / 2, { steps: 5 });
  await page.mouse.up();
  assert.equal(await name.inputValue(), "그라파나");
  await page.mouse.click(dialog.x - 40, field.y);
  await name.waitFor({ state: "detached" });
});

test("written: a record that is half written is not lost with the next one's saving", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...officeAnswers() });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await page.goto(`${agent.url}${LETTER}`);
  const [half, whole] = [page.locator(".record").first(), page.locator(".record").nth(1)];
  await half.getByRole("button", { name: "Edit" }).click();
  await half.locator("textarea").fill('{ "user": "김');
  assert.equal(await page.getByRole("button", { name: "Send again" }).getAttribute("aria-disabled"), "true", "what is half written would be sent as it was");
  await whole.getByRole("button", { name: "Take out" }).click();
  await page.getByRole("button", { name: "Save 1 changes" }).click({ force: true });
  await page.getByText("A record is no JSON yet").waitFor();
  assert.deepEqual([await half.locator("textarea").inputValue(), agent.calls.some(({ method }) => method === "dead-letters.edit")], ['{ "user": "김', false]);
  await half.getByRole("button", { name: "As it was" }).click();
  await page.getByRole("button", { name: "Save 1 changes" }).click();
  await page.getByText(/^Saved;/).waitFor();
});

test("written: more records of a letter come once, and none beside those of another state of it", { skip, timeout: LIMIT_MS }, async () => {
  const letter = { id: LETTER.slice("/dead-letters/".length), pipeline: "game-logs", step: "5:out.Http", reason: "400", atMs: 0, tag: "", records: 5, bytes: 90, isDamaged: false };
  const two = Promise.withResolvers<void>();
  let base = "b1";
  await using agent = await fakeAgent({
    ...pipelineAnswers(),
    ...officeAnswers(),
    async "dead-letters.show"({ params }) {
      const first = Number(params["first"] ?? 0);
      if (0 < first && agent.calls.filter(({ method }) => method === "dead-letters.show").length === 3) two.resolve();
      if (0 < first) await two.promise;
      return { letter, base, records: [first, first + 1].map((row) => ({ row, time: "2026-11-22T03:00:00.000Z", record: { row } })) };
    },
  });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await page.goto(`${agent.url}${LETTER}`);
  await page.getByRole("button", { name: "Show more records" }).dblclick();
  await page.locator(".record").nth(3).waitFor();
  await page.getByRole("button", { name: "Take out" }).first().click();
  base = "b2";
  await page.getByRole("button", { name: "Show more records" }).click();
  await page.getByText("somebody changed this dead letter meanwhile").waitFor();
  assert.deepEqual([await page.locator(".record").count(), await page.getByRole("button", { name: "Save 1 changes" }).count()], [4, 1]);
});
