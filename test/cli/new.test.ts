// `dure new`: with options, and with questions on a terminal.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { DURE, folder } from "./run-dure.ts";

const HEAD = "# yaml-language-server: $schema=./.dure/schema.json\npipelines:\n  main:\n";

test("new: with options; names the next command, and what it names works", async () => {
  await using here = folder();
  const { code, stdout, stderr } = await here.dure(["new", "--in", "in.FileTail", "--path", "logs/*.log", "--encoding", "cp949", "--parse", "nginx", "--out", "out.Fluentd", "--host", "10.0.0.1", "--port", "24225"]);
  assert.deepEqual([code, stdout], [0, ""]);
  assert.match(stderr, /next: dure validate dure\.yml, then dure run dure\.yml/);
  assert.equal(
    readFileSync(here.file("dure.yml"), "utf8"),
    `${HEAD}    - in.FileTail:\n        path: logs/*.log\n        encoding: cp949\n    - parse.Regex:\n        format: nginx\n    - out.Fluentd:\n        host: 10.0.0.1\n        port: 24225\n`,
  );
  const [valid, neat] = await Promise.all([here.dure(["validate", "--no-environment", "--deny-warnings"]), here.dure(["fmt", "--check"])]);
  assert.deepEqual([valid.code, neat.code], [0, 0], valid.stderr + neat.stderr);
});

test("new: what must be there and was not said is an example, and is named as one", async () => {
  await using here = folder();
  const { code, stdout } = await here.dure(["new", "a.yml", "--in", "in.Stdin", "--parse", "json", "--out", "out.MySQL", "--json"]);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), { version: 1, command: "new", file: "a.yml", assumed: ["out.MySQL: db, table"] });
  assert.match(readFileSync(here.file("a.yml"), "utf8"), /- parse\.Json\n {4}- out\.MySQL:\n {8}db: /);
});

test("new: never overwrites", async () => {
  await using here = folder();
  here.write("dure.yml", "mine\n");
  const { code, stderr } = await here.dure(["new", "--in", "in.Stdin", "--out", "out.Null"]);
  assert.equal(code, 2);
  assert.match(stderr, /dure\.yml exists; it is left as it is/);
  assert.equal(readFileSync(here.file("dure.yml"), "utf8"), "mine\n");
});

const wrong: readonly [string[], RegExp][] = [
  [[], /without a terminal.*--in and --out\n.*--path.*--parse.*--encoding, --host, --port/],
  [["--in", "in.FileTial", "--out", "out.Null"], /did you mean `in\.FileTail`\?/],
  [["--in", "out.Null", "--out", "out.Null"], /out\.Null cannot stand behind --in\n.*dure list in/],
  [["--in", "in.Stdin", "--path", "x", "--out", "out.Null"], /in\.Stdin has no option `path`\n.*dure desc in\.Stdin/],
  [["--in", "in.Stdin", "--out", "out.Stdout", "--host", "x"], /out\.Stdout has no option `host`/],
  [["--in", "in.Stdin", "--parse", "ngin", "--out", "out.Null"], /there is no plugin `parse\.ngin`/],
  [["--in", "in.Stdin", "--parse", "filter.Where", "--out", "out.Null"], /filter\.Where is no parser/],
  [["--in", "in.Stdin", "--out", "out.Tcp", "--host", "x", "--port", "70000"], /`--port 70000`: write a number/],
];
for (const [args, said] of wrong) {
  test(`new: wrong use: ${args.join(" ")}`, async () => {
    await using here = folder();
    const { code, stderr } = await here.dure(["new", ...args]);
    assert.equal(code, 2);
    assert.match(stderr, said);
    assert.ok(!existsSync(here.file("dure.yml")));
  });
}

test("new: an encoding that there is not leaves nothing behind", async () => {
  await using here = folder();
  const { code, stderr } = await here.dure(["new", "--in", "in.Stdin", "--encoding", "cp9499", "--out", "out.Null"]);
  assert.equal(code, 78, stderr);
  assert.match(stderr, /nothing was written/);
  assert.ok(!existsSync(here.file("dure.yml")));
});

// Only util-linux has a `script` that takes a command this way.
const hasTerminal = spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0 ? false : "there is no `script` to make a terminal with";

test("new: asks on a terminal; an empty answer takes what stands in brackets", { skip: hasTerminal }, async () => {
  await using here = folder();
  const { child, ended, printed } = here.spawn(["-qec", `'${DURE}' new --out out.Stdout`, "/dev/null"], { program: "script", env: { TERM: "dumb" } });
  await printed(/What to read .*\[in\.FileTail\]: /);
  child.stdin.write("\n");
  await printed(/Which files \[logs\/\*\.log\]: /);
  child.stdin.write("access.log\n\n"); // The second is typed ahead.
  await printed(/How to parse .*\[none\]: /);
  child.stdin.write("Json\n");
  const { stdout } = await ended;
  assert.match(stdout, /next: dure validate dure\.yml/);
  assert.doesNotMatch(stdout, /Where to send/); // Which an option has said.
  assert.equal(readFileSync(here.file("dure.yml"), "utf8"), `${HEAD}    - in.FileTail:\n        path: access.log\n        encoding: utf-8\n    - parse.Json\n    - out.Stdout\n`);
});

test("new: Ctrl-C among the questions writes nothing", { skip: hasTerminal }, async () => {
  await using here = folder();
  const { child, ended, printed } = here.spawn(["-qec", `'${DURE}' new`, "/dev/null"], { program: "script", env: { TERM: "dumb" } });
  await printed(/What to read/);
  child.stdin.write("\x03");
  const { code, stdout } = await ended;
  assert.equal(code, 130);
  assert.match(stdout, /nothing was written/);
  assert.ok(!existsSync(here.file("dure.yml")));
});
