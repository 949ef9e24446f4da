// What tests of parsers need: a plugin opened, given lines or records, and asked what came of them.
import assert from "node:assert/strict";
import type { Batch, Facts } from "#dataplane/batch.ts";
import type { PluginContext, TransformPlugin, z } from "#sdk/plugin.ts";
import { TEST_FACTS, linesBatch, recordsBatch, recordsOf, testContext, testPool } from "#sdk/testing.ts";

const pool = testPool();
const clock = { now: () => Date.UTC(2027, 0, 2), pause: async () => undefined };

interface Parsed {
  readonly records: Record<string, unknown>[];
  readonly times: string[];
  readonly counts: Map<string, number>;
}

/** Parses one batch after the other with one opened plugin; all memory must come back. */
export async function parsed<O extends z.ZodType>(plugin: TransformPlugin<O>, options: object, given: string | Buffer | readonly Record<string, unknown>[] | readonly { readonly text: string; readonly source: string }[], context: Partial<PluginContext> = {}): Promise<Parsed> {
  await using opened = await testContext({ pool, clock, ...context });
  const before = pool.usedBytes;
  const transform = await plugin.open(plugin.options.parse(options), opened);
  const whole: Parsed = { records: [], times: [], counts: opened.counts };
  const facts = (source: string): Facts => ({ ...TEST_FACTS, source });
  const batches = typeof given === "string" || Buffer.isBuffer(given) ? [linesBatch(pool, given)] : isSourced(given) ? given.map(({ text, source }) => linesBatch(pool, text, facts(source))) : [recordsBatch(pool, given)];
  for (const batch of batches) {
    const out = await transform.apply(batch, AbortSignal.timeout(60_000));
    if (out === undefined) continue;
    assert.ok(0 < out.count, "a batch with nothing in it is none");
    const records = recordsOf(out);
    if (out.form === "entries") for (const [row, record] of records.entries()) assert.equal(fieldsWritten(out, row), Object.keys(record).length, "no name is written twice");
    whole.records.push(...records);
    whole.times.push(...Array.from({ length: out.rows }, (_, row) => new Date(out.timeMs(row)).toISOString()));
    out.release();
  }
  await transform.close?.();
  assert.equal(pool.usedBytes, before, "all memory came back");
  return whole;
}

/** How many fields the bytes of an entry say it has. */
function fieldsWritten(batch: Batch, row: number): number {
  const { words, bytes } = pool.memory;
  const at = words[(batch.table >>> 2) + row * 5 + 2] ?? 0;
  const first = bytes[at] ?? 0;
  return first === 0xde ? bytes.readUInt16BE(at + 1) : first === 0xdf ? bytes.readUInt32BE(at + 1) : first & 15;
}

function isSourced(given: readonly object[]): given is readonly { readonly text: string; readonly source: string }[] {
  return given.every((item) => "source" in item && "text" in item) && 0 < given.length;
}

/** Options that are refused, each with the place and a message in both languages. */
export function refused<O extends z.ZodType>(plugin: TransformPlugin<O>, options: object, path: string, message: RegExp): void {
  const { error } = plugin.options.safeParse(options);
  const issue = error?.issues.find((candidate) => candidate.path[0] === path);
  assert.match(issue?.message ?? "", message);
  assert.match(String((issue as { params?: { ko?: string } } | undefined)?.params?.ko), /[가-힣]/);
}
