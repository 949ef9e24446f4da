// One style, whatever the text: the plan before and after is the same, comments stay, and formatting twice changes nothing.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { builtInPlugins } from "#plugins/all.ts";
import { createRegistry } from "../registry.ts";
import { checkConfig } from "./check.ts";
import { formatText } from "./format.ts";
import { modernText, withoutPlaces } from "./modernize.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Every config of the examples, and every YAML block of the documents, by where it stands. */
function everyConfig(): [string, string][] {
  const examples = globSync("examples/**/*.{yml,yaml}", { cwd: ROOT }).map((file): [string, string] => [join(ROOT, file), readFileSync(join(ROOT, file), "utf8")]);
  const blocks = globSync(["README*.md", "docs/*.md"], { cwd: ROOT }).flatMap((file) =>
    [...readFileSync(join(ROOT, file), "utf8").matchAll(/^```ya?ml\n([\s\S]*?)^```/gm)].map((block, index): [string, string] => [join(ROOT, `${file}.${index + 1}.yml`), block[1] ?? ""]),
  );
  assert.ok(examples.length > 8 && blocks.length > 40, `${examples.length} examples, ${blocks.length} blocks`);
  return [...examples, ...blocks];
}

const commas = /,\s*$/m;

async function modern(file: string, text: string, registry = createRegistry(builtInPlugins)): Promise<string> {
  const outcome = await modernText(file, text, registry);
  assert.ok("text" in outcome, `${file}: ${JSON.stringify(outcome)}\n${text}`);
  return outcome.text;
}

const commentsOf = (text: string) => [...text.matchAll(/(?:^|\s)#.*$/gm)].map(([comment]) => comment.trim()).sort();

test("format: all examples and documents keep their plan and their comments; a second time nothing changes", async () => {
  const registry = createRegistry(builtInPlugins);
  let plans = 0;
  for (const [file, text] of everyConfig()) {
    const outcome = formatText(text);
    assert.ok("text" in outcome || commas.test(text), `${file}: ${JSON.stringify(outcome)}`);
    if ("refused" in outcome) continue;
    const written = outcome.text;
    assert.deepEqual(formatText(written), outcome, file);
    assert.deepEqual(commentsOf(written), commentsOf(text), file);
    const [before, after] = [await checkConfig({ file, text, registry }), await checkConfig({ file, text: written, registry })];
    assert.deepEqual(after.problems.map(({ code }) => code).sort(), before.problems.map(({ code }) => code).sort(), file);
    assert.deepEqual(after.plan && withoutPlaces(after.plan), before.plan && withoutPlaces(before.plan), file);
    if (before.plan !== undefined) plans += 1;
  }
  assert.ok(plans > 40, `${plans} of them have a plan`);
});

test("fix: no old spelling is left in examples and documents, the plan is the same, and a second time nothing changes", async () => {
  const registry = createRegistry(builtInPlugins);
  for (const [file, text] of everyConfig()) {
    const before = await checkConfig({ file, text, registry });
    if (before.plan === undefined) continue;
    const written = await modern(file, text, registry);
    const after = await checkConfig({ file, text: written, registry });
    assert.deepEqual(after.plan && withoutPlaces(after.plan), withoutPlaces(before.plan), file);
    if (!/^(?:sources|matches):/m.test(text)) assert.deepEqual(after.problems.filter(({ code }) => /^DURE40[1-4]$/.test(code)), [], `${file}\n${written}`);
    assert.equal(await modern(file, written, registry), written, file);
  }
});

const styles: readonly [string, string, string][] = [
  ["two blanks, lists under their key", "pipelines:\n    a:\n    - in.Stdin\n    -   out.File:\n            path:   x\n", "pipelines:\n  a:\n    - in.Stdin\n    - out.File:\n        path: x\n"],
  ["flow, as people write it", "pipelines: {a: [in.Stdin, out.Null  ]}\n", "pipelines: { a: [in.Stdin, out.Null] }\n"],
  ["blank lines: one at most, none lost", "pipelines:\n\n\n\n  a:\n    - in.Stdin\n\n\n    - out.Null\n\n\n", "pipelines:\n\n  a:\n    - in.Stdin\n\n    - out.Null\n"],
  ["quotes, numbers and text of many lines as they are", "x-a: '1'\nx-b: \"2\"\nx-c: 0x10\nx-d: ~\nx-e:\nx-f: |\n    a\n      b\n", "x-a: '1'\nx-b: \"2\"\nx-c: 0x10\nx-d: ~\nx-e:\nx-f: |\n  a\n    b\n"],
  ["a comment behind a list that stands as deep as its key is the next key's", "failover:\n  outputs:\n  - out.Null\n  # 그래도 실패하면\n  last: out.File\n", "failover:\n  outputs:\n    - out.Null\n  # 그래도 실패하면\n  last: out.File\n"],
  ["anchors and merge keys", "x-o: &o\n    path: a\npipelines:\n  a:\n  - in.FileTail:\n      <<: *o\n", "x-o: &o\n  path: a\npipelines:\n  a:\n    - in.FileTail:\n        <<: *o\n"],
  ["line ends of Windows, and a byte order mark", "\uFEFFpipelines:\r\n    a: [in.Stdin,out.Null]\r\n", "\uFEFFpipelines:\r\n  a: [in.Stdin, out.Null]\r\n"],
  ["several documents", "agent: {}\n---\n# second\npipelines: {a: []}\n", "agent: {}\n---\n# second\npipelines: { a: [] }\n"],
];
for (const [name, before, after] of styles) {
  test(`format: ${name}`, () => {
    assert.deepEqual(formatText(before), { text: after });
    assert.deepEqual(formatText(after), { text: after });
  });
}

test("format: what is no YAML is refused, and so is what would unfold without end", () => {
  assert.deepEqual(formatText("pipelines: [a: {\n"), { refused: "not YAML" });
  assert.deepEqual(formatText("a: 1\na: 2\n"), { refused: "not YAML" });
  assert.ok("refused" in formatText("[".repeat(20_000)));
});

test("format: whatever is typed into a config, it is refused, or formatted so that a second time changes nothing", () => {
  const texts = everyConfig().map(([, text]) => text);
  const bit = fc.constantFrom("# c\n", "  # c\n", "\n", "  ", " ", "-", "- ", ": ", "[", "]", "{", "}", "&a ", "*a", "|\n", ">-\n", "'", '"', "? ", "!!str ", "---\n", ",", "\t", "<<: ", "\r\n", "\0", "한");
  const edit = fc.record({ at: fc.nat(2000), removed: fc.nat(5), added: fc.oneof(bit, fc.constant("")) });
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 4 }), (text, edits) => {
      let typed = text;
      for (const { at, removed, added } of edits) typed = typed.slice(0, at % typed.length) + added + typed.slice((at % typed.length) + removed);
      const outcome = formatText(typed);
      if ("text" in outcome) assert.deepEqual(formatText(outcome.text), outcome);
    }),
    { numRuns: 1000 },
  );
});

test("fix: a list of tasks with all its slips becomes a map of pipelines that keep their names", async () => {
  const before = `# yaml-language-server: $schema=./.dure/schema.json
# 테스크 선언
- task:
  # 대상
  - in.MySQLTail:
    ip: 127.0.0.1 # 서버
    # 이름
    db: logdb
    table: logtbl

  - out.LinedBuffer:
    lines: 100
  - out.Exec:
    cmd: "/usr/bin/r x.r",
  - failover:
    outputs:
    - out.Fluentd:
        ip: 192.168.0.1
    # 그래도 실패하면 파일에
    last:
      out.File:
        path: failed.txt

# 둘째
- task:
  - in.FakeData
  - out.Stdout
`;
  const after = `# yaml-language-server: $schema=./.dure/schema.json
pipelines:
  # 테스크 선언
  task-1:
    # 대상
    - in.MySQLTail:
        ip: 127.0.0.1 # 서버
        # 이름
        db: logdb
        table: logtbl

    - buffer.Lines:
        lines: 100
    - out.Exec:
        cmd: "/usr/bin/r x.r"
    - failover:
        outputs:
          - out.Fluentd:
              ip: 192.168.0.1
        # 그래도 실패하면 파일에
        last:
          out.File:
            path: failed.txt

  # 둘째
  task-2:
    - in.FakeData
    - out.Stdout
`;
  assert.equal(await modern("dure.yml", before), after);
});

test("fix: a config with errors is not guessed at", async () => {
  assert.deepEqual(await modernText("dure.yml", "- task:\n  - in.FileTial\n  - out.LinedBuffer:\n    lines: 1\n", createRegistry(builtInPlugins)), { refused: "has errors" });
});
