// `dure test --all`: the tests that stand in a config, with stand-ins at both ends.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { folder } from "./run-dure.ts";

const CONFIG = `
pipelines:
  web:
    - in.FileTail: /nowhere/access.log
    - parse.Regex: { pattern: "^(?<code>\\\\d+) (?<path>\\\\S+)$", types: { code: integer } }
    - route:
        - when: "r.code >= 500"
          steps: [buffer.Time: 10s, out.Fluentd: { host: 192.0.2.1 }]
        - steps: [out.File: all.ndjson]
  game:
    - in.FakeData: { type: people }
    - filter.Map: { set: { 이름: r.name } }
    - failover: { outputs: [out.Fluentd: { host: 192.0.2.1 }], last: { out.File: x } }
`;
const PASSING = `
tests:
  - name: errors wait in their buffer, the rest does not
    input: ["500 /a", "200 /b", { wait: 9s }, "503 /c", { wait: 1s }, "200 /d"]
    tag: web.access
    at: 2026-11-22T09:00:00+09:00
    expect: [{ path: /b }, { path: /a }, { path: /c, time: "2026-11-22T00:00:09Z" }, "r.path === '/d' && tag === 'test'"]
    outputs:
      out.Fluentd: [{ code: 500 }, { code: 503 }]
      "3.2.1": [{ code: 200, path: /b }, { code: 200 }]
  - name: 이름
    pipeline: game
    input: [{ name: 김서연, age: 31 }]
    exact: true
    expect: [{ name: 김서연, age: 31, 이름: 김서연 }]
`;

test("test --all: what goes in comes out as expected, without a file, a peer, or a second of waiting", async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG + PASSING);
  const { code, stdout, stderr } = await here.dure(["test", "--all"]);
  assert.equal(code, exitCode.done, stdout + stderr);
  assert.match(stdout, /✓ web: errors wait[^]*✓ game: 이름/);
  assert.match(stderr, /tests: 2, failed: 0/);
  assert.ok(!existsSync(here.file("all.ndjson")) && !existsSync(here.file(".dure")), "nothing is left behind");
});

test("test --all -t: one test or those of a pipeline, by name; a name that is none is refused", async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG + PASSING);
  const run = async (...args: string[]): Promise<string> => (await here.dure(["test", "--all", ...args])).stdout.replaceAll(/ \d+(\.\d+)? m?s$/gm, "");
  assert.equal(await run("-t", "game"), "✓ game: 이름\n");
  assert.equal(await run("-t", "이름".normalize("NFD")), "✓ game: 이름\n");
  const { code, stdout, stderr } = await here.dure(["test", "--all", "-t", "gane"]);
  assert.deepEqual([code, stdout], [exitCode.wrongUse, ""]);
  assert.match(stderr, /no test is called `gane`[^]*did you mean `-t 'game'`\?/);
});

test("test --all: what is different is told with its place, for people, TAP, JUnit and programs", async () => {
  await using here = folder();
  here.write("dure.yml", `${CONFIG}tests:\n  - name: "5 < 6 & #1"\n    input: ["500 /a", "garbage"]\n    expect: [{ code: 501, host: x }]\n`);
  const text = await here.dure(["test", "--all", "--color", "never"]);
  assert.equal(text.code, exitCode.testFailed);
  assert.match(text.stdout, /✗ web: 5 < 6 & #1 dure\.yml:\d+:5\n.*record 1: `code` .*, expected 501|record 1: `code` is missing/);
  assert.match(text.stdout, /record 2: not expected: /);
  const tap = (await here.dure(["test", "--all", "--format", "tap"])).stdout;
  assert.match(tap, /^TAP version 14\n1\.\.1\nnot ok 1 - web: 5 < 6 & \\#1\n {2}---\n/);
  const junit = (await here.dure(["test", "--all", "--format", "junit"])).stdout;
  assert.match(junit, /<testsuite name="dure" tests="1" failures="1">\n {4}<testcase name="5 &lt; 6 &amp; #1" classname="web" file="dure\.yml"/);
  const json = JSON.parse((await here.dure(["test", "--all", "--json"])).stdout) as { tests: { isPassed: boolean; wrong: string[] }[] };
  assert.deepEqual(json.tests.map(({ isPassed, wrong }) => [isPassed, 0 < wrong.length]), [[false, true]]);
});

test("test --all: snapshots are written when asked, and compared from then on", async () => {
  await using here = folder();
  const config = (age: string) => here.write("dure.yml", `${CONFIG}tests:\n  - { name: s, pipeline: game, input: [{ name: 이도윤, age: ${age} }], snapshot: true }\n`);
  config("1");
  assert.equal((await here.dure(["test", "--all"])).code, exitCode.testFailed);
  assert.equal((await here.dure(["test", "--all", "--update"])).code, exitCode.done);
  assert.match(readFileSync(here.file("dure.yml.snapshots.json"), "utf8"), /"이름": "이도윤"/);
  assert.equal((await here.dure(["test", "--all"])).code, exitCode.done);
  config("2");
  const changed = await here.dure(["test", "--all"]);
  assert.equal(changed.code, exitCode.testFailed);
  assert.match(changed.stdout, /snapshot, record 1: `record` is .*"age":2/);
});

test("test --all: slips in tests are problems of the config, each at its place", async () => {
  await using here = folder();
  here.write("dure.yml", `${CONFIG}tests:\n  - name: a\n    pipeline: wob\n    input: [x]\n    expect: []\n  - { name: b, input: [x], expect: ["code > 1"] }\n  - { name: c, input: [] }\n  - { input: [x], expect: [], inptu: 1 }\n`);
  const { code, stderr } = await here.dure(["validate", "--no-environment"]);
  assert.equal(code, exitCode.configInvalid);
  for (const expected of [/no pipeline 'wob'/, /`code` is not known/, /write what must come out|too small|at least/i, /unknown option 'inptu'/, /needs the option 'name'/]) assert.match(stderr, expected);
});

test("test --all --watch: runs again when the config changes", { skip: process.platform === "win32" && "the test interrupts it by a signal" }, async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG + PASSING);
  const watching = here.spawn(["test", "--all", "--watch"]);
  await watching.printed(/waiting for a change/);
  here.write("dure.yml", CONFIG + PASSING.replace("code: 503", "code: 504"));
  await watching.printed(/failed: 1[^]*waiting for a change/);
  watching.child.kill("SIGINT");
  assert.equal((await watching.ended).code, exitCode.interrupted);
});
