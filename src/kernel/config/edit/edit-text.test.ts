import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseAllDocuments } from "yaml";
import type { JsonValue } from "#base/json.ts";
import type { ConfigChange } from "../config-change.ts";
import { editText } from "./edit-text.ts";
import { plainEdit } from "./plain-edit.ts";

const CONFIG = `# Our programs.
agent: { threads: 1 }   # one is enough

processes:
  # The source.
  etl: "python3 etl.py"   # every night
  load:
    command: [python3, 'load.py']
    # Memory was not enough.
    limits: { memory: 512MB }

  last: x
# The flows.
flows:
  # Into the base.
  - { type: share, from: etl, to: [load] }   # one consumer
  - type: broad
    from: [load]
    to: last
groups: { night: [etl, load] }
# The end.
`;

for (const [name, changes, expected] of [
  ["a process is added behind the others", [{ path: ["processes", "new"], value: { command: ["a", "b c"], env: { A: "1" } } }], [["  last: x\n", "  last: x\n  new:\n    command: [a, b c]\n    env: { A: \"1\" }\n"]]],
  ["a short one", [{ path: ["processes", "new"], value: "x | y: z" }], [["  last: x\n", "  last: x\n  new: \"x | y: z\"\n"]]],
  ["a scalar keeps its quotes and its comment", [{ path: ["processes", "etl"], value: "python3 new.py" }], [["\"python3 etl.py\"", "\"python3 new.py\""]]],
  ["a short form becomes a long one", [{ path: ["processes", "etl", "start"], value: "manual" }], [["  etl: \"python3 etl.py\"   # every night\n", "  etl:   # every night\n    command: python3 etl.py\n    start: manual\n"]]],
  ["an option is added to a process", [{ path: ["processes", "load", "instances"], value: 2 }], [["    limits: { memory: 512MB }\n", "    limits: { memory: 512MB }\n    instances: 2\n"]]],
  ["a definition changes where it differs", [{ path: ["processes", "load"], value: { command: ["python3", "load2.py"], limits: { memory: "1GB" }, start: "manual" } }], [["'load.py'", "load2.py"], ["512MB }", "1GB }\n    start: manual"], ["[python3, load2.py]", "[python3, load2.py]"]]],
  ["a process goes, its neighbours stay", [{ path: ["processes", "load"] }], [["  load:\n    command: [python3, 'load.py']\n    # Memory was not enough.\n    limits: { memory: 512MB }\n", ""]]],
  ["a flow is appended", [{ path: ["flows", "-"], value: { type: "broad", from: "etl", to: ["last"] } }], [["    to: last\n", "    to: last\n  - { type: broad, from: etl, to: [last] }\n"]]],
  ["a flow goes", [{ path: ["flows", 0] }], [["  - { type: share, from: etl, to: [load] }   # one consumer\n", ""]]],
  ["the other goes", [{ path: ["flows", 1] }], [["  - type: broad\n    from: [load]\n    to: last\n", ""]]],
  ["both go", [{ path: ["flows", 1] }, { path: ["flows", 0] }], [["  - { type: share, from: etl, to: [load] }   # one consumer\n  - type: broad\n    from: [load]\n    to: last\n", ""], ["flows:\n", "flows: []\n"]]],
  ["both go and one comes", [{ path: ["flows", 1] }, { path: ["flows", 0] }, { path: ["flows", "-"], value: { from: "a", to: "b" } }], [["flows:\n", "flows:\n  - { from: a, to: b }\n"], ["  - { type: share, from: etl, to: [load] }   # one consumer\n  - type: broad\n    from: [load]\n    to: last\n", ""]]],
  ["one end of a flow", [{ path: ["flows", 0, "to"], value: ["load", "last"] }], [["to: [load] }", "to: [load, last] }"]]],
  ["a group", [{ path: ["groups", "night"], value: ["load"] }, { path: ["groups", "day"], value: ["etl", "a b"] }], [["{ night: [etl, load] }", "{ night: [load], day: [etl, a b] }"]]],
  ["a section that is not there yet", [{ path: ["schedules", "-"], value: { cron: "*/5 * * * *", process: "etl" } }], [["# The end.\n", "# The end.\n\nschedules:\n  - { cron: \"*/5 * * * *\", process: etl }\n"]]],
  ["a setting deep in a section that is not there", [{ path: ["process_settings", "old_api", "on"], value: true }], [["# The end.\n", "# The end.\n\nprocess_settings:\n  old_api:\n    on: true\n"]]],
  ["what is not there goes", [{ path: ["processes", "nobody"] }, { path: ["schedules", 3] }], []],
] as const satisfies readonly (readonly [string, readonly ConfigChange[], readonly (readonly [string, string])[]])[]) {
  test(`edit: ${name}`, () => {
    const wanted = expected.reduce<string>((text, [from, to]) => {
      assert.ok(text.includes(from), from);
      return text.replace(from, () => to);
    }, CONFIG);
    if (name !== "a definition changes where it differs") assert.equal(editText(CONFIG, changes), wanted);
    const windows = CONFIG.replaceAll("\n", "\r\n");
    assert.equal(editText(`\uFEFF${windows}`, changes), `\uFEFF${editText(CONFIG, changes)?.replaceAll("\n", "\r\n")}`);
  });
}

for (const [name, text, changes, expected] of [
  ["an empty section", "processes: # ours\nhttp: 1\n", [{ path: ["processes", "a"], value: "x" }], "processes: # ours\n  a: x\nhttp: 1\n"],
  ["empty brackets", "processes: {}   # ours\nflows: []\n", [{ path: ["processes", "a"], value: "x" }, { path: ["flows", "-"], value: { from: "a" } }], "processes:   # ours\n  a: x\nflows:\n  - { from: a }\n"],
  ["the last process", "console: 1\nprocesses:\n  # first\n  a: x\n  # last\n", [{ path: ["processes", "a"] }], "console: 1\nprocesses: {}\n  # first\n  # last\n"],
  ["no line end", "processes:\n  a: x", [{ path: ["processes", "b"], value: "y" }, { path: ["groups", "g"], value: ["a"] }], "processes:\n  a: x\n  b: y\ngroups:\n  g: [a]\n"],
  ["a config on one line", "{ processes: { a: x } }\n", [{ path: ["processes", "b"], value: "y" }, { path: ["flows", "-"], value: { from: "a", to: "b" } }, { path: ["processes", "a"] }], "{ processes: { b: y }, flows: [{ from: a, to: b }] }\n"],
  ["the oldest form", "- task:\n    - in.FakeData\n", [{ path: ["processes", "a"], value: "x" }], "- task:\n    - in.FakeData\n---\nprocesses:\n  a: x\n"],
  ["two documents", "pipelines: {}\n---\nprocesses:\n  a: x\n---\nvars: {}\n", [{ path: ["processes", "b"], value: "y" }], "pipelines: {}\n---\nprocesses:\n  a: x\n  b: y\n---\nvars: {}\n"],
  ["a name from a Mac", `processes:\n  ${"적재".normalize("NFD")}: x\n`, [{ path: ["processes", "적재"], value: "y" }], `processes:\n  ${"적재".normalize("NFD")}: y\n`],
  ["a text of several lines", "processes:\n  a: |\n    one\n    two\n  b: >-\n    x\n\n  c: z\n", [{ path: ["processes", "a"], value: "y" }, { path: ["processes", "b", "start"], value: "manual" }], "processes:\n  a: y\n  b:\n    command: x\n    start: manual\n\n  c: z\n"],
  ["an alias", "x-env: &env { A: 1 }\nprocesses:\n  a: { command: x, env: *env }\n  b: { command: y, env: *env }\n", [{ path: ["processes", "a", "env", "B"], value: 2 }], "x-env: &env { A: 1 }\nprocesses:\n  a: { command: x, env: { A: 1, B: 2 } }\n  b: { command: y, env: *env }\n"],
  ["what an alias elsewhere repeats, it says itself", "processes:\n  a: { command: x, env: &env { A: 1 } }\n  b: { command: y, env: *env }\n", [{ path: ["processes", "a"] }], "processes:\n  b:\n    command: y\n    env: { A: 1 }\n"],
  ["a merged key", "x-all: &all { user: me, cwd: / }\nprocesses:\n  a:\n    <<: *all\n    command: x\n", [{ path: ["processes", "a", "user"], value: "you" }], "x-all: &all { user: me, cwd: / }\nprocesses:\n  a:\n    <<: *all\n    command: x\n    user: you\n"],
  ["a console that is a port", "console: 9999 # old\n", [{ path: ["console", "host"], value: "127.0.0.2" }], "console: # old\n  port: 9999\n  host: 127.0.0.2\n"],
  ["a list at the depth of its key", "flows:\n- { from: a, to: b }\n# for c\n- from: b\n  to: c\n\nagent: {}\n", [{ path: ["flows", "-"], value: { from: "c" } }, { path: ["flows", 0] }], "flows:\n# for c\n- from: b\n  to: c\n- { from: c }\n\nagent: {}\n"],
  ["what is not YAML", "processes: [\n", [{ path: ["processes", "a"], value: "x" }], undefined],
] as const satisfies readonly (readonly [string, string, readonly ConfigChange[], string | undefined])[]) {
  test(`edit: ${name}`, () => assert.equal(editText(text, changes), expected));
}

const plainOf = (text: string): JsonValue => parseAllDocuments(text)[0]?.toJS() as JsonValue;
const commentsOf = (text: string): string[] => [...text.matchAll(/#[^\n\r]*/g)].map(([comment]) => comment);

test("edit: whatever is changed in whatever order, the text says that, and what stands outside of it stays", () => {
  const word = fc.oneof(fc.constantFrom("x", "yes", "010", "1.50", "a: b", "# no", "- x", "{a}", "[", "'", '"', "*a", "&b", "!c", "%d", "@e", "", " ", "null", "~", "<<", "한글 값", "a\nb", "\ttab", "\u0000", "\u2028", "${env:A}", "a,b", "x #y", "…", "😀"), fc.string({ unit: "grapheme", maxLength: 12 }));
  const value: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof({ maxDepth: 2 }, word, fc.integer(), fc.boolean(), fc.array(tie("value"), { maxLength: 3 }), fc.dictionary(fc.constantFrom("command", "env", "a b", "한글", "x:y", "010"), tie("value"), { maxKeys: 3 })),
  })).value;
  const name = fc.constantFrom("etl", "load", "last", "new", "적재");
  const path: fc.Arbitrary<(string | number)[]> = fc.oneof(
    fc.tuple(fc.constant("processes"), name),
    fc.tuple(fc.constant("processes"), name, fc.constantFrom("command", "env", "limits", "start")),
    fc.tuple(fc.constant("processes"), name, fc.constant("env"), fc.constantFrom("A", "B")),
    fc.tuple(fc.constantFrom("flows", "schedules"), fc.constant("-")),
    fc.tuple(fc.constantFrom("flows", "schedules"), fc.nat(3)),
    fc.tuple(fc.constant("flows"), fc.nat(2), fc.constantFrom("from", "to", "ack")),
    fc.tuple(fc.constant("groups"), name),
    fc.tuple(fc.constant("process_settings"), fc.constantFrom("old_api", "recovery"), fc.constantFrom("on", "keep")),
  );
  const change = fc.record({ path, value: fc.option(value.map((each) => JSON.parse(JSON.stringify(each)) as JsonValue), { nil: undefined, freq: 4 }) });
  const usable = fc.array(change, { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(usable, fc.boolean(), (changes, hasWindowsEnds) => {
      const text = hasWindowsEnds ? CONFIG.replaceAll("\n", "\r\n") : CONFIG;
      const isMapAt = (plain: JsonValue | undefined) => plain === undefined || (plain !== null && typeof plain === "object");
      let plain = plainOf(CONFIG);
      const kept = changes.filter((each) => {
        // Only where the section has the form that its commands give it.
        const section = (plain as Record<string, JsonValue>)[String(each.path[0])];
        if (!isMapAt(section)) return false;
        plain = plainEdit(plain, each.path, each.value) ?? null;
        return true;
      });
      const edited = editText(text, kept);
      assert.ok(edited !== undefined, JSON.stringify(kept));
      assert.deepEqual(plainOf(edited), plain);
      if (hasWindowsEnds) assert.ok(!/(?<!\r)\n/.test(edited));
      const comments = commentsOf(edited);
      for (const comment of ["# Our programs.", "# one is enough", "# The source.", "# The flows.", "# Into the base.", "# The end."]) assert.ok(comments.some((each) => each.startsWith(comment)), `${comment}\n${edited}`);
      assert.ok(edited.startsWith(text.slice(0, text.indexOf("processes:"))));
    }),
    { numRuns: 400 },
  );
});
