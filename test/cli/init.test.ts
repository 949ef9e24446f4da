// `dure init`: what it makes works at once, its own tests included.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";
import { folder } from "./run-dure.ts";

test("init: all kinds are made, pass their own tests, are listed and run", async () => {
  await using here = folder();
  const made = await here.dure(["init", "-t", "it", "-t", "p,m", "-t", "out", "WebLog"]);
  assert.equal(made.code, 0, made.stderr);
  const plugin = here.file("plugins", "dure-plugin-web-log");
  for (const kind of ["in", "parse", "filter", "out"]) assert.ok(existsSync(`${plugin}/${kind}/WebLog.ts`) && existsSync(`${plugin}/${kind}/WebLog.test.ts`), kind);
  const readme = readFileSync(`${plugin}/README.md`, "utf8");
  for (const section of ["Usage", "Features", "Sample output"]) assert.ok(readme.includes(`## ${section}`), section);
  assert.doesNotMatch(readme + readFileSync(`${plugin}/in/WebLog.ts`, "utf8"), /sample\b(?! output)/i);

  // Without what a test runner puts around its own children, as a user runs it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, ["--test", "--test-reporter=tap"], { cwd: plugin, env, timeout: 120_000 });
  assert.match(stdout, /^# tests 6$/m);
  assert.match(stdout, /^# pass 6$/m);

  const listed = await here.dure(["list"]);
  assert.match(listed.stdout, /\d+ built-in, 4 external/);
  assert.equal(listed.stderr, "", "nothing is wrong with it");
  const tried = await here.dure(["try", "i.weblog -n 3 | m.weblog"]);
  assert.equal(tried.code, 0, tried.stderr);
  assert.deepEqual(tried.stdout.trimEnd().split("\n").map((line) => (JSON.parse(line) as { n: number }).n), [1, 3]);

  here.write("config.yml", "sources: [i.weblog --count 2 | tag a]\nmatches: { a: o.weblog -p out.jsonl }\n");
  const run = await here.dure(["run", "--for", "30s"]);
  assert.equal(run.code, 0, run.stderr);
  assert.equal(readFileSync(here.file("out.jsonl"), "utf8"), '{"n":1}\n{"n":2}\n');

  const again = await here.dure(["init", "WebLog"]);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /exists already/);
  rmSync(plugin, { recursive: true });
  assert.match((await here.dure(["list"])).stdout, /0 external/);
});

test("init: a bad folder is warned of and stops no listing", async () => {
  await using here = folder();
  here.write("plugins/swak_plugin_bad/notes.txt", "");
  here.write("plugins/MyOwn.js", "export const parse = (line) => ({ line });\n");
  const { code, stdout, stderr } = await here.dure(["list"]);
  assert.equal(code, 0);
  assert.match(stdout, /parse\.MyOwn[^]*1 external/);
  assert.match(stderr, /swak_plugin_bad/);
});

const wrong: readonly [string[], RegExp][] = [
  [["-t", "it", "-t", "ir", "Boo"], /mutually exclusive/],
  [["-t", "in", "in.Boo"], /without its kind/],
  [["o_boo"], /without its kind/],
  [["boo"], /cannot be a plugin's name/],
  [["B"], /cannot be a plugin's name/],
  [["../Boo"], /cannot be a plugin's name/],
  [["-t", "otu", "Boo"], /did you mean `-t out`/],
  [[], /<name> is missing/],
];
test("init: what is wrong is said, and nothing is made", async () => {
  await using here = folder();
  for (const [args, message] of wrong) {
    const { code, stderr } = await here.dure(["init", ...args]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
  assert.equal(existsSync(here.file("plugins")), false);
});
