// `npm run bench -- dashboard-logs`: a hundred thousand lines in the logs screen, scrolled in a real Chromium; how long frames take, and how long
// the thread of the page itself works on each. Wrapped lines, which are measured as they come into sight, and plain ones.
import { noBrowser, testBrowser } from "#test/browser/browser.ts";
import { fakeAgent, noDashboard } from "#test/browser/fake-agent.ts";
import { fakeLine, officeAnswers } from "#test/browser/fake-office.ts";
import { pipelineAnswers } from "#test/browser/fake-pipelines.ts";
import { frameWork } from "./frame-work.ts";

const LINES = 100_000;
const FRAMES = 300;
const STEP_PIXELS = 700;

const why = noBrowser || noDashboard;
if (why !== false) {
  console.error(why);
  process.exit(1);
}
const startMs = Date.now() - LINES * 10;
const lines = Array.from({ length: LINES }, (_, at) => fakeLine(at + 1, startMs + at * 10));
await using agent = await fakeAgent({ ...pipelineAnswers({ everyMs: 60_000 }), ...officeAnswers(), "logs.search": () => ({ lines, hasMore: false }) });
await using browser = await testBrowser();
for (const [name, wrap] of [["plain", "no"], ["wrapped", "yes"]] as const) {
  const { page, context } = await browser.open();
  await page.goto(`${agent.url}/logs?wrap=${wrap}`);
  await page.getByText("100,000 lines").waitFor();
  const session = await context.newCDPSession(page);
  let frames: readonly number[] = [];
  const work = await frameWork(session, async () => {
    frames = await scrolled();
  });
  const sorted = frames.toSorted((one, other) => one - other);
  const at = (part: number): string => (sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(1);
  const perFrame = (kind: keyof typeof work): string => (work[kind] / FRAMES).toFixed(2);
  console.log(`${name.padEnd(8)} ${LINES.toLocaleString("en")} lines: a frame each ${at(0.5)} ms (p95 ${at(0.95)}, most ${at(1)}); the page's work on one ${perFrame("total")} ms: script ${perFrame("script")}, style ${perFrame("style")}, layout ${perFrame("layout")}, paint ${perFrame("paint")}`);
  await context.close();

  /** The milliseconds between frames while it scrolls. */
  function scrolled(): Promise<number[]> {
    return page.evaluate(`new Promise((resolve) => {
      const box = document.querySelector(".log-scroller");
      const times = [];
      let last = performance.now();
      box.scrollTop = 0;
      const next = (now) => {
        times.push(now - last);
        last = now;
        // By steps, and now and then far away.
        box.scrollTop = times.length % 50 === 0 ? Math.random() * box.scrollHeight : box.scrollTop + ${STEP_PIXELS};
        if (times.length < ${FRAMES}) requestAnimationFrame(next);
        else resolve(times.slice(1));
      };
      requestAnimationFrame(next);
    })`) as Promise<number[]>;
  }
}
