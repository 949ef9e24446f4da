// kill -9 at random instants under load, with rotation going on. `npm run soak` does this a thousand times; here is a slice.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { folder } from "../cli/run-dure.ts";
import { CUT_CHUNK_PATHS, cutChunkTrial } from "./cut-chunk-trial.ts";
import { DURE_TO_DURE_PATHS, dureToDureTrial } from "./dure-to-dure-trial.ts";
import { forwardInTrial } from "./forward-in-trial.ts";
import { KILL_PATHS, killTrial, windowLines } from "./kill-trial.ts";

const KILLS = Number(process.env["DURE_KILLS"] ?? 5);
const SEED = Number(process.env["DURE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

for (const path of KILL_PATHS) {
  test(
    `kill -9 × ${KILLS}, tail → ${path}, seed ${SEED}: nothing is lost, and nothing comes twice but inside the window`,
    { timeout: 240_000 + KILLS * 5_000 },
    async (context) => {
      const dir = await mkdtemp(join(tmpdir(), "dure-kill-"));
      const result = await killTrial({ dir, path, kills: KILLS, seed: SEED });
      context.diagnostic(JSON.stringify(result));
      assert.equal(result.missing, 0, `lost lines; the trial's files are in ${dir}`);
      assert(result.mostAgainByOneKill <= windowLines(path), `${result.mostAgainByOneKill} lines came twice after one kill; the trial's files are in ${dir}`);
      if (windowLines(path) === 0) assert.equal(result.again, 0, `out.File is exactly once; the trial's files are in ${dir}`);
      await rm(dir, { recursive: true, force: true });
    },
  );
}

for (const to of ["file", "disk buffer"] as const) {
  test(
    `kill -9 × ${KILLS}, Fluentd client → ${to}, seed ${SEED}: what was acked is there${to === "file" ? ", once, though it was sent again" : ""}`,
    { timeout: 240_000 + KILLS * 5_000 },
    async (context) => {
      await using dir = folder();
      const result = await forwardInTrial(dir, { to, kills: KILLS, seed: SEED });
      context.diagnostic(JSON.stringify(result));
      assert(0 < result.ackedLines);
      assert.equal(result.missing, 0, "lines of an acked chunk are lost");
      if (to === "file") assert.equal(result.again, 0, "lines are there twice");
    },
  );
}

for (const path of CUT_CHUNK_PATHS) {
  test(
    `kill -9 × ${KILLS} inside chunks of several MiB, Fluentd client → ${path}, seed ${SEED}: each record is in the file once`,
    { timeout: 240_000 + KILLS * 10_000 },
    async (context) => {
      // The first kill of an agent is another case than those behind it.
      for (const [trial, kills] of [1, KILLS].entries()) {
        await using dir = folder();
        const result = await cutChunkTrial(dir, { path, kills, seed: SEED + trial });
        context.diagnostic(JSON.stringify(result));
        assert.deepEqual({ missing: result.missing, again: result.again }, { missing: 0, again: 0 });
      }
    },
  );
}

for (const path of DURE_TO_DURE_PATHS) {
  test(
    `kill -9 × ${KILLS}, tail → disk buffer, ${path} → another agent → file, seed ${SEED}: either is killed, and each line is there once`,
    { timeout: 240_000 + KILLS * 5_000 },
    async (context) => {
      const result = await dureToDureTrial({ path, kills: KILLS, seed: SEED });
      context.diagnostic(JSON.stringify(result));
      assert(0 < result.written);
      assert.deepEqual({ missing: result.missing, again: result.again }, { missing: 0, again: 0 });
    },
  );
}
