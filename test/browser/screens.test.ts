// Every screen of what runs, in each theme and language, wide and narrow: nothing for axe to find, nothing on the console (so nothing that the
// content security policy refuses), nothing wider than the page.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { axeViolations, noBrowser, testBrowser, tooWide } from "./browser.ts";
import type { OpenPage, TestBrowser } from "./browser.ts";
import { fakeAgent, noDashboard } from "./fake-agent.ts";
import type { FakeAgent } from "./fake-agent.ts";
import { pipelineAnswers } from "./fake-pipelines.ts";

const KNOWN = { user: { name: "홍길동", role: "admin" }, host: "test-host", version: "0.1.0", isSetupOpen: false };

interface Screen {
  readonly path: string;
  /** What is there when the screen is whole. */
  readonly shows: string;
  readonly session?: unknown;
  /** Something to press before one looks. */
  readonly press?: string;
}

const screens: Readonly<Record<string, Screen>> = {
  "first run": { path: "/setup#token", shows: "form", session: { isSetupOpen: true } },
  "first run without its link": { path: "/", shows: ".command", session: { isSetupOpen: true } },
  login: { path: "/", shows: "form", session: { isSetupOpen: false } },
  overview: { path: "/", shows: ".uplot" },
  pipelines: { path: "/pipelines", shows: "tbody tr:nth-child(6)" },
  "pipelines, filtered to nothing": { path: "/pipelines?q=nothing-is-called-so", shows: ".empty" },
  graph: { path: "/pipelines/game-logs", shows: ".box.failing" },
  "graph with a step": { path: "/pipelines/game-logs?node=5.1", shows: ".node-panel .facts" },
  table: { path: "/pipelines/game-logs?tab=table", shows: "tbody tr:nth-child(8)" },
  tap: { path: "/pipelines/game-logs?tab=tap&node=2", shows: ".record", press: ".tap-row >> nth=3" },
  metrics: { path: "/pipelines/game-logs?tab=metrics", shows: ".uplot" },
  "set-up": { path: "/pipelines/game-logs?tab=setup", shows: ".set-up li:nth-child(8)" },
  "a pipeline that is not there": { path: "/pipelines/no-such", shows: ".failure-box" },
  "a page that is not there": { path: "/nowhere", shows: ".empty" },
  "search palette": { path: "/pipelines", shows: ".palette-entry", press: ".search-button" },
  "what fails": { path: "/", shows: ".bell-panel li", press: ".bell" },
  settings: { path: "/", shows: ".choices", press: ".top-actions .popup:nth-of-type(2) button" },
};

const skip = noBrowser || noDashboard;

for (const theme of ["light", "dark"] as const) {
  for (const language of ["en", "ko"] as const) {
    describe(`dashboard: every screen of what runs is whole, ${theme}, ${language}`, { skip }, () => {
      let browser: TestBrowser;
      let agent: FakeAgent;
      /** One page goes from screen to screen: a new one for each costs twice the work, most of it the browser's own. */
      let open: OpenPage;
      before(async () => {
        browser = await testBrowser();
        agent = await fakeAgent(pipelineAnswers(), KNOWN);
        open = await browser.open({ theme, language });
      });
      after(async () => {
        await browser[Symbol.asyncDispose]();
        await agent[Symbol.asyncDispose]();
      });
      for (const [name, { path, shows, session = KNOWN, press }] of Object.entries(screens)) {
        test(name, async () => {
          agent.session = session;
          const { page, complaints } = open;
          await page.setViewportSize({ width: 1440, height: 900 });
          await page.goto(agent.url + path);
          if (press !== undefined) await page.locator(press).first().click();
          await page.locator(shows).first().waitFor();
          assert.deepEqual(await axeViolations(page), []);
          assert.equal(await page.evaluate("document.documentElement.lang"), language);
          // The same page made narrow: that is what happens to a tab on a telephone that is turned.
          await page.setViewportSize({ width: 360, height: 760 });
          await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))");
          assert.deepEqual(await tooWide(page), [], "360 pixels");
          assert.deepEqual(complaints.splice(0), []);
        });
      }
    });
  }
}

test("dashboard: high contrast and 360 pixels from the start have nothing for axe to find", { skip }, async () => {
  await using browser = await testBrowser();
  await using agent = await fakeAgent(pipelineAnswers(), KNOWN);
  for (const theme of ["light", "dark"] as const) {
    for (const path of ["/", "/pipelines", "/pipelines/game-logs", "/pipelines/game-logs?tab=tap"]) {
      const { page, context, complaints } = await browser.open({ theme, contrast: "high", language: "ko", width: 360, height: 760 });
      await page.goto(agent.url + path);
      await page.locator("h1").first().waitFor();
      await page.locator(".uplot, .table, .box, .tap-row").first().waitFor();
      assert.deepEqual(await axeViolations(page), [], `${path}, ${theme}`);
      assert.deepEqual([...(await tooWide(page)), ...complaints], [], `${path}, ${theme}`);
      await context.close();
    }
  }
});
