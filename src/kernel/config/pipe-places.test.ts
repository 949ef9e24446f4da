import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isMap, isScalar, parseDocument, stringify } from "yaml";
import { placesIn } from "./pipe-places.ts";
import { Source } from "./source.ts";

const words = fc.string({ unit: fc.constantFrom("a", "b", "가", "'", '"', "\\", "|", "#", ":", "-", "é", "🙂"), minLength: 1, maxLength: 8 });
const pipes = fc.array(words, { minLength: 1, maxLength: 30 }).map((found) => found.join(" "));
const styles = fc.constantFrom("PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE", "BLOCK_FOLDED", "BLOCK_LITERAL");

test("places of words: each character of a value, however it is quoted and folded, is found where it stands", () =>
  fc.assert(
    fc.property(pipes, styles, (pipe, style) => {
      const text = stringify({ before: "x", pipe }, { defaultStringType: style as "PLAIN", defaultKeyType: "PLAIN", lineWidth: 30 });
      const document = parseDocument(text);
      const node = isMap(document.contents) ? document.contents.get("pipe", true) : undefined;
      assert.ok(isScalar(node) && node.range !== null && node.range !== undefined);
      const value = String(node.value);
      const place = placesIn(new Source("x", text), { type: "scalar", start: node.range[0], end: node.range[1], value, isQuoted: false, isInterpolated: false });
      for (let index = 0; index < value.length; index += 1) {
        const { start, end } = place({ start: index, end: index + 1 });
        const shown = text.slice(start, end);
        const isSame: boolean = shown === value[index] || (shown[0] === "\\" && node.type === "QUOTE_DOUBLE") || (/\s/.test(shown) && /\s/.test(value[index] ?? ""));
        assert.ok(isSame, `${JSON.stringify(value[index])} at ${index} is shown as ${JSON.stringify(shown)} in ${text}`);
      }
    }),
    { numRuns: 1000 },
  ));
