// The API under malformed calls; DURE_FUZZ_CALLS of them (`npm run soak`).
import assert from "node:assert/strict";
import { test } from "node:test";
import { apiTrial } from "./api-trial.ts";

const calls = Number(process.env["DURE_FUZZ_CALLS"] ?? 500);
const seed = Number(process.env["DURE_FUZZ_SEED"] ?? 20_261_122);

test("malformed calls over HTTP and WebSocket: refused in words, no crash, no stack", { skip: process.platform === "win32" && "the agent is stopped by a signal" }, async (context) => {
  const { failures, byStatus } = await apiTrial({ calls, seed });
  context.diagnostic(`answers: ${JSON.stringify(byStatus)}`);
  assert.deepEqual(failures, []);
});
