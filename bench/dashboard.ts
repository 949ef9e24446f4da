// `npm run bench -- dashboard`: what the dashboard costs a browser. First view on loopback, and a graph of 200 steps that all move ten times a
// second: how long the page works for one such update, and how long its longest frame was. Chromium from the system, headless.
import { performance } from "node:perf_hooks";
import { noBrowser, testBrowser } from "../test/browser/browser.ts";
import { fakeAgent, noDashboard } from "../test/browser/fake-agent.ts";
import { pipelineAnswers } from "../test/browser/fake-pipelines.ts";
import { frameWork } from "./frame-work.ts";

const skip = noBrowser || noDashboard;
if (skip !== false) {
  console.error(skip);
  process.exit(1);
}

const VISITS = 5;
const UPDATES_MS = 100;
const WATCHED_MS = 5000;

await using browser = await testBrowser();
await using agent = await fakeAgent(pipelineAnswers({ everyMs: UPDATES_MS, isWide: true }));

const firstViews: number[] = [];
for (let visit = 0; visit < VISITS; visit += 1) {
  const { page, context } = await browser.open(); // Nothing is cached.
  const from = performance.now();
  await page.goto(agent.url);
  await page.locator(".health").waitFor();
  firstViews.push(performance.now() - from);
  await context.close();
}
console.log(`first view, nothing cached: ${line(firstViews)} ms`);

const { page, context } = await browser.open();
await page.goto(`${agent.url}/pipelines/wide`);
await page.locator(".link.flowing").first().waitFor();
const inside = await context.newCDPSession(page);
let frames: readonly number[] = [];
// The thread's own CPU time: what else this machine does is not in it.
const work = await frameWork(inside, async () => {
  frames = (await page.evaluate(`new Promise((done) => {
  const gaps = [];
  let last = performance.now();
  const end = last + ${WATCHED_MS};
  const next = (now) => { gaps.push(now - last); last = now; if (now < end) requestAnimationFrame(next); else done(gaps); };
  requestAnimationFrame(next);
})`)) as number[];
});
const updates = WATCHED_MS / UPDATES_MS;
const perUpdate = (kind: keyof typeof work): string => (work[kind] / updates).toFixed(1);
console.log(`graph of 200 steps: ${perUpdate("total")} ms of work for an update (script ${perUpdate("script")}, style ${perUpdate("style")}, layout ${perUpdate("layout")}, paint ${perUpdate("paint")})`);
console.log(`graph of 200 steps, ten updates a second: frames ${line(frames)} ms apart, ${((frames.filter((gap) => gap > 25).length / frames.length) * 100).toFixed(1)} % of them late`);

function line(values: readonly number[]): string {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (part: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1);
  return `${at(0.5)} (median), ${at(0.99)} (99 of 100), ${at(1)} (most)`;
}
