// A slice of `npm run soak -- --only fuzz`: each listening input of a real agent under messages that were hurt.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FUZZED_INPUTS, inputTrial } from "./input-trial.ts";

const MESSAGES = 20_000;
/** What a handshake on each connection would cost in time. */
const MESSAGES_KEYED = 8_000;
const SEED = 20_261_122;

for (const input of FUZZED_INPUTS) {
  test(`${input}: hurt messages, whole ones between them`, { timeout: 120_000, skip: process.platform === "win32" && "the agent is stopped by signals" }, async (context) => {
    const { failures, detail } = await inputTrial({ input, messages: input === "forward-key" ? MESSAGES_KEYED : MESSAGES, seed: SEED });
    context.diagnostic(`${input}, seed ${SEED}: ${detail}`);
    assert.deepEqual(failures, []);
  });
}
