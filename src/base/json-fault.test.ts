import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { jsonFaultAt } from "./json-fault.ts";

const faults: readonly [string, number][] = [
  ["", 0],
  ["{", 1],
  ['{"a":1', 6],
  ['{"a":}', 5],
  ['{"a" 1}', 5],
  ['{"a":1,}', 7],
  ["[1,]", 3],
  ["{a:1}", 1],
  ['{"가":"나" "다":1}', 9],
  ['{"a":"b\tc"}', 7],
  ['{"a":"\\x"}', 6],
  ['{"a":01}', 6],
  ["nul", 0],
  ["{} {}", 3],
  ["[1}", 2],
];
for (const [text, at] of faults) test(`not JSON from ${at} on: ${text}`, () => assert.equal(jsonFaultAt(text), at));

test("whatever the text: a fault is found exactly when the parser finds one, and inside the text", () => {
  const json = fc.json();
  const hurt = fc.tuple(json, fc.nat(), fc.constantFrom("", '"', "{", "]", ",", ":", "\\", "1", "x", "\u0000")).map(([text, at, by]) => text.slice(0, at % (text.length + 1)) + by + text.slice((at % (text.length + 1)) + 1));
  fc.assert(
    fc.property(fc.oneof(json, hurt, fc.string()), (text) => {
      const at = jsonFaultAt(text);
      assert.equal(at === undefined, parses(text), text);
      assert.ok(at === undefined || (0 <= at && at <= text.length));
    }),
  );
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
