import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { harmless, styleOf } from "./terminal.ts";

test("terminal: whatever a line holds, the terminal obeys nothing of it but colours", () => {
  const pieces = fc.oneof(fc.constantFrom("\x1b", "\x9b", "\x9d", "\x07", "\r", "\n", "\t", "[", "]0;x", "31m", "2J", "52;c;eA==", "한글", "\u202e", "\u2066"), fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(fc.array(pieces), (parts) => {
      const rest = harmless(parts.join("")).replace(/\x1b\[[0-9;]*m|\r\n|[\n\t]/g, "");
      assert.doesNotMatch(rest, /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
    }),
  );
});

test("terminal: what we paint ourselves stays", () => {
  const { red, bold } = styleOf({ hasColor: true, hasUnicode: true });
  const line = `${bold("주문")}\t${red("✗")} a\r\nb\n`;
  assert.equal(harmless(line), line);
});
