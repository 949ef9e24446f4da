import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseJson } from "./json.ts";

test("json: integers keep their digits as far as 64 bits go", () => {
  for (const [text, value] of [
    ["9007199254740991", 9_007_199_254_740_991],
    ["9007199254740993", 9_007_199_254_740_993n],
    ["-9223372036854775808", -(1n << 63n)],
    ["18446744073709551615", (1n << 64n) - 1n],
    ["18446744073709551616", 2 ** 64],
    ["1234567890123456", 1_234_567_890_123_456],
    ["9007199254740993.0", 9_007_199_254_740_992],
    ["1e300", 1e300],
    ['"9007199254740993"', "9007199254740993"],
  ] as const) assert.deepEqual(parseJson(`[${text}]`), [value], text);
});

/** Looks at every number, as `parseJson` did before it looked whether there is a long one. */
function lookingAtAll(text: string): unknown {
  const reviver = (_: string, value: unknown, context?: { source?: string }): unknown => {
    if (typeof value !== "number" || !Number.isInteger(value) || Number.isSafeInteger(value)) return value;
    const source = context?.source ?? "";
    return /^-?\d{1,20}$/.test(source) && -(1n << 63n) <= BigInt(source) && BigInt(source) < 1n << 64n ? BigInt(source) : value;
  };
  return JSON.parse(text, reviver);
}

test("json: whatever the text, the value is the one that looking at each number gives", () => {
  const number = fc.oneof(fc.integer().map(String), fc.bigInt({ min: -(1n << 70n), max: 1n << 70n }).map(String), fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)));
  const { value } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      number,
      fc.string({ unit: "grapheme" }).map((text) => JSON.stringify(text)),
      fc.constantFrom("true", "false", "null"),
      fc.array(tie("value"), { maxLength: 5 }).map((items) => `[${items.join(", ")}]`),
      fc.array(fc.tuple(fc.oneof(fc.string(), fc.constantFrom("__proto__", "1")), tie("value")), { maxLength: 5 }).map((pairs) => `{${pairs.map(([key, item]) => `${JSON.stringify(key)}:${item}`).join(",")}}`),
    ),
  }));
  fc.assert(fc.property(value, (text) => assert.deepEqual(parseJson(text), lookingAtAll(text))));
  fc.assert(fc.property(fc.string(), (text) => {
    let isJson = true;
    try {
      JSON.parse(text);
    } catch {
      isJson = false;
    }
    if (!isJson) assert.throws(() => parseJson(text), SyntaxError);
  }));
});
