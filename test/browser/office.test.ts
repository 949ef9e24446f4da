// The screens of what an agent keeps (its log, events, config, audit, users, diagnostics, help, dead letters) in each theme and language, at the
// width of a telephone: nothing for axe to complain of, nothing on the console, nothing wider than the page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { screenPaths } from "#edges/http/static-files.ts";
import { ROOT } from "../cli/run-dure.ts";
import { axeViolations, noBrowser, testBrowser, tooWide } from "./browser.ts";
import { fakeAgent, noDashboard } from "./fake-agent.ts";
import { officeAnswers } from "./fake-office.ts";
import { pipelineAnswers } from "./fake-pipelines.ts";
import { processAnswers } from "./fake-processes.ts";

const skip = noBrowser || noDashboard;
const WIDTH = 360;

/** What is there when a screen is. */
const screens: readonly { readonly path: string; readonly sign: string; readonly open?: (page: Page) => Promise<unknown> }[] = [
  { path: "/logs", sign: ".log-row" },
  { path: "/logs?q=%EC%98%A4%EB%A5%98%EA%B0%80&mode=mark&wrap=no", sign: ".log-row mark" },
  { path: "/logs?q=%EC%98%A4%EB%A5%98%EA%B0%80%20(%EB%B0%9C|%EB%82%98)&re=yes&facets=yes&step=3:out.Http", sign: ".log-row mark", open: (page) => page.locator(".log-facet .chip[aria-pressed=true]").waitFor() },
  { path: "/logs?at=500", sign: ".log-row.target", open: (page) => page.locator(".log-row.target").press("Enter") },
  { path: "/events", sign: "tbody tr" },
  { path: "/config", sign: ".editor-host .cm-line", open: (page) => page.locator(".text-graph .box").first().waitFor() },
  { path: "/config/history", sign: "tbody tr" },
  { path: "/audit", sign: "tbody tr" },
  { path: "/audit?row=7", sign: "dialog .difference-in" },
  { path: "/audit?q=", sign: "tbody tr", open: verified },
  { path: "/users", sign: "tbody tr" },
  { path: "/users/tokens", sign: "tbody tr" },
  { path: "/users/sessions", sign: "tbody tr" },
  { path: "/users/password", sign: "input[name=password]" },
  { path: "/diagnostics", sign: ".finding" },
  { path: "/help", sign: ".key-groups" },
  { path: "/help/glossary", sign: "tbody tr" },
  { path: "/processes", sign: "tbody tr .badge" },
  { path: "/processes?tab=groups", sign: "tbody tr .chip" },
  { path: "/processes/load", sign: ".output-row.stderr" },
  { path: "/processes/load?q=%EC%B2%98%EB%A6%AC&wrap=yes", sign: ".output-row mark" },
  { path: "/processes/crash?tab=facts", sign: ".facts .environment" },
  { path: "/processes/crash?tab=exits", sign: ".last-words" },
  { path: "/processes/check?tab=probes", sign: "tbody tr" },
  { path: "/processes/load?tab=queue", sign: ".queue-tiles" },
  { path: "/processes/load?tab=programs", sign: "tbody .badge" },
  { path: "/processes/load?tab=flow", sign: ".process-box.chosen" },
  { path: "/processes/load?tab=config", sign: "textarea" },
  { path: "/flows", sign: ".process-box" },
  { path: "/flows?tab=table", sign: "tbody tr" },
  { path: "/flows?tab=movements", sign: "tbody tr" },
  { path: "/schedules", sign: "tbody tr .state.bad, .trouble" },
  { path: "/schedules/recoveries", sign: "tbody tr" },
  { path: "/console", sign: ".console-form input", open: asked },
  { path: "/console/settings", sign: "tbody tr" },
  { path: "/dead-letters", sign: "tbody tr" },
  { path: "/dead-letters/game-logs/20261122T03001-0001ab", sign: ".record", open: (page) => page.locator(".record button").first().click() },
];

/** `screens.test.ts` looks at the first two, `jobs.test.ts` at the others. */
const LOOKED_AT_ELSEWHERE = ["", "pipelines", "jobs", "operator", "notifiers"];

test("office: no screen of the dashboard is left out of these looks", () => {
  const all = [...readFileSync(join(ROOT, "ui", "src", "screens.ts"), "utf8").matchAll(/\{ path: "([^"]*)"/g)].map(([, path = ""]) => path);
  assert.ok(all.includes("logs"), all.join(" "));
  const looked = new Set([...LOOKED_AT_ELSEWHERE, ...screens.map(({ path }) => path.split(/[/?]/)[1])]);
  assert.deepEqual(all.filter((path) => !looked.has(path)), []);
  assert.deepEqual(all.filter((path) => !screenPaths.some((each) => each === path)), [], "the agent gives the page for these addresses");
});

/** The console has answered. */
async function asked(page: Page): Promise<void> {
  if ((await page.locator(".console-said").count()) === 0) await page.locator(".console-examples button").first().click();
  await page.locator(".console-said pre", { hasText: "주문-집계" }).first().waitFor();
}

/** What a cut took is said with the verdict. */
async function verified(page: Page): Promise<void> {
  await page.locator(".list-bar .button", { hasText: /Verify|확인/ }).click();
  const said = page.locator("dialog .verdict");
  await said.waitFor();
  assert.match(await said.innerText(), /\b41\b[^]*store\.audit_keep[^]*2026-11-21 12:00:00[^]*02c6f4f1/);
}

for (const theme of ["light", "dark"] as const) {
  for (const language of ["en", "ko"] as const) {
    test(`office: every screen, ${theme}, ${language}`, { skip, timeout: 300_000 }, async () => {
      await using agent = await fakeAgent({ ...pipelineAnswers(), ...processAnswers(), ...officeAnswers({ lines: 1000 }) });
      await using browser = await testBrowser();
      const { page, complaints } = await browser.open({ theme, language, width: WIDTH });
      for (const { path, sign, open } of screens) {
        await page.goto(`${agent.url}${path}`);
        await page.locator(sign).first().waitFor();
        await open?.(page);
        assert.deepEqual({ path, axe: await axeViolations(page), wide: await tooWide(page), complaints }, { path, axe: [], wide: [], complaints: [] });
      }
    });
  }
}

test("office: lists with nothing in them show what fills them", { skip, timeout: 300_000 }, async () => {
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...processAnswers({ isEmpty: true }), ...officeAnswers({ isEmpty: true }) });
  await using browser = await testBrowser();
  const { page, complaints } = await browser.open({ width: WIDTH });
  for (const path of ["/audit", "/users/tokens", "/dead-letters", "/config/history", "/processes", "/processes?tab=groups", "/flows", "/flows?tab=table", "/schedules", "/schedules/recoveries"]) {
    await page.goto(`${agent.url}${path}`);
    assert.notEqual(await page.locator(".empty .command").first().innerText(), "", path);
    assert.deepEqual(await axeViolations(page), []);
  }
  await page.goto(`${agent.url}/logs?q=x`);
  assert.match(await page.locator(".empty").innerText(), /dure logs --grep "x"/);
  assert.deepEqual(complaints, []);
});

test("office: a viewer sees what he may, and why not the rest", { skip, timeout: 300_000 }, async () => {
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...officeAnswers() }, { user: { name: "kim", role: "viewer", language: "en" }, host: "test-host", version: "0.1.0", isSetupOpen: false });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  const said = async (path: string, text: RegExp): Promise<void> => {
    await page.goto(`${agent.url}${path}`);
    await page.getByText(text).waitFor();
  };
  for (const path of ["/config", "/audit"]) await said(path, /This screen is for the role admin/);
  await said("/users", /Only admins see all users/);
  await said("/diagnostics", /for operators and admins/);
  await said("/dead-letters/game-logs/20261122T03001-0001ab", /Records are for operators/);
  assert.ok(!agent.calls.some(({ method }) => ["config.show", "audit.list", "users.list", "agent.doctor", "dead-letters.show"].includes(method)), "what he may not see is not asked for");
});
