import assert from "node:assert/strict";
import test from "node:test";
import { recordsBatch, testPool } from "./testing.ts";
import { ExpressionError, readExpression } from "./expression.ts";

const pool = testPool(8 << 20);

function evaluate(source: string, record: Record<string, unknown>): unknown {
  const batch = recordsBatch(pool, [record]);
  try {
    return readExpression(source).bind(batch)(0);
  } finally {
    batch.release();
  }
}

const record = { status: 503, path: "/api/v1", client: { ip: "10.0.0.1", ports: [80, 443] }, tags: ["a", "b"], "user-agent": "curl", n: 2 };
const values: readonly (readonly [string, unknown])[] = [
  ["r.status >= 500", true],
  ['r.status >= 500 && r.path.startsWith("/api")', true],
  ['r["user-agent"]', "curl"],
  ["r.client.ip", "10.0.0.1"],
  ["r.client.ports[1]", 443],
  ["r.missing >= 500", false],
  ["r.missing.deeper.still", undefined],
  ['r.missing.startsWith("x")', undefined],
  ["r.missing[0].x", undefined],
  ["(r.missing.a).b", undefined],
  ["r?.status", 503],
  ["r.client?.ip", "10.0.0.1"],
  ['r.tags.some(t => t === "b")', true],
  ["r.tags.map(t => t + r.n).join()", "a2,b2"],
  ["r.tags.filter((row, i) => i < r.n).length", 2],
  ["[1, 2].map(r => r * 2)", [2, 4]],
  ["Object.keys(r).length", 6],
  ["({ ...r, status: 1 }).status", 1],
  ["({ tag }).tag", "test"],
  ["({ time }).time.getTime()", 1_790_000_000_000],
  ["time.getUTCFullYear()", 2026],
  ["time >= new Date(2020, 0, 1)", true],
  ["tag", "test"],
  ["`${r.path}?${r.n}`", "/api/v1?2"],
  ["/^\\/api/.test(r.path)", true],
  ["Math.floor(r.status / 100)", 5],
  ['r.status === 503 ? "bad" : "good"', "bad"],
  ["JSON.stringify(r.client.ports)", "[80,443]"],
  ["r.n + r.n * r.n", 6],
  ["r.status // a comment", 503],
  ["r[tag]", undefined],
  ['"r.status"', "r.status"],
  ["typeof r.missing", "undefined"],
  ["(r.n)", 2],
  ["((r.missing).deep).er", undefined],
];
for (const [source, value] of values) {
  test(`the value of ${source}`, () => assert.deepEqual(evaluate(source, record), value));
}

const slips: readonly (readonly [string, RegExp, number])[] = [
  ["status >= 500", /`status` is not known; a field is written `r.status`/, 1],
  ["r.status = 500", /cannot assign; compare with ==/, 1],
  ["r.status >= ", /syntax error: Unexpected token/, 13],
  ["r.status >= 500 foo", /ends before `foo`/, 17],
  ["r.a; r.b", /ends before `; r.b`/, 4],
  ["r.n++", /cannot change/, 1],
  ["delete r.n", /cannot change/, 1],
  ["this.x", /`this` means nothing/, 1],
  ['import("node:fs")', /cannot import/, 1],
  ["process.exit()", /`process` is not known/, 1],
  ["globalThis.x", /`globalThis` is not known/, 1],
  ['r.x.constructor("return 1")', /`constructor` is not a field/, 5],
  ["new Function('x')", /only Date, RegExp, Set, Map, Array/, 1],
  ["function () { return 1 }", /arrow function/, 1],
  ["r.a.map(x => { return x })", /without braces/, 14],
  ["r.a, r.b", /one expression/, 1],
  ["r.a.map(x => y)", /`y` is not known/, 14],
];
for (const [source, message, column] of slips) {
  test(`what is wrong with ${source}`, () => {
    assert.throws(
      () => readExpression(source),
      (error) => error instanceof ExpressionError && message.test(error.text.en) && error.text.ko !== error.text.en && error.column === column,
    );
  });
}

test("only the fields an expression names are asked for", () => {
  assert.deepEqual(readExpression('r.status >= 500 && r["path"].length > r.status').fields, ["status", "path"]);
  assert.equal(readExpression("Object.keys(r).length").fields, undefined);
  assert.equal(readExpression("r[tag]").fields, undefined);
});
