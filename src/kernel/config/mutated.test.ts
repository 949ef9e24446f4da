// Whatever stands in a config: checking it never throws, every problem has a place inside the file, and there is a plan only when
// nothing is wrong. A short slice with a fixed seed; DURE_FUZZ_RUNS=100000 runs that many with a new one.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { createRegistry } from "../registry.ts";
import type { Registry } from "../registry.ts";
import { checkConfig } from "./check.ts";
import { isError, offlineLevels } from "./problem.ts";
import { checkFacts, renderProblems } from "./render.ts";
import { fixtureTable } from "./testing.ts";

const OWN_FORM = `# yaml-language-server: $schema=./.dure/schema.json
agent:
  data_dir: ./data
  log: { file: dure.log, level: info, rotate_size: 10MB }
  drain_timeout: 10s
vars: { host: "\${env:HOST:-localhost}" }
x-tail: &tail
  encoding: cp949
  poll_every: 500ms
pipelines:
  웹 로그:
    retry: { first: 100ms, most: 1m, attempts: 3 }
    steps:
      - in.FileTail: { <<: *tail, path: [/var/log/a.log, "b,c"] }
      - parse.Regex: '(?<a>\\S+)'
      - filter.Where: "r.a > 30 && r.b === 'x'"
      - buffer.Time: { minutes: 0.5 }
      - failover:
          outputs: [out.Fluentd: { ip: "\${var:host}", tls: { verify: false } }, out.Fluentd: { ip: b, port: "\${env:PORT:-1}" }]
          last: { out.File: { path: failed.txt } }
          start_by: tag
  demo: [in.FakeData, out.Exec: { cmd: "x y" }, out.Stdout, sleep: 1s]
`;
const OLD_FORM = `# 테스크 선언
- task:
  - in.FileTail:
      path: C:/myprj/logs/mylog.txt
      encoding: cp949
  - out.Regex: "(x)"
  - out.TimedBuffer:
      minutes: 5
  - failover:
    outputs:
    # Fluentd 서버 1
    - out.Fluentd:
        ip: 192.168.0.1
    - out.Fluentd:
        ip: 169.168.0.2
    last: 
      out.File: 
        path: /tmp/failed.txt
    start_by: ip
- task:
  - in.FakeData:
    type: web
  - out.LinedBuffer:
    lines: 100
  - out.Exec:
    cmd: "/usr/bin/r /etc/detect_abuse.r",
  - out.Stdout
`;
const root = join(import.meta.dirname, "..", "..", "..");
const examples = readdirSync(join(root, "examples"), { recursive: true, encoding: "utf8" })
  .filter((name) => /\.ya?ml$/.test(name))
  .map((name) => readFileSync(join(root, "examples", name), "utf8"));
const PIPE_FORM = `svc_name: swak-test
debug: false
logger: { root: { level: DEBUG } }
sources:
  - in.FakeData --count 3 | filter.Where "r.a | r.b" | tag test1
  - "in.FileTail a.log --encoding=cp949 | out.File --path {HOME}/b"
  - >-
    i.fakedata
    | tag 웹.a
matches:
  "test* a.{b,c}.**": m.where 'x y' | o.stdout f.stdout -z UTC b.memory -f 1 -c 2
  "**.a": out.Stdout
`;
const TEXTS = [OWN_FORM, OLD_FORM, PIPE_FORM, PIPE_FORM, ...examples];
const PIECES = [
  ":",
  "-",
  "- ",
  " ",
  "\t",
  "\n",
  '"',
  "'",
  "{",
  "}",
  "[",
  "]",
  ",",
  "#",
  "&a ",
  "*a",
  "<<: *tail",
  "!!binary ",
  "|",
  ">",
  "%",
  "@",
  "? ",
  "\\",
  "${env:X}",
  "${file:.}",
  "${",
  "~",
  "null",
  "true",
  "0x1F",
  "1e999",
  ".nan",
  "-1",
  "'''",
  "---\n",
  "...\n",
  "한글",
  "\u0000",
  "\u001b",
  "\uFEFF",
  "\uD800",
  "🙂",
  "\r",
  "\u2028",
  "__proto__",
  "constructor: 1",
  "in.FakeData",
  "failover",
  "sleep",
  "out.Nope",
  "task",
  " | ",
  "tag ",
  "sources",
  "{a,",
  "**",
  "-c ",
  "b.memory",
  "path",
  "steps",
];

const mutation = fc.record({
  kind: fc.constantFrom("cut line", "repeat line", "move line", "indent", "dedent", "insert", "delete", "replace value", "replace key", "truncate"),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  to: fc.double({ min: 0, max: 1, noNaN: true }),
  piece: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 5, unit: "binary" })),
});
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutated(text: string, { kind, at, to, piece }: Mutation): string {
  const lines = text.split("\n");
  const line = Math.floor(at * lines.length) % lines.length;
  const other = Math.floor(to * lines.length) % lines.length;
  const index = Math.floor(at * text.length);
  const edit = (change: (line: string) => string): string => lines.map((old, number) => (number === line ? change(old) : old)).join("\n");
  switch (kind) {
    case "cut line":
      return lines.toSpliced(line, 1).join("\n");
    case "repeat line":
      return lines.toSpliced(line, 0, lines[line] ?? "").join("\n");
    case "move line":
      return lines
        .toSpliced(line, 1)
        .toSpliced(other, 0, lines[line] ?? "")
        .join("\n");
    case "indent":
      return edit((old) => " ".repeat(1 + Math.floor(to * 5)) + old);
    case "dedent":
      return edit((old) => old.replace(/^ {1,2}/, ""));
    case "insert":
      return text.slice(0, index) + piece + text.slice(index);
    case "delete":
      return text.slice(0, index) + text.slice(index + 1 + Math.floor(to * 4));
    case "replace value":
      return edit((old) => old.replace(/: .*$/, () => `: ${piece}`));
    case "replace key":
      return edit((old) => old.replace(/[\w.]+:/, () => `${piece}:`));
    case "truncate":
      return text.slice(0, index);
  }
}

async function holds(text: string, registry: Registry): Promise<void> {
  const file = "fuzz/dure.yml";
  const checked = await checkConfig({ file, text, registry, env: {}, levels: [...offlineLevels, "lint"] });
  const lines = text.split("\n");
  for (const { place, endColumn, text: said } of checked.problems) {
    assert.equal(place.file, file);
    assert.ok(1 <= place.line && place.line <= lines.length, `line ${place.line} of ${lines.length}`);
    assert.ok(1 <= place.column && place.column <= (lines[place.line - 1] ?? "").length + 1, `column ${place.column} of line ${place.line}`);
    assert.ok(place.column < endColumn);
    assert.ok(said.en !== "" && said.ko !== "");
  }
  assert.equal(checked.plan === undefined, checked.problems.some(isError));
  if (checked.plan !== undefined) assert.deepEqual(structuredClone(checked.plan), JSON.parse(JSON.stringify(checked.plan)));
  renderProblems(checked.problems, checked.sources, { color: true, lang: "ko", ascii: false });
  JSON.stringify(checkFacts(checked.problems, { files: 1, ms: 0 }, "en"));
}

const runs = process.env["DURE_FUZZ_RUNS"];
const chosen = runs === undefined ? { numRuns: 400, seed: 20_170_801 } : { numRuns: Number(runs) };

test("mutated configs: never a crash, always a place, a plan only without errors", async () => {
  const registry = createRegistry(fixtureTable);
  const texts = fc
    .tuple(fc.constantFrom(...TEXTS), fc.array(mutation, { minLength: 1, maxLength: 6 }))
    .map(([text, mutations]) => mutations.reduce(mutated, text));
  await fc.assert(
    fc.asyncProperty(texts, (text) => holds(text, registry)),
    chosen,
  );
});

test("arbitrary values as configs: never a crash, always a place, a plan only without errors", async () => {
  const registry = createRegistry(fixtureTable);
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom<unknown>(null, true, 1, -0.5, "", "in.FakeData", "out.Stdout", "x", "in.FakeData | tag a"),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(
          "agent",
          "pipelines",
          "p",
          "steps",
          "task",
          "in.FakeData",
          "in.FileTail",
          "out.File",
          "failover",
          "outputs",
          "last",
          "sleep",
          "path",
          "retry",
          "log",
          "vars",
          "sources",
          "matches",
          "logger",
          "svc_name",
          "<<",
          "__proto__",
        ),
        tie("tree"),
        { maxKeys: 4 },
      ),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(tree, (value) => holds(JSON.stringify(value, null, 1), registry)),
    chosen,
  );
});
