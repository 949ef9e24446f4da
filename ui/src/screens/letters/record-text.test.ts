import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { recordOfText } from "./record-text.ts";

test("record: an object is one", () => assert.deepEqual(recordOfText('{"금액": 3}'), { record: { 금액: 3 } }));
test("record: a list, a number or null is none", () => assert.deepEqual(["[1]", "3", "null"].map(recordOfText), [1, 2, 3].map(() => ({ problem: "no object" }))));
test("record: where it goes wrong is said", () => assert.deepEqual(recordOfText('{\n  "a": 1,\n  "b": oops\n}'), { problem: "no JSON", line: 3, column: 8 }));
test("record: a text that ends too early goes wrong at its end", () => assert.deepEqual(recordOfText('{"a": 1'), { problem: "no JSON", line: 1, column: 8 }));
test("record: a comma too many goes wrong behind it", () => assert.deepEqual(recordOfText('{"a": 1,}'), { problem: "no JSON", line: 1, column: 9 }));
test("record: a text that is not closed goes wrong where it begins", () => assert.deepEqual(recordOfText('{"a": "b'), { problem: "no JSON", line: 1, column: 7 }));
test("record: whatever is written, it is judged, and a place lies within the text", () =>
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string(), fc.json().map((text) => text.slice(0, -1))), (text) => {
      const judged = recordOfText(text);
      if ("line" in judged) assert.ok(1 <= judged.line && judged.line <= text.split("\n").length && 1 <= judged.column);
    }),
  ));
