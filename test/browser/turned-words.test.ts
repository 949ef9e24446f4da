// Marks that turn writing around, in whatever others wrote: a line of the log, a record, an event, a row of the audit reads as what it is.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { noBrowser, testBrowser } from "./browser.ts";
import { fakeAgent, forever, noDashboard } from "./fake-agent.ts";
import type { Answers } from "./fake-agent.ts";
import { officeAnswers } from "./fake-office.ts";
import { pipelineAnswers } from "./fake-pipelines.ts";

const skip = noBrowser || noDashboard;
const TURNED = "gpj.\u202eexe\u2066 refused";
const SHOWN = "gpj.�exe� refused";

const { "audit.list": _list, ...office } = officeAnswers();
const turned: Answers = {
  ...pipelineAnswers(),
  ...office,
  "logs.search": () => ({ lines: [{ id: 1, atMs: 1_760_000_000_000, level: "warn", message: TURNED, fields: { [TURNED]: TURNED, more: { name: TURNED } } }], hasMore: false }),
  "logs.facets": () => ({ lines: 1, hasMore: false, levels: [], pipelines: [{ value: TURNED, count: 1 }], steps: [] }),
  "events.list": () => ({ events: [{ id: 1, atMs: 1_760_000_000_000, name: "pipeline.failed", data: { pipeline: TURNED, reason: TURNED } }] }),
  "audit.list": () => ({ rows: [{ id: 1, agent: "a", number: 1, atMs: 1_760_000_000_000, who: TURNED, role: "admin", edge: "http", address: "127.0.0.1", command: "config.apply", subject: TURNED, params: { note: TURNED }, before: { name: TURNED }, after: { name: `${TURNED}!` }, outcome: "ok", hash: "9c1185a5" }] }),
  async "pipelines.tap"({ emit, signal }) {
    emit({ step: "2", tag: TURNED, records: [{ timeMs: 1_760_000_000_000, before: { [TURNED]: "x" }, after: { [TURNED]: TURNED } }], skipped: 0 });
    await forever(signal);
  },
};

const places: readonly { readonly path: string; readonly sign: string; readonly open?: (page: Page) => Promise<unknown> }[] = [
  { path: "/logs?facets=yes&q=exe", sign: ".log-facet .chip" },
  {
    path: "/logs",
    sign: ".log-row",
    open: async (page) => {
      await page.locator(".log-level").click();
      await page.keyboard.press("Enter");
      await page.locator(".log-fields").waitFor();
    },
  },
  { path: "/events", sign: "tbody tr" },
  { path: "/", sign: ".feed-lines li" },
  { path: "/audit", sign: "tbody tr" },
  { path: "/audit?row=1", sign: "dialog .difference-in" },
  { path: "/pipelines/game-logs?tab=tap&node=2", sign: ".tap-row" },
  { path: "/pipelines/game-logs?tab=tap&node=2", sign: ".tap-row", open: (page) => page.locator(".tap-row").click() },
];

test("dashboard: nothing that others wrote turns a line around, wherever it is shown", { skip, timeout: 300_000 }, async () => {
  await using agent = await fakeAgent(turned);
  await using browser = await testBrowser();
  const { page } = await browser.open();
  for (const { path, sign, open } of places) {
    await page.goto("about:blank");
    await page.goto(`${agent.url}${path}`);
    await page.locator(sign).first().waitFor();
    await open?.(page);
    await page.getByText(SHOWN).first().waitFor();
    const text = await page.locator("body").innerText();
    assert.doesNotMatch(text, /[\u202a-\u202e\u2066-\u2069]/, path);
    assert.ok(text.includes(SHOWN.slice(0, 5)), `${path}: ${text}`);
  }
});
