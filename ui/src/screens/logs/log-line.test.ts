import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { withoutStyles } from "../../parts/text/ansi.ts";
import { markedTexts } from "../../parts/text/marked-texts.ts";
import { foldedMessage, shownFields } from "./log-line.ts";

const ESC = "\u001b";

test("log line: what is searched for is marked across a change of colours", () =>
  assert.deepEqual(
    markedTexts(`con${ESC}[31mnection${ESC}[0m lost`, "connection").map(({ text, classes, isFound }) => [text, classes, isFound]),
    [["con", "", true], ["nection", "ansi-1", true], [" lost", "", false]],
  ));
test("log line: a stack trace is folded to its first line", () => assert.deepEqual(foldedMessage("boom\n  at a\n  at b\n"), { first: "boom", more: 2 }));
test("log line: an error among the fields shows its message", () => assert.equal(shownFields({ error: { message: "refused", code: "E" } })[0]?.value, '"refused"'));
test("log line: a field of two lines is shown on one, and says that there is more", () => assert.deepEqual(shownFields({ text: "a\n b" })[0], { name: "text", value: "a ⏎ b", isCut: true }));
test("log line: whatever the message, what is shown of it is the message", () => {
  const part = fc.oneof(fc.string(), fc.constantFrom(`${ESC}[31m`, `${ESC}[0m`, "a", "ab", "오류"));
  fc.assert(
    fc.property(fc.array(part), fc.constantFrom("", "a", "ab", "오류", "오"), (parts, wanted) => {
      const text = parts.join("");
      assert.equal(markedTexts(text, wanted).map((one) => one.text).join(""), withoutStyles(text));
    }),
  );
});
