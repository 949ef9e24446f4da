import assert from "node:assert/strict";
import test from "node:test";
import { ltsv } from "./ltsv.ts";
import { parsed } from "./parts/testing.ts";

const lines: readonly (readonly [string, Record<string, unknown>])[] = [
  ["host:127.0.0.1\treq:GET /a:b HTTP/1.1\tua:", { host: "127.0.0.1", req: "GET /a:b HTTP/1.1", ua: "" }],
  ["\ta:1\t\tb:2\t", { a: "1", b: "2" }],
  ["이름:홍길동\t나이:20", { 이름: "홍길동", 나이: "20" }],
  ["a:1\ta:2\tb:3", { a: "2", b: "3" }],
  ["a:1\tno label\tb:2", { message: "a:1\tno label\tb:2" }],
  [":no name", { message: ":no name" }],
  ["a:1\t:x", { message: "a:1\t:x" }],
  ["\t\t", { message: "\t\t" }],
  ["", { message: "" }],
];

test("lines of labels and values", async () => {
  const { records } = await parsed(ltsv, {}, lines.map(([line]) => `${line}\n`).join(""));
  assert.deepEqual(records, lines.map(([, record]) => record));
});
