import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { styledTexts, withoutStyles } from "./ansi.ts";

const ESC = "\u001b";

for (const [what, text, pieces] of [
  ["plain text is one piece", "그냥 한 줄", [["그냥 한 줄", ""]]],
  ["a colour lasts until it is put off", `a${ESC}[31mb${ESC}[0mc`, [["a", ""], ["b", "ansi-1"], ["c", ""]]],
  ["bright colours and backgrounds", `${ESC}[93;44mx`, [["x", "ansi-11 ansi-on-4"]]],
  ["marks end each by itself", `${ESC}[1;4mx${ESC}[22my`, [["x", "ansi-bold ansi-underlined"], ["y", "ansi-underlined"]]],
  ["one of 256 colours", `${ESC}[38;5;196mx`, [["x", "ansi-9"]]],
  ["a colour in three parts", `${ESC}[38;2;0;120;0mx`, [["x", "ansi-2"]]],
  ["the default colour keeps the background", `${ESC}[31;42mx${ESC}[39my`, [["x", "ansi-1 ansi-on-2"], ["y", "ansi-on-2"]]],
  ["what moves the cursor is left out", `a${ESC}[2Kb${ESC}]0;title\u0007c\u0007`, [["a", ""], ["b", ""], ["c", ""]]],
] as const) {
  test(`ansi: ${what}`, () => assert.deepEqual(styledTexts(text).map(({ text: piece, classes }) => [piece, classes]), pieces));
}

test("ansi: whatever a program prints, the pieces together are the text without its escapes", () => {
  const part = fc.oneof(fc.string(), fc.constantFrom(ESC, `${ESC}[`, `${ESC}[3`, `${ESC}[31m`, `${ESC}[38;5m`, `${ESC}[999;;m`, "한글", "\n"));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 300 }), (parts) => {
      const text = parts.join("");
      assert.equal(styledTexts(text).map((piece) => piece.text).join(""), withoutStyles(text));
    }),
  );
});
