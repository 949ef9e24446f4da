// kill -9 of workers and of the agent, at random instants while jobs run. `npm run soak -- --only jobs` does it a thousand times; here is a slice.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { noRabbitMq, startRabbitMq } from "#test/servers/rabbitmq.ts";
import { jobsKillTrial } from "./jobs-kill-trial.ts";

const KILLS = Number(process.env["DURE_KILLS"] ?? 20);
const SEED = Number(process.env["DURE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

test(
  `kill -9 × ${KILLS} of workers and the agent while jobs run, seed ${SEED}: every job that was accepted ends and is recorded once, and begins again only where it was lost`,
  { timeout: 400_000 + KILLS * 10_000, skip: process.platform !== "linux" ? "reads /proc" : false },
  async (context) => {
    const dir = await mkdtemp(join(tmpdir(), "dure-jobs-kill-"));
    const result = await jobsKillTrial({ dir, kills: KILLS, seed: SEED });
    context.diagnostic(JSON.stringify(result));
    const { missing, failed, neverEnded, neverRun, unexplained, accepted } = result;
    assert.deepEqual({ missing, failed, neverEnded, neverRun, unexplained }, { missing: 0, failed: [], neverEnded: 0, neverRun: 0, unexplained: 0 }, `the trial's files are in ${dir}`);
    assert.ok(0 < accepted);
    await rm(dir, { recursive: true, force: true });
  },
);

test(
  `kill -9 × ${KILLS} of workers and the agent while jobs run over RabbitMQ, seed ${SEED}: every job that was accepted ends and is recorded`,
  { timeout: 400_000 + KILLS * 10_000, skip: process.platform !== "linux" ? "reads /proc" : noRabbitMq },
  async (context) => {
    await using server = await startRabbitMq();
    const dir = await mkdtemp(join(tmpdir(), "dure-jobs-kill-"));
    const result = await jobsKillTrial({ dir, kills: KILLS, seed: SEED, broker: `amqp://guest:guest@127.0.0.1:${server.port}/` });
    context.diagnostic(JSON.stringify(result));
    const { missing, failed, neverEnded, neverRun, unexplained, accepted } = result;
    assert.deepEqual({ missing, failed, neverEnded, neverRun, unexplained }, { missing: 0, failed: [], neverEnded: 0, neverRun: 0, unexplained: 0 }, `the trial's files are in ${dir}`);
    assert.ok(0 < accepted);
    await rm(dir, { recursive: true, force: true });
  },
);
