// `npm run bench -- jobs [--rounds 3] [--jobs 50000] [--only celery,bullmq-queue,…] [--what throughput,latency,apart,scale,backlog] [--seconds 10] [--backlog 1000000]`: echo jobs of 300 bytes,
// durable, acknowledged, answered, every answer checked; beside Celery, BullMQ, pg-boss and a bare client of the broker in the same rounds. Its tables are those of the README. Whoever fails is told of and left out.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { setApart } from "./jobs/apart.ts";
import { bareClient } from "./jobs/bare-client.ts";
import { bullMq } from "./jobs/bullmq.ts";
import { celery } from "./jobs/celery.ts";
import type { Contender, Running } from "./jobs/contender.ts";
import { measureBacklog } from "./jobs/backlog.ts";
import { dureEmbedded, dureOverRabbitMq } from "./jobs/dure.ts";
import { dureOldQueues } from "./jobs/dure-old-queues.ts";
import { dureEngine } from "./jobs/dure-engine.ts";
import { installPeers, missingFor } from "./jobs/install.ts";
import { endDescendants, leaveNothing } from "./jobs/leavings.ts";
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
    what: { type: "string", default: "throughput,latency,apart,scale,backlog" },
    seconds: { type: "string", default: "10" },
    backlog: { type: "string", default: "1000000" },
  },
});
const WORKERS = 2;
const OVER_BROKER: readonly string[] = ["dure-classic", "dure-quorum", "bare-classic", "bare-quorum", "celery", "bullmq-queue"];
const PER_SECOND = 500;
const STOP_MS = 60_000;
const [rounds, count] = [Number(values.rounds), Number(values.jobs)];
const what = values.what.split(",");

installPeers();
leaveNothing();
const all: Readonly<Record<string, { readonly contender: Contender; readonly needs: readonly string[] }>> = {
  "dure-engine": { contender: dureEngine, needs: [] },
  "dure-embedded": { contender: dureEmbedded, needs: [] },
  "dure-classic": { contender: dureOverRabbitMq("classic"), needs: ["rabbitmq-server"] },
  "dure-quorum": { contender: dureOverRabbitMq("quorum"), needs: ["rabbitmq-server"] },
  "dure-old-queues": { contender: dureOldQueues, needs: ["rabbitmq-server"] },
  "bare-classic": { contender: bareClient("classic"), needs: ["rabbitmq-server"] },
  "bare-quorum": { contender: bareClient("quorum"), needs: ["rabbitmq-server"] },
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

const isBeside = what.includes("throughput") || what.includes("latency");
const figures = new Map<string, Figure[]>(wanted.map(([name]) => [name, []]));
for (let round = 1; isBeside && round <= rounds; round += 1) {
  for (const [name, { contender }] of wanted) {
    await noted(`round ${round}, ${name}`, async () => {
      const figure: Figure = await inFolder(contender, WORKERS, async (running) => ({
        ...(what.includes("throughput") ? await measureThroughput(running, count) : {}),
        ...(what.includes("latency") ? await measureLatency(running, PER_SECOND, Number(values.seconds)) : {}),
      }));
      figures.get(name)?.push(figure);
      console.error(`round ${round}, ${name}: ${JSON.stringify(figure)}`);
    });
  }
}
if (isBeside) printFigures(wanted.map(([name, { contender: { name: en, ko } }]) => ({ name: en, ko, figures: figures.get(name) ?? [] })), count);
if (what.includes("apart")) await measureApart();
if (what.includes("scale")) await measureScale();
if (what.includes("backlog") && (values.only === undefined || values.only.includes("dure-embedded"))) await noted("backlog", () => measureBacklog(mkdtempSync(join(tmpdir(), "dure-bench-")), Number(values.backlog)));
process.exit(); // A peer's client that goes on looking for its server holds nobody up.

/** Over a broker that has processors of its own, in rounds. */
async function measureApart(): Promise<void> {
  const found = new Map<string, number[]>();
  for (let round = 1; round <= rounds; round += 1)
    for (const [name, { contender }] of wanted.filter(([each]) => OVER_BROKER.includes(each)))
      await noted(`${name}, apart`, async () => {
        const { perSecond } = await inFolder(contender, WORKERS, async (running) => {
          const together = setApart(running);
          return measureThroughput(running, count).finally(together);
        });
        found.set(contender.name, [...(found.get(contender.name) ?? []), perSecond]);
        console.error(`round ${round}, ${name}, apart: ${perSecond}`);
      });
  const rows = [...found].map(([name, each]) => `| ${name} | ${each.toSorted((one, other) => one - other).map((perSecond) => perSecond.toLocaleString("en", { maximumFractionDigits: 0 })).join("; ")} |`);
  console.log(`\n| ${count.toLocaleString("en")} jobs, client and broker on one half of the processors, who runs them on the other | jobs/s, each round |\n|---|---|\n${rows.join("\n")}`);
}

/** The same jobs with 1, 2 and 4 worker processes, once each. */
async function measureScale(): Promise<void> {
  const rows: string[] = [];
  for (const [name, { contender }] of wanted.filter(([, { contender: { family } }]) => family === "dure"))
    for (const workers of [1, 2, 4])
      await noted(`${name} with ${workers} workers`, async () => {
        const { perSecond, workerUs } = await inFolder(contender, workers, (running) => measureThroughput(running, count));
        rows.push(`| ${contender.name} | ${workers} | ${perSecond.toLocaleString("en", { maximumFractionDigits: 0 })} | ${workerUs.toFixed(0)} |`);
      });
  console.log(`\n| ${count.toLocaleString("en")} jobs | worker processes | jobs/s | CPU µs/job |\n|---|---|---|---|\n${rows.join("\n")}`);
}

/** One that fails is a note; the others go on, and nothing of it stays beside them. */
async function noted(what: string, measure: () => Promise<void>): Promise<void> {
  try {
    await measure();
  } catch (error) {
    console.log(`not measured: ${what}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
    endDescendants();
  }
}

async function inFolder<T>(contender: Contender, workers: number, use: (running: Running) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), "dure-bench-"));
  try {
    const running = await contender.start(dir, workers);
    try {
      return await use(running);
    } finally {
      // Who lost his server may wait for it for ever.
      await Promise.race([running.stop(), delay(STOP_MS, undefined, { ref: false }).then(() => Promise.reject(new Error(`${contender.name} did not end within ${STOP_MS} ms`)))]);
    }
  } finally {
    spawnSync("sync");
    rmSync(dir, { recursive: true, force: true });
  }
}
