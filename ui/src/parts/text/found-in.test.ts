import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isFoundIn, partsOf } from "./found-in.ts";

test("found in: Korean words with their particles", () => assert.deepEqual(partsOf("오류가 발생했습니다", "발생했"), [{ text: "오류가 ", isFound: false }, { text: "발생했", isFound: true }, { text: "습니다", isFound: false }]));
test("found in: whatever the case", () => assert.equal(isFoundIn("Connection REFUSED", "refused"), true));
test("found in: every place, also two side by side", () => assert.deepEqual(partsOf("aaab", "a").map(({ isFound }) => isFound), [true, true, true, false]));
test("found in: nothing wanted, nothing marked", () => assert.deepEqual(partsOf("abc", ""), [{ text: "abc", isFound: false }]));
test("found in: whatever the texts, the parts together are the text", () =>
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme", maxLength: 2 }), (text, wanted) => assert.equal(partsOf(text, wanted).map((part) => part.text).join(""), text))));
