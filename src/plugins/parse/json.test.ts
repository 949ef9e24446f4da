import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { linesBatch, recordsBatch, recordsOf, testContext, testPool } from "#sdk/testing.ts";
import type { Batch } from "#dataplane/batch.ts";
import { ChunkMemory } from "#dataplane/memory.ts";
import { json } from "./json.ts";

const { signal } = new AbortController(); // Nobody aborts: what hangs is ended by the time limit of the run.
const pool = testPool();

async function parse(options: object, given: string | readonly Record<string, unknown>[]): Promise<{ records: Record<string, unknown>[]; times: string[]; counts: Map<string, number> }> {
  await using context = await testContext({ pool });
  const transform = await json.open(json.options.parse(options), context);
  const before = pool.usedBytes;
  const batch: Batch | undefined = await transform.apply(typeof given === "string" ? linesBatch(pool, given) : recordsBatch(pool, given), signal);
  const result = { records: batch === undefined ? [] : recordsOf(batch), times: batch === undefined ? [] : Array.from({ length: batch.rows }, (_, row) => new Date(batch.timeMs(row)).toISOString()), counts: context.counts };
  batch?.release();
  assert.equal(pool.usedBytes, before, "all memory came back");
  await transform.close?.();
  return result;
}

test("lines become records, their times event times", async () => {
  const { records, times } = await parse({}, '{"time":"2026-10-10T09:00:00.250+09:00","a":1,"b":{"c":["한",null,true,-2.5]}}\r\n{"a":2,"time":1790000000.5}\n{"a":3}\n');
  assert.deepEqual(records, [{ a: 1, b: { c: ["한", null, true, -2.5] } }, { a: 2 }, { a: 3 }]);
  assert.deepEqual(times, ["2026-10-10T00:00:00.250Z", "2026-09-21T14:13:20.500Z", "2026-09-21T14:13:20.000Z"]);
});

test("lines the kernel leaves are parsed all the same, in order", async () => {
  const deep = `${"[".repeat(70)}${"]".repeat(70)}`;
  const { records, times } = await parse({}, `{"n":1}\n{"n":1e3}\n{"n":12345678901234567890}\n{"d":${deep}}\n{"n":2,"time":"2026-10-10T09:00Z"}\n{"time":"who knows","n":3}\n{"n":4}\n`);
  assert.equal(records.length, 7);
  assert.deepEqual([records[0], records[1], records[2], records[4], records[5], records[6]], [{ n: 1 }, { n: 1000 }, { n: 12_345_678_901_234_567_890n }, { n: 2 }, { time: "who knows", n: 3 }, { n: 4 }]);
  assert.equal(times[4], "2026-10-10T09:00:00.000Z");
});

test("what is no JSON object stays as a message, or is dropped, and is counted", async () => {
  const text = '{"a":1}\nnot json\n[1]\n\n"x"\n{"a":2}\n{"a":\n';
  const kept = await parse({}, text);
  assert.deepEqual(kept.records, [{ a: 1 }, { message: "not json" }, { message: "[1]" }, { message: "" }, { message: '"x"' }, { a: 2 }, { message: '{"a":' }]);
  assert.equal(kept.counts.get("lines_unmatched_total"), 5);
  assert.deepEqual((await parse({ unmatched: "drop" }, text)).records, [{ a: 1 }, { a: 2 }]);
  assert.deepEqual((await parse({ unmatched: "drop" }, "x\n")).records, []);
});

test("time options", async () => {
  const line = '{"ts":"10/10/2026 09:00:00","a":1}\n{"ts":"odd","a":2}\n{"a":3}\n';
  const options = { time_key: "ts", time_format: "%d/%m/%Y %T", time_zone: "Asia/Seoul" };
  const { records, times } = await parse(options, line);
  assert.deepEqual(records, [{ a: 1 }, { a: 2, ts: "odd" }, { a: 3 }]);
  assert.deepEqual(times, ["2026-10-10T00:00:00.000Z", "2026-09-21T14:13:20.000Z", "2026-09-21T14:13:20.000Z"]);
  assert.deepEqual((await parse({ ...options, keep_time: true }, line)).records[0], { ts: "10/10/2026 09:00:00", a: 1 });
  assert.deepEqual((await parse({ keep_time: true }, '{"time":"2026-10-10T00:00:00Z"}\n')).records, [{ time: "2026-10-10T00:00:00Z" }]);
  assert.equal((await parse({ time_key: "t", time_format: "epoch_ms" }, '{"t":1790000000123}\n')).times[0], "2026-09-21T14:13:20.123Z");
  assert.equal((await parse({ time_zone: "+09:00" }, '{"time":"2026-10-10 09:00:00"}\n')).times[0], "2026-10-10T00:00:00.000Z");
  assert.deepEqual((await parse({ time_key: "" }, '{"time":"2026-10-10T00:00:00Z"}\n')).records, [{ time: "2026-10-10T00:00:00Z" }]);
});

test("a field of records is parsed in its place", async () => {
  const { records, times } = await parse({ key: "log" }, [{ log: '{"a":1,"time":"2026-10-10T00:00:00Z"}\n', stream: "stdout" }, { log: "plain", stream: "stderr" }, { stream: "x" }]);
  assert.deepEqual(records, [{ stream: "stdout", a: 1 }, { log: "plain", stream: "stderr" }, { stream: "x" }]);
  assert.equal(times[0], "2026-10-10T00:00:00.000Z");
});

test("whatever the objects, they come out as they went in", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue(), { maxKeys: 5 }), { minLength: 1, maxLength: 20 }), async (made) => {
      const lines = made.map((record) => JSON.stringify(record));
      const { records } = await parse({ time_key: "" }, lines.map((line) => `${line}\n`).join(""));
      assert.deepEqual(records.map((record) => JSON.parse(JSON.stringify(record, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value))) as unknown), lines.map((line) => JSON.parse(line) as unknown));
    }),
    { numRuns: 200 },
  ));

test("parse.Json: where the records of a field find no room, their batch is as it was, and nothing else is left behind", async () => {
  const small = new ChunkMemory({ bytesMax: 1 << 20 }).pool();
  await using context = await testContext({ pool: small });
  const parser = await json.open(json.options.parse({}), context);
  const before = small.usedBytes;
  const batch = recordsBatch(small, [{ message: JSON.stringify({ a: "x".repeat(150_000) }) }]);
  await assert.rejects(async () => parser.apply(batch, AbortSignal.timeout(60_000)), { code: "MEMORY_FULL" });
  assert.deepEqual(recordsOf(batch), [{ message: JSON.stringify({ a: "x".repeat(150_000) }) }]);
  batch.release();
  assert.equal(small.usedBytes, before);
});
