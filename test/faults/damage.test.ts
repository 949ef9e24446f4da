// Torn and flipped bytes in disk buffers and position files, at places the seed chooses; `npm run soak` tries every byte.
import assert from "node:assert/strict";
import { test } from "node:test";
import { folder } from "../cli/run-dure.ts";
import { hurtBuffers, hurtPositions } from "./damage-trial.ts";
import type { Damage } from "./damage-trial.ts";
import { randomNumbers } from "./random.ts";

const PLACES = Number(process.env["DURE_DAMAGES"] ?? 30);
const SEED = Number(process.env["DURE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

for (const [what, hurt] of [
  ["a disk buffer", hurtBuffers],
  ["a position file", hurtPositions],
] as const) {
  test(
    `${what} torn or flipped at ${PLACES} places, seed ${SEED}: the agent starts, says so, and delivers all that is not damaged`,
    { timeout: 180_000 },
    async (context) => {
      await using dir = folder();
      const next = randomNumbers(SEED);
      const damages = Array.from({ length: PLACES }, (): Damage => ({
        kind: next() < 0.3 ? "torn" : "flip",
        at: Math.floor(next() * 2 ** 24),
        bit: Math.floor(next() * 8),
      }));
      const { failures, again, fileBytes } = await hurt(dir, damages);
      context.diagnostic(`${PLACES} places in files of up to ${fileBytes} bytes; ${again} lines came twice`);
      assert.deepEqual(failures, []);
    },
  );
}
