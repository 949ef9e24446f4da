import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { Batch } from "#dataplane/batch.ts";
import { linesBatch, recordsBatch, recordsOf, testContext, testPool } from "#sdk/testing.ts";
import { regex } from "../parse/regex.ts";
import { map } from "./map.ts";

const { signal } = new AbortController(); // Nobody aborts: what hangs is ended by the time limit of the run.
const pool = testPool();

async function mapped(options: object, batch: Batch): Promise<{ records: Record<string, unknown>[]; json: unknown[]; times: number[] }> {
  await using context = await testContext({ pool });
  const filter = await map.open(map.options.parse(options), context);
  const result = await filter.apply(batch, signal);
  assert.ok(result !== undefined);
  const slice = result.json({ key: "", offsetMinutes: 0, digits: 0 });
  const json = slice.bytes.toString().trimEnd().split("\n").map((line): unknown => JSON.parse(line));
  slice.release();
  const records = recordsOf(result);
  const times = Array.from({ length: result.rows }, (_, row) => result.timeMs(row));
  result.release();
  return { records, json, times };
}

async function parsedLines(text: string): Promise<Batch> {
  await using context = await testContext({ pool });
  const parse = await regex.open(regex.options.parse({ pattern: "^(?<host>\\S+) (?<status>\\d+) (?<agent>.*)$", types: { status: "integer" } }), context);
  const batch = await parse.apply(linesBatch(pool, text), signal);
  await parse.close?.();
  assert.ok(batch !== undefined);
  return batch;
}

const changes: readonly (readonly [string, object, Record<string, unknown>])[] = [
  ["sets", { set: { class: "Math.floor(r.status / 100)" } }, { host: "web", status: 503, agent: "curl é", class: 5 }],
  ["sets over what is there, from what came in", { set: { status: "r.status + 1", twice: "r.status * 2" } }, { host: "web", agent: "curl é", status: 504, twice: 1006 }],
  ["sets objects, text and null", { set: { a: "({ x: [r.host, 1.5] })", b: "`${r.agent}\"\\n`", c: "null", d: "r.missing", e: "1e-7", f: "1e21" }, keep: [] }, { a: { x: ["web", 1.5] }, b: 'curl é"\n', c: null, e: 1e-7, f: 1e21 }],
  ["removes", { remove: ["agent", "missing"] }, { host: "web", status: 503 }],
  ["keeps", { keep: ["status"] }, { status: 503 }],
  ["renames", { rename: { host: "server" } }, { server: "web", status: 503, agent: "curl é" }],
  ["swaps names", { rename: { host: "agent", agent: "host" } }, { agent: "web", status: 503, host: "curl é" }],
  ["renames over what is there", { rename: { host: "agent" } }, { agent: "web", status: 503 }],
  ["does all at once", { set: { ok: "r.status < 400" }, rename: { host: "server" }, keep: ["status"] }, { server: "web", status: 503, ok: false }],
];
for (const [name, options, expected] of changes) {
  test(`${name}: fields`, async () => {
    const { records, json } = await mapped(options, await parsedLines("web 503 curl é\n"));
    assert.deepEqual(records, [expected]);
    assert.deepEqual(json, [expected]);
  });
  test(`${name}: entries`, async () => {
    const { records, json } = await mapped(options, recordsBatch(pool, [{ host: "web", status: 503, agent: "curl é" }]));
    assert.deepEqual(records, [expected]);
    assert.deepEqual(json, [expected]);
  });
}

test("lines are records with a message, and so are lines no pattern fitted", async () => {
  assert.deepEqual((await mapped({ set: { length: "r.message.length" } }, linesBatch(pool, "한글\nabc\n"))).json, [{ message: "한글", length: 2 }, { message: "abc", length: 3 }]);
  assert.deepEqual((await mapped({ set: { seen: "r.message ?? r.host" }, rename: { message: "raw" } }, await parsedLines("web 503 x\nodd\n"))).json, [{ host: "web", status: 503, agent: "x", seen: "web" }, { raw: "odd", seen: "odd" }]);
  assert.deepEqual((await mapped({ remove: ["message"] }, await parsedLines("web 503 x\nodd\n"))).json, [{ host: "web", status: 503, agent: "x" }, {}]);
});

test("an expression that fails leaves its field out and is counted", async () => {
  await using context = await testContext({ pool });
  const filter = await map.open(map.options.parse({ set: { up: "r.n.toUpperCase()" } }), context);
  const batch = await filter.apply(recordsBatch(pool, [{ n: 1 }, { n: "a" }]), signal);
  assert.ok(batch !== undefined);
  assert.deepEqual(recordsOf(batch), [{ n: 1 }, { n: "a", up: "A" }]);
  batch.release();
  assert.equal(context.counts.get("filter_errors_total"), 1);
});

test("whatever entries hold, what stays is the same, and all memory comes back", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.dictionary(fc.constantFrom("a", "b", "c", "long key ".repeat(30), "한"), fc.jsonValue(), { maxKeys: 5 }), { minLength: 1, maxLength: 20 }), async (made) => {
      const records = made.map((record) => JSON.parse(JSON.stringify(record)) as Record<string, unknown>);
      const before = pool.usedBytes;
      const { records: after } = await mapped({ rename: { a: "z" }, remove: ["b"], set: { s: "r.c" } }, recordsBatch(pool, records));
      assert.deepEqual(after, records.map(({ a, b: _, ...rest }) => ({ ...rest, ...(a === undefined ? {} : { z: a }), ...(rest["c"] === undefined ? {} : { s: rest["c"] }) })));
      assert.equal(pool.usedBytes, before);
    }),
    { numRuns: 200 },
  ));

test("times stay with their rows", async () => {
  const { times } = await mapped({ remove: ["a"] }, recordsBatch(pool, [{ a: 1 }, { b: 2 }], { tag: "t", seconds: 7, nanoseconds: 500_000_000 }));
  assert.deepEqual(times, [7500, 7500]);
});

test("nothing to change, or a field both kept and removed, is a slip", () => {
  assert.equal(map.options.safeParse({}).success, false);
  assert.equal(map.options.safeParse({ keep: ["a"], remove: ["a"] }).success, false);
  assert.equal(map.options.safeParse({ set: { a: "b" } }).success, false);
});
