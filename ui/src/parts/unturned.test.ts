import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { harmless } from "#edges/cli/terminal.ts";
import { unturned } from "./unturned.ts";

const TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";

test("unturned: whatever a text holds, nothing in it turns writing around, all else stands where it stood, and the terminal's rule is the same", () => {
  const text = fc.array(fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom(...TURNS)), { maxLength: 30 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, (given) => {
      const shown = unturned(given);
      assert.equal(shown.length, given.length);
      for (let at = 0; at < given.length; at += 1) assert.equal(shown[at], TURNS.includes(given[at] ?? "") ? "\ufffd" : given[at]);
      assert.equal(harmless(shown), harmless(given));
    }),
  );
});
