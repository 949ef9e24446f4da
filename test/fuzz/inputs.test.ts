// A slice of `npm run soak -- --only fuzz`: each listening input of a real agent under messages that were hurt.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FUZZED_INPUTS, inputTrial } from "./input-trial.ts";
import type { FuzzedInput } from "./input-trial.ts";

const MESSAGES = 20_000;
/** Inputs that close the connection at the first fault need many: fewer messages take the same time. */
const FEWER: Readonly<Partial<Record<FuzzedInput, number>>> = { http: 12_000, forward: 12_000, "forward-key": 5_000 };
const SEED = 20_261_122;

for (const input of FUZZED_INPUTS) {
  test(`${input}: hurt messages, whole ones between them`, { timeout: 120_000, skip: process.platform === "win32" && "the agent is stopped by signals" }, async (context) => {
    const { failures, detail } = await inputTrial({ input, messages: FEWER[input] ?? MESSAGES, seed: SEED });
    context.diagnostic(`${input}, seed ${SEED}: ${detail}`);
    assert.deepEqual(failures, []);
  });
}
