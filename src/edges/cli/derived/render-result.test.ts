// How answers of the command table look to eyes.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { setLang } from "#base/lang.ts";
import { cellsOf } from "#kernel/config/cells.ts";
import { plain, styleOf } from "../terminal.ts";
import { asRows } from "./as-rows.ts";
import { columnName } from "./column-names.ts";
import { eventLine, resultLines } from "./render-result.ts";
import { valueText } from "./value-text.ts";

const style = styleOf({ hasColor: false, hasUnicode: true });
const users = z.strictObject({ users: z.array(z.strictObject({ name: z.string(), role: z.string(), isDisabled: z.boolean(), lastSeenMs: z.number().optional(), sessions: z.array(z.looseObject({})) })) });
const at = Date.parse("2026-11-22T09:00:00");

test("results: many things are a table in the schema's order, aligned in Korean too; what was never set has no column", () => {
  setLang("en");
  const lines = resultLines({ users: [{ role: "admin", name: "홍길동", isDisabled: false, lastSeenMs: at, sessions: [{ id: 1 }, { id: 2 }] }, { role: "viewer", name: "kim", isDisabled: true, sessions: [] }] }, users, style);
  assert.deepEqual(lines, [
    "NAME    ROLE    DISABLED  LAST SEEN            SESSIONS",
    "홍길동  admin   no        2026-11-22 09:00:00         2",
    "kim     viewer  yes       –                           -",
  ]);
  setLang("ko");
  assert.equal(resultLines({ users: [{ role: "admin", name: "hong", isDisabled: false, sessions: [] }] }, users, style)[0], "이름  역할   사용 중지  세션");
  setLang("en");
});

test("results: a port is a name, not a count", () => {
  assert.deepEqual(["port", "usualPort", "ports"].map((key) => valueText(key, 8600)), ["8600", "8600", "8,600"]);
  assert.equal(valueText("fields", { usualPort: 8600, port: 8601 }), "usualPort=8600 port=8601");
});

test("results: one thing is names and values, what is long below them", () => {
  const schema = z.strictObject({ heapBytes: z.number(), waitMs: z.number(), pid: z.number(), count: z.number(), steps: z.array(z.looseObject({})), text: z.string() });
  assert.deepEqual(resultLines({ heapBytes: 2048, waitMs: 1500, pid: 12345, count: 12345, steps: [{ id: "1" }], text: "a: 1\nb: 2" }, schema, style), ["HEAP   2.0 KiB", "WAIT   1.5 s", "PID    12345", "COUNT  12,345", "", "STEPS", "  ID", "  1", "", "TEXT", "  a: 1", "  b: 2"]);
  assert.deepEqual(resultLines(null, z.null(), style), ["✓ done"]);
  assert.deepEqual(resultLines({ users: [] }, users, style), ["none"]);
});

test("results: a page is its list; that it is the last and nothing is missing needs no words", () => {
  const page = z.strictObject({ lines: z.array(z.strictObject({ id: z.number() })), hasMore: z.boolean(), isWhole: z.boolean() });
  assert.deepEqual(resultLines({ lines: [], hasMore: false, isWhole: true }, page, style), ["none"]);
  assert.deepEqual(resultLines({ lines: [{ id: 7 }], hasMore: false, isWhole: true }, page, style), ["ID", "7"].map((line) => line.padStart(2)));
  assert.deepEqual(resultLines({ lines: [{ id: 7 }], hasMore: true, isWhole: false }, page, style), ["HAS MORE  yes", "WHOLE     no", "", "LINES", "  ID", "   7"]);
});

test("results: whatever the values are, every row of a table ends in the same cell and nothing steers the terminal", () => {
  const value = fc.oneof(fc.string({ unit: "grapheme" }), fc.integer(), fc.boolean(), fc.constant(null), fc.constantFrom("\x1b[31m", "\n\t", "한글"));
  fc.assert(
    fc.property(fc.array(fc.record({ name: value, state: value, last: fc.constant("x") }), { minLength: 1, maxLength: 5 }), (items) => {
      const lines = resultLines(items, z.array(z.strictObject({ name: z.unknown(), state: z.unknown(), last: z.string() })), style);
      assert.equal(new Set(lines.slice(1).map((line) => cellsOf(plain(line)))).size, 1);
      for (const line of lines) assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f]/);
    }),
  );
});

test("results: a table is no wider than the terminal: times of today lose their date, then the widest texts are cut; names of rows and numbers are not", () => {
  setLang("en");
  const jobs = z.array(z.strictObject({ id: z.string(), rule: z.string(), createdMs: z.number(), bytes: z.number(), error: z.string() }));
  const today = new Date().setHours(9, 0, 0, 0);
  const rows = [
    { id: "0mwuub0km0000ip0j5", rule: "주문.모듈:확인", createdMs: today, bytes: 17, error: "TypeError: bad() takes 0 positional arguments but 1 was given" },
    { id: "0mwuub0km0000ip0j6", rule: "b", createdMs: at, bytes: 17, error: "-" },
  ];
  const whole = resultLines(rows, jobs, style);
  assert.deepEqual(resultLines(rows, jobs, style, 300), whole);
  assert.deepEqual(resultLines(rows, jobs, style, 80), [
    "ID                  RULE            CREATED              BYTES  ERROR",
    "0mwuub0km0000ip0j5  주문.모듈:확인  09:00:00              17 B  TypeError: bad(…",
    "0mwuub0km0000ip0j6  b               2026-11-22 09:00:00   17 B  -",
  ]);
  const narrow = resultLines(rows, jobs, style, 20);
  assert.deepEqual([narrow[1]?.slice(0, 18), narrow[1]?.includes("TypeError…"), narrow[2]?.includes("2026-11-22 09:00:00")], ["0mwuub0km0000ip0j5", true, true]);
  assert.deepEqual(whole.slice(1).map((line) => line.includes("2026-")), [true, true]);
});

test("results: a job is a row of what tells it from others; what is the same of all has no column", () => {
  const row = { id: "a", rule: "orders:book", state: "succeeded", priority: 4, attempt: 1, losses: 0, labels: {}, from: "cli:root", createdMs: at, dataBytes: 2 } as const;
  const listed = { jobs: [{ ...row, startedMs: at, endedMs: at + 1500 }, { ...row, id: "b", priority: 2, state: "failed", losses: 1, labels: { team: "주문" }, error: { kind: "TypeError", message: "no" } }], hasMore: true };
  assert.deepEqual(resultLines(asRows("jobs.list", listed) ?? null, undefined, style), [
    "HAS MORE  yes",
    "",
    "JOBS",
    "  ID  RULE         STATE      PRIORITY  ATTEMPT  LOSSES  LABELS     CREATED               TOOK  ERROR",
    "  a   orders:book  succeeded         4        1       –  –          2026-11-22 09:00:00  1.5 s  –",
    "  b   orders:book  failed            2        1       1  team=주문  2026-11-22 09:00:00      –  TypeError: no",
  ]);
  const rule = { name: "a:b", module: "a", function: "b", file: "a.ts", runtime: "node", succeeded: 1, failed: 0, running: 0, heldBack: false } as const;
  assert.deepEqual(resultLines(asRows("jobs.rules", { rules: [{ ...rule, runMs: { p50: 1, p95: 2, p99: 3 } }, { ...rule, name: "c", attempts: 3 }], problems: [] }) ?? null, undefined, style), [
    "NAME  FILE  RUNTIME  RUNNING  SUCCEEDED  FAILED  RUN P50  RUN P99  ATTEMPTS",
    "a:b   a.ts  node           0          1       0     1 ms     3 ms         –",
    "c     a.ts  node           0          1       0        –        –         3",
  ]);
});

test("events: the time first, then what happened, then its facts", () => {
  assert.equal(eventLine({ id: 7, atMs: at, name: "pipeline.failed", data: { pipeline: "웹", attempts: 12345 } }, style), "2026-11-22 09:00:00  id=7  pipeline.failed  pipeline=웹  attempts=12345");
  setLang("ko");
  assert.equal(eventLine({ id: 7, atMs: at, name: "pipeline.failed", data: { pipeline: "웹" } }, style), "2026-11-22 09:00:00  id=7  파이프라인 실패 (pipeline.failed)  pipeline=웹");
  assert.deepEqual([valueText("state", "paused"), valueText("outcome", "reverted"), valueText("state", "constructor"), valueText("name", "paused")], ["일시정지", "되돌림", "constructor", "paused"]);
  setLang("en");
  assert.equal(eventLine("a\x1b[2J", style), "a�[2J");
});

test("values: a number of milliseconds is a time or how long, by its size", () => {
  setLang("ko");
  assert.deepEqual([["state", "queued"], ["state", "succeeded"], ["state", "draining"], ["kind", "retry"], ["kind", "내 표시"], ["is", "away"]].map(([key = "", value = ""]) => valueText(key, value)), ["대기", "성공", "마무리 중", "재시도 예정", "내 표시", "연결 끊김"]);
  assert.deepEqual(["constructor", "__proto__"].map(columnName), ["constructor", "__proto__"]);
  assert.deepEqual(["data", "dataBytes", "result", "resultBytes"].map(columnName), ["내용", "내용 크기", "결과", "결과 크기"]);
  setLang("en");
  assert.deepEqual([valueText("atMs", at), valueText("waitMs", 90_000), valueText("freeBytes", 1024), valueText("id", 10000), valueText("fields", { process: 15170 }), valueText("scope", ["a.*", "b"]), valueText("runMs", { p50: 24.035, p99: 1500 })], ["2026-11-22 09:00:00", "1m 30s", "1.0 KiB", "10000", "process=15170", "a.*, b", "p50=24 ms p99=1.5 s"]);
});
