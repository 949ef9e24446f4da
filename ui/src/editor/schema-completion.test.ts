// Completion is tried with the schema that the program itself gives to editors.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { before, test } from "node:test";
import { promisify } from "node:util";
import fc from "fast-check";
import { completionsAt } from "./schema-completion.ts";
import type { Completion, JsonSchema } from "./schema-completion.ts";
import { yamlPlaceAt } from "./yaml-place.ts";

let schema: JsonSchema;
before(async () => {
  const main = new URL("../../../src/main.ts", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [main, "schema"], { maxBuffer: 8 << 20 });
  schema = JSON.parse(stdout) as JsonSchema;
});

/** `§` is the cursor. */
function at(text: string, lang: "en" | "ko" = "en"): readonly Completion[] {
  const offset = text.indexOf("§");
  const place = yamlPlaceAt(text.replace("§", ""), offset);
  return place === undefined ? [] : completionsAt(schema, place, lang);
}
const labels = (text: string): string[] => at(text).map(({ label }) => label);

test("completion: the top of a config knows its sections", () => assert.ok(["agent", "pipelines", "tests", "vars"].every((name) => labels("§").includes(name))));
test("completion: what stands there already is not offered again", () => assert.ok(!labels("pipelines:\n  a:\n    - in.Stdin\n§").includes("pipelines")));
test("completion: a step is a plugin, as a word or with options", () => {
  const found = at("pipelines:\n  web:\n    - §");
  assert.ok(found.some(({ label, kind }) => label === "in.FileTail" && kind === "key"));
  assert.ok(found.some(({ label }) => label === "failover"));
  assert.equal(found.find(({ label }) => label === "in.FileTail")?.insert, "in.FileTail:\n        path: ");
});
test("completion: items at the column of their key are items, too", () => assert.ok(labels("pipelines:\n  web:\n    steps:\n    - §").includes("out.Fluentd")));
test("completion: a plugin's options, without those that stand above and below", () => {
  const found = labels("pipelines:\n  web:\n    - in.FileTail:\n        path: a.log\n        §\n        tag: x\n    - out.Null\n");
  assert.ok(found.includes("encoding"));
  assert.ok(!found.includes("path") && !found.includes("tag"));
});
test("completion: options inside a failover's output", () => assert.ok(labels("pipelines:\n  web:\n    - in.Stdin\n    - failover:\n        outputs:\n          - out.Fluentd:\n              §").includes("port")));
test("completion: a value of a list of words", () => assert.ok(labels("pipelines:\n  web:\n    - in.FileTail:\n        long_lines: §").includes("skip")));
test("completion: words for people are in their language", () => assert.match(at("pipelines:\n  web:\n    - in.FileTail:\n        §", "ko").find(({ label }) => label === "encoding")?.about ?? "", /인코딩/));
test("completion: nothing in a comment or in a text block", () => {
  assert.deepEqual(labels("# pipe§"), []);
  assert.deepEqual(labels("pipelines:\n  web:\n    - filter.Map:\n        code: |-\n          r.§"), []);
});

test("completion: whatever stands in the editor, asking for a place never fails", () => {
  const part = fc.oneof(fc.constantFrom("pipelines:", "\n", "  ", "    ", "- ", "in.FileTail:", "path: ", "'", '"', "{", "|", "#", "steps:", "한글: ", "\t", "\r\n"), fc.string({ maxLength: 5 }));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), fc.nat(), (parts, where) => {
      const text = parts.join("");
      const place = yamlPlaceAt(text, text.length === 0 ? 0 : where % text.length);
      if (place !== undefined) completionsAt(schema, place, "ko");
    }),
    { numRuns: 300 },
  );
});
