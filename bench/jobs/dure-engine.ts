// The engine of the jobs without the agent around it: queue, dispatcher and workers, asked within the bench's own process. The bench's own processor time is counted with it.
// What lies between this and `dure-embedded` is the control socket, its checks, and two entries in the audit for each job.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "#base/clock.ts";
import { Engine } from "#capabilities/jobs/engine.ts";
import { jobsPlan } from "#capabilities/jobs/testing.ts";
import { nodeWorker } from "#capabilities/jobs/worker/worker-command.ts";
import { openEmbeddedQueue } from "#plugins/queues/embedded.ts";
import { SLOTS } from "./contender.ts";
import type { Contender } from "./contender.ts";

const WAIT_MS = 60_000;
const MOST = 1 << 20;

export const dureEngine: Contender = {
  name: "**Dure**, embedded queue, engine alone",
  ko: "**Dure**, 내장 큐, 엔진만",
  family: "dure",
  async start(dir, workers) {
    const rulesDir = join(dir, "rules");
    mkdirSync(rulesDir);
    writeFileSync(join(rulesDir, "bench.mjs"), "export function echo(data) { return data; }\n");
    const slots = Math.ceil(SLOTS / workers);
    const limits = { workersMax: 100, slotsMax: slots, queuedMax: MOST, dataBytesMax: MOST, resultBytesMax: MOST };
    const plan = jobsPlan({ rulesDir, workers, slots, limits, timeoutMs: 600_000, keepMs: 86_400_000, keepMax: MOST });
    const say = (message: string): void => console.error(message);
    const store = await openEmbeddedQueue({ file: join(dir, "jobs.db") });
    const engine = new Engine({ plan, store, broker: undefined, programs: () => ({ node: nodeWorker(plan), python: undefined }), name: "bench", openNotifier: () => Promise.reject(new Error("nobody is told")), schedulesFile: join(dir, "schedules.json"), clock: systemClock, log: { debug: () => {}, info: () => {}, warn: say, error: say }, event: () => {}, ended: () => {} });
    await engine.begin();
    let tell: (number: number, back: unknown) => void = () => {};
    return {
      async send(jobs) {
        const submitted = await engine.submit(jobs.map(({ json }) => ({ rule: "bench:echo", data: json, from: "bench" })));
        for (const [at, { id }] of submitted.entries()) void engine.wait(id, WAIT_MS).then(({ result }) => tell(jobs[at]?.number ?? 0, JSON.parse(result ?? "null")));
      },
      onReply: (listener) => (tell = listener),
      workers: () => [process.pid],
      servers: () => [],
      stop: () => engine.end(5000),
    };
  },
};
