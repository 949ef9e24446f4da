// The tests of rules that the docs show stand in an example, and pass as a user runs them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "#test/cli/run-dure.ts";

const rules = join(ROOT, "examples", "jobs", "rules");

test("rules in TypeScript are tested with node:test", () => {
  // Inside a run of node:test another would be a part of it, and print nothing of its own.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--test", "--test-reporter=tap", rules], { encoding: "utf8", timeout: 60_000, env });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /# fail 0/);
  assert.match(stdout, /ok 1 - an order is placed with the second attempt/);
});

test("rules in Python are tested with unittest", () => {
  const env = { ...process.env, PYTHONPATH: join(ROOT, "src", "sdk", "python"), PYTHONDONTWRITEBYTECODE: "1" };
  const { status, stderr } = spawnSync("python3", ["-m", "unittest", "old/test_greeting.py"], { cwd: rules, encoding: "utf8", timeout: 60_000, env });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /Ran 2 tests/);
});
