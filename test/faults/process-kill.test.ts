// kill -9 of children, of the agent and of both, at random instants while events flow. `npm run soak -- --only processes` does it five hundred times; here is a slice.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { processKillTrial } from "./process-kill-trial.ts";

const KILLS = Number(process.env["DURE_KILLS"] ?? 12);
const SEED = Number(process.env["DURE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

test(
  `kill -9 × ${KILLS} of children, agent and both, while it starts, too, seed ${SEED}: no event is lost or out of order, at most the one in flight comes twice, and nobody is left behind`,
  { timeout: 400_000 + KILLS * 10_000, skip: process.platform !== "linux" ? "reads /proc" : false },
  async (context) => {
    const dir = await mkdtemp(join(tmpdir(), "dure-process-kill-"));
    const result = await processKillTrial({ dir, kills: KILLS, seed: SEED });
    context.diagnostic(JSON.stringify(result));
    const where = `the trial's files are in ${dir}`;
    assert.deepEqual([result.missing, result.outOfOrder, result.orphans], [{ first: 0, second: 0, sink: 0 }, 0, []], where);
    assert.ok(0 < result.printed && Object.values(result.again).every((again) => again <= KILLS), `more than one event came twice for a kill: ${JSON.stringify(result.again)}; ${where}`);
    await rm(dir, { recursive: true, force: true });
  },
);
