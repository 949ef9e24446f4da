// The lines of one process are changed in the text of a config, and nothing else is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { definitionIn, processYaml, withDefinition } from "./yaml-text.ts";

const TEXT = `# 위
processes:
  extract: # 줄을 만듭니다
    # 안
    command: [python3, gen.py]
    env: { PASSWORD: [hidden:32] }

  load: { command: [cat], cwd: . } # 뒤
  둘째:
      command: cat
flows: []
`;

test("process text: what stands under a name is shown without its indent, comments and all", () => {
  assert.equal(definitionIn(TEXT, "extract"), "command: [python3, gen.py]\nenv: { PASSWORD: [hidden:32] }");
  assert.equal(definitionIn(TEXT, "load"), "{ command: [cat], cwd: . } # 뒤");
  assert.equal(definitionIn(TEXT, "둘째"), "command: cat");
  assert.equal(definitionIn(TEXT, "nobody"), undefined);
});

for (const name of ["extract", "load", "둘째"]) {
  for (const written of ["command: [python3, other.py]\ncwd: .\nenv:\n  A: b", "{ command: [cat], start: manual }"]) {
    test(`process text: ${name} becomes ${written.split("\n")[0]}, and all else stays`, () => {
      const changed = withDefinition(TEXT, name, written);
      assert.deepEqual(parse(changed), { ...parse(TEXT), processes: { ...parse(TEXT).processes, [name]: parse(written) } });
      for (const kept of ["# 위", "flows: []"]) assert.ok(changed.includes(kept), changed);
    });
  }
  test(`process text: ${name} saved as it is shown changes nothing`, () => assert.equal(withDefinition(TEXT, name, definitionIn(TEXT, name) ?? ""), TEXT));
}

test("process text: what a form will write is YAML of just that", () => assert.deepEqual(parse(processYaml("etl", { command: ["python3", "a b.py"], env: { A: "1" } })), { processes: { etl: { command: ["python3", "a b.py"], env: { A: "1" } } } }));
