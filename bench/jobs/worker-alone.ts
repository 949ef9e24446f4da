// `node bench/jobs/worker-alone.ts [JOBS]`: one worker process over its pipe, without queue and dispatcher: what a worker can do at most. Echo jobs of some 300 bytes, so many under way
// at a time as a worker has slots; each result is compared.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonWorker } from "#capabilities/jobs/worker/python-command.ts";
import { nodeWorker } from "#capabilities/jobs/worker/worker-command.ts";
import { WorkerProcess } from "#capabilities/jobs/worker-process.ts";
import type { WorkerProgram } from "#capabilities/jobs/worker-process.ts";

const JOBS = Number(process.argv[2] ?? 200_000);
const ROUNDS = 5;
const UNDER_WAY = 200;
const DATA = JSON.stringify({ arg1: "길동", company: "ABCD", list: [1, 2, 3], text: "x".repeat(220) });

const dir = mkdtempSync(join(tmpdir(), "dure-bench-worker-"));
writeFileSync(join(dir, "bench.mjs"), "export function echo(data) { return data; }\nexport async function later(data) { return data; }\n");
writeFileSync(join(dir, "old.py"), "def echo(data): return data\n");
const plan = { rulesDir: dir, env: {}, python: "python3", loadTimeoutMs: 30_000, limits: { workersMax: 1, slotsMax: UNDER_WAY, queuedMax: 1, dataBytesMax: 1 << 20, resultBytesMax: 1 << 20 } };
try {
  for (const [what, rule, program, jobs] of [
    ["Node, a function", "bench:echo", nodeWorker(plan), JOBS],
    ["Node, an async function", "bench:later", nodeWorker(plan), JOBS],
    ["Python", "old:echo", pythonWorker(plan), JOBS / 10],
  ] as const) {
    const rates = await measure(program, rule, jobs);
    const sorted = rates.toSorted((one, other) => one - other);
    console.log(`${what}: ${Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0)} jobs/s (${rates.map(Math.round).join(", ")})`);
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}

async function measure(program: WorkerProgram, rule: string, jobs: number): Promise<readonly number[]> {
  const { promise: isReady, resolve: tellReady, reject } = Promise.withResolvers<void>();
  let isDone = (): void => {};
  let sent = 0;
  let answered = 0;
  let wanted = 0;
  const worker = new WorkerProcess(program, "bench", {
    message(message) {
      if (message.type === "ready") return tellReady();
      if (message.type === "failed") return reject(new Error(message.error.message));
      if (message.type !== "done") return;
      if (JSON.stringify(message.result) !== DATA) throw new Error(`another result: ${JSON.stringify(message.result)}`);
      answered += 1;
      if (sent < wanted) send();
      else if (answered === wanted) isDone();
    },
    noise: (line) => console.error(line),
    error: (line) => console.error(line),
    ended: () => reject(new Error("the worker has ended")),
  });
  const send = (): void => {
    sent += 1;
    worker.send(`{"type":"run","job":${sent},"id":"job-${sent}","rule":"${rule}","attempt":1,"data":${DATA}}`);
  };
  await isReady;
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { promise, resolve } = Promise.withResolvers<void>();
    isDone = resolve;
    wanted = sent + jobs;
    const begunMs = performance.now();
    for (let count = 0; count < Math.min(UNDER_WAY, jobs); count += 1) send();
    await promise;
    rates.push((jobs * 1000) / (performance.now() - begunMs));
  }
  await worker.kill();
  return rates;
}
