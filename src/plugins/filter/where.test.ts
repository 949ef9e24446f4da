import assert from "node:assert/strict";
import test from "node:test";
import { linesBatch, recordsBatch, recordsOf, testContext, testPool } from "#sdk/testing.ts";
import { regex } from "../parse/regex.ts";
import { where } from "./where.ts";

const { signal } = new AbortController(); // Nobody aborts: what hangs is ended by the time limit of the run.
const pool = testPool();

async function kept(expression: string, records: readonly Record<string, unknown>[]): Promise<Record<string, unknown>[]> {
  await using context = await testContext({ pool });
  const filter = await where.open(where.options.parse({ expression }), context);
  const batch = await filter.apply(recordsBatch(pool, records), signal);
  const left = batch === undefined ? [] : recordsOf(batch);
  batch?.release();
  return left;
}

test("keeps what the expression says, in order", async () => {
  const records = [{ n: 1 }, { n: 5, x: "é" }, { m: 7 }, { n: 9 }];
  assert.deepEqual(await kept("r.n >= 5", records), [{ n: 5, x: "é" }, { n: 9 }]);
  assert.deepEqual(await kept("true", records), records);
  assert.deepEqual(await kept("r.n > 100", records), []);
});

test("works on lines and on fields, where a line that was not parsed has only its message", async () => {
  await using context = await testContext({ pool });
  const lines = await where.open(where.options.parse({ expression: 'r.message.includes("b")' }), context);
  const left = await lines.apply(linesBatch(pool, "abc\nacd\nb\n"), signal);
  assert.deepEqual(left === undefined ? [] : recordsOf(left), [{ message: "abc" }, { message: "b" }]);
  left?.release();

  const parse = await regex.open(regex.options.parse({ pattern: "^(?<name>\\w+) (?<n>\\d+)$", types: { n: "integer" } }), context);
  const filter = await where.open(where.options.parse({ expression: "r.n > 9 || r.message" }), context);
  const parsed = await parse.apply(linesBatch(pool, "a 9\nb 10\nodd one\nc 11\n"), signal);
  assert.ok(parsed !== undefined);
  const rest = await filter.apply(parsed, signal);
  assert.ok(rest !== undefined);
  assert.equal(rest.count, 3);
  assert.deepEqual(recordsOf(rest), [{ name: "b", n: 10 }, { message: "odd one" }, { name: "c", n: 11 }]);
  rest.release();
  await parse.close?.();
});

test("an expression that fails for a record drops it, counts it, and says so once", async () => {
  await using context = await testContext({ pool });
  const filter = await where.open(where.options.parse({ expression: 'r.path.startsWith("/")' }), context);
  const batch = await filter.apply(recordsBatch(pool, [{ path: 1 }, { path: "/x" }, { path: 2 }, {}]), signal);
  assert.deepEqual(batch === undefined ? [] : recordsOf(batch), [{ path: "/x" }]);
  batch?.release();
  assert.equal(context.counts.get("filter_errors_total"), 2);
  assert.equal(context.said.filter(({ level }) => level === "warn").length, 1);
});

test("a slip is told with its place, in both languages, before anything starts", () => {
  const { error } = where.options.safeParse({ expression: "status >= 500" });
  const issue = error?.issues[0];
  assert.deepEqual(issue?.path, ["expression"]);
  assert.match(issue.message, /`status` is not known.*r\.status.*column 1/);
  assert.match(String((issue as { params?: { ko?: string } }).params?.ko), /모르는 이름/);
});
