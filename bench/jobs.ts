// `npm run bench -- jobs [--rounds 3] [--jobs 50000] [--only celery,bullmq-queue,…] [--what throughput,latency,scale] [--seconds 10]`: echo jobs of 300 bytes, durable, acknowledged,
// answered, every answer checked; beside Celery, BullMQ and pg-boss in the same rounds.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bullMq } from "./jobs/bullmq.ts";
import { celery } from "./jobs/celery.ts";
import type { Contender, Running } from "./jobs/contender.ts";
import { dureEmbedded, dureOverRabbitMq } from "./jobs/dure.ts";
import { dureEngine } from "./jobs/dure-engine.ts";
import { installPeers, missingFor } from "./jobs/install.ts";
import { measureLatency, measureThroughput } from "./jobs/measure.ts";
import { pgBoss } from "./jobs/pg-boss.ts";
import { printFigures } from "./jobs/figures.ts";
import type { Figure } from "./jobs/figures.ts";

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    jobs: { type: "string", default: "50000" },
    only: { type: "string" },
    what: { type: "string", default: "throughput,latency" },
    seconds: { type: "string", default: "10" },
  },
});
const WORKERS = 2;
const PER_SECOND = 500;
const [rounds, count] = [Number(values.rounds), Number(values.jobs)];
const what = values.what.split(",");

installPeers();
const all: Readonly<Record<string, { readonly contender: Contender; readonly needs: readonly string[] }>> = {
  "dure-engine": { contender: dureEngine, needs: [] },
  "dure-embedded": { contender: dureEmbedded, needs: [] },
  "dure-classic": { contender: dureOverRabbitMq("classic"), needs: ["rabbitmq-server"] },
  "dure-quorum": { contender: dureOverRabbitMq("quorum"), needs: ["rabbitmq-server"] },
  celery: { contender: celery, needs: ["python3-celery", "rabbitmq-server"] },
  "bullmq-queue": { contender: bullMq("queue"), needs: ["redis-server", "bullmq"] },
  "bullmq-events": { contender: bullMq("events"), needs: ["redis-server", "bullmq"] },
  "pg-boss": { contender: pgBoss, needs: ["postgresql-15", "pg-boss"] },
};
const wanted = Object.entries(all).filter(([name, { needs, contender }]) => {
  if (values.only !== undefined && !values.only.split(",").includes(name)) return false;
  const missing = missingFor(...needs);
  if (missing !== undefined) console.log(`not measured: ${contender.name} (${missing} is missing)`);
  return missing === undefined;
});

const figures = new Map<string, Figure[]>();
for (let round = 1; round <= rounds; round += 1) {
  for (const [name, { contender }] of wanted) {
    const figure: Figure = await inFolder(contender, WORKERS, async (running) => ({
      ...(what.includes("throughput") ? await measureThroughput(running, count) : {}),
      ...(what.includes("latency") ? await measureLatency(running, PER_SECOND, Number(values.seconds)) : {}),
    }));
    figures.set(contender.name, [...(figures.get(contender.name) ?? []), figure]);
    console.error(`round ${round}, ${name}: ${JSON.stringify(figure)}`);
  }
}
printFigures(figures, count);
if (what.includes("scale")) await measureScale();

/** The same jobs with 1, 2 and 4 worker processes. */
async function measureScale(): Promise<void> {
  for (const [, { contender }] of wanted.filter(([, { contender: { family } }]) => family === "dure"))
    for (const workers of [1, 2, 4]) {
      const { perSecond, workerUs } = await inFolder(contender, workers, (running) => measureThroughput(running, count));
      console.log(`${contender.name}, ${workers} worker processes: ${perSecond.toFixed(0)} jobs/s, ${workerUs.toFixed(0)} µs of processor time a job`);
    }
}

async function inFolder<T>(contender: Contender, workers: number, use: (running: Running) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), "dure-bench-"));
  try {
    const running = await contender.start(dir, workers);
    try {
      return await use(running);
    } finally {
      await running.stop();
    }
  } finally {
    spawnSync("sync");
    rmSync(dir, { recursive: true, force: true });
  }
}
