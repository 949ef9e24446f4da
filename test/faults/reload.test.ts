// Reloads under load, a slice of what `npm run soak` does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { folder } from "../cli/run-dure.ts";
import { reloadTrial } from "./reload-trial.ts";

const RELOADS = Number(process.env["DURE_RELOADS"] ?? 10);
const SEED = Number(process.env["DURE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

test(`reload × ${RELOADS} under load, one of five wrong, seed ${SEED}: no line is lost, none is there twice`, { timeout: 240_000 + RELOADS * 5_000, skip: process.platform === "win32" && "agents are stopped by signals" }, async (context) => {
  await using here = folder();
  const result = await reloadTrial(here, { reloads: RELOADS, seed: SEED });
  context.diagnostic(JSON.stringify(result));
  assert(0 < result.written);
  assert.equal(result.missing, 0);
  assert.equal(result.again, 0);
});
