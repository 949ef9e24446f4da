// A slice of `npm run soak -- --only fuzz --input console,old-api`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FUZZED_EDGES, oldEdgeTrial } from "./old-edges-trial.ts";

const MESSAGES = 600;
const SEED = 20_261_123;

for (const edge of FUZZED_EDGES) {
  test(`${edge}: hurt lines and requests, with real processes behind`, { timeout: 240_000, skip: process.platform === "win32" && "the agent is stopped by signals" }, async (context) => {
    const { failures, detail } = await oldEdgeTrial({ edge, messages: MESSAGES, seed: SEED });
    context.diagnostic(`${edge}, seed ${SEED}: ${detail}`);
    assert.deepEqual(failures, []);
  });
}
