// What every filter promises, as tests of one.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Batch } from "#dataplane/batch.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import { linesBatch, recordsBatch } from "../testing.ts";
import { fieldsBatch, passed, passedWithoutMemory } from "./stream.ts";
import type { Fields, StepPlugin } from "./stream.ts";

export interface FilterUnderTest {
  readonly plugin: StepPlugin;
  /** As a user would write them. */
  readonly options?: Fields;
  /** Records, of flat fields and nested ones, and what the filter leaves of them. */
  readonly given: readonly Fields[];
  readonly left: readonly Fields[];
  /** Folder that relative paths in the options start at. */
  readonly configDir?: string;
}

const FORMS: readonly [form: string, batchOf: (pool: ChunkPool, records: readonly Fields[]) => Batch][] = [
  ["entries", (pool, records) => recordsBatch(pool, records)],
  ["fields", (pool, records) => fieldsBatch(pool, records)],
];
/** Lines are records of one field, so their form is to make no difference either. */
const LINES = ["하나 둘", "a=1 status=500", "", "two\0three", "\ttabs\t", "x".repeat(100_000), "status 200", "a=1 status=500"];
const INVALID = Buffer.from([0xff, 0xfe, 0x61, 0xc3, 0x28, 0x0a, 0xe2, 0x82, 0x0a, 0xb0, 0xa1, 0x0a]);

/**
 * Registers tests of a filter with node:test: entries, fields and lines with the same records leave the same; it does not matter where
 * batches are cut; no record makes it throw; all memory comes back.
 *
 * ```ts
 * filterConformance({
 *   plugin: upperCase,
 *   options: { field: "level" },
 *   given: [{ level: "warn", n: 1 }, { n: 2 }],
 *   left: [{ level: "WARN", n: 1 }, { n: 2 }],
 * });
 * ```
 */
export function filterConformance({ plugin, options = {}, given, left, configDir }: FilterUnderTest): void {
  const name = `filter.${plugin.name} conforms:`;
  const leaves = async (batchesOf: (pool: ChunkPool) => readonly Batch[]): Promise<readonly Fields[]> => (await passed(plugin, options, batchesOf, configDir)).records;

  for (const [form, batchOf] of FORMS) {
    test(`${name} of ${form} it leaves what it says and changes nothing else, wherever batches are cut`, async () => {
      assert.deepEqual(await leaves((pool) => [batchOf(pool, given)]), left);
      assert.deepEqual(await leaves((pool) => given.map((record) => batchOf(pool, [record]))), left);
      const half = Math.ceil(given.length / 2);
      assert.deepEqual(await leaves((pool) => [batchOf(pool, given.slice(0, half)), batchOf(pool, given.slice(half))]), left);
    });
  }

  test(`${name} an empty batch is nothing`, async () => {
    assert.deepEqual(await leaves((pool) => [linesBatch(pool, ""), recordsBatch(pool, []), fieldsBatch(pool, []), recordsBatch(pool, given)]), left);
  });

  test(`${name} lines leave what records of one field leave`, async () => {
    const records = LINES.map((message) => ({ message }));
    const ofLines = await leaves((pool) => [linesBatch(pool, `${LINES.join("\n")}\n`)]);
    assert.deepEqual(ofLines, await leaves((pool) => [recordsBatch(pool, records)]));
    assert.deepEqual(ofLines, await leaves((pool) => [fieldsBatch(pool, records)]));
    assert.deepEqual(ofLines, await leaves((pool) => LINES.map((line) => linesBatch(pool, `${line}\n`))));
    await passed(plugin, options, (pool) => [linesBatch(pool, INVALID)], configDir);
  });

  test(`${name} whenever there is no memory, it does the same once there is some`, async () => {
    if ("isGathering" in plugin) return;
    const twice = [...given, ...given];
    for (const [, batchOf] of FORMS) await passedWithoutMemory(plugin, options, (pool) => [batchOf(pool, twice), batchOf(pool, given)], configDir);
    await passedWithoutMemory(plugin, options, (pool) => [linesBatch(pool, `${LINES.join("\n")}\n`), linesBatch(pool, INVALID)], configDir);
  });

  test(`${name} ten thousand records leave the same in each form`, async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => given[index % given.length] ?? {});
    assert.deepEqual(await leaves((pool) => [recordsBatch(pool, many)]), await leaves((pool) => [fieldsBatch(pool, many)]));
  });

  test(`${name} whatever the records: it never throws, and entries and fields leave the same`, async () => {
    const names = [...new Set([...given.flatMap((record) => Object.keys(record)), "message", "글"])];
    const value = fc.oneof(fc.string({ unit: "grapheme", maxLength: 20 }), fc.integer(), fc.boolean(), fc.constantFrom(...given.flatMap((record) => Object.values(record))), fc.array(fc.integer(), { maxLength: 2 }));
    const record = fc.dictionary(fc.constantFrom(...names), value, { noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 8 }), async (records) => {
        const ofEntries = await leaves((pool) => [recordsBatch(pool, records)]);
        assert.deepEqual(ofEntries, await leaves((pool) => [fieldsBatch(pool, records)]));
      }),
      { numRuns: 40 },
    );
  });
}
