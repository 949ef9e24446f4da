// Events of several lines give what the same events give as records, whatever the pattern.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Batch } from "#dataplane/batch.ts";
import { NO_TIME, STATUS } from "#dataplane/layout.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import { linesBatch, recordsBatch, recordsOf, testContext, testPool } from "#sdk/testing.ts";
import { regex } from "../../regex.ts";

/** As a joining step gives them on: a table without columns over the text. */
function joined(pool: ChunkPool, events: readonly string[], newline: string): Batch {
  const lines = linesBatch(pool, events.map((event) => event + newline).join(""));
  const table = pool.take(events.length * 20);
  let at = lines.pointer;
  for (const [row, event] of events.entries()) {
    const length = Buffer.byteLength(event);
    pool.memory.words.set([at, length, STATUS.unmatched, 0, NO_TIME], (table.pointer >>> 2) + row * 5);
    at += length + newline.length;
  }
  return Batch.fields(lines, table, { rows: events.length, columns: [], dropped: 0, isDisjoint: true });
}

for (const pattern of [String.raw`^(?<a>\S+) (?<b>\w+) (?<c>[\s\S]*)$`, String.raw`/^(?<a>\S*) (?<c>.*)$/s`, String.raw`^(?<a>[^ ]*) (?<c>.*)$`, String.raw`^(?<a>\d+)\n(?<c>.*)$`]) {
  for (const newline of ["\n", "\r\n"]) {
    test(`${pattern}, lines that end with ${JSON.stringify(newline)}`, async () => {
      const pool = testPool();
      const line = fc.array(fc.constantFrom("a", "1", " ", "한", "\u2028", "\0", "\t", "b c"), { maxLength: 6 }).map((parts) => parts.join(""));
      const event = fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => lines.join(newline));
      await using context = await testContext({ pool });
      const transform = await regex.open(regex.options.parse({ pattern }), context);
      const before = pool.usedBytes;
      const parsed = async (batch: Batch): Promise<unknown[]> => {
        const result = await transform.apply(batch, AbortSignal.timeout(60_000));
        const records = result === undefined ? [] : recordsOf(result);
        result?.release();
        return records;
      };
      await fc.assert(
        fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 8 }), async (events) => {
          assert.deepEqual(await parsed(joined(pool, events, newline)), await parsed(recordsBatch(pool, events.map((message) => ({ message })))));
          assert.equal(pool.usedBytes, before);
        }),
      );
      await transform.close?.();
    });
  }
}
