import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { commandOf, testOf } from "./copy-as.ts";

const JOB = { rule: "test.module:TestClass.callme", data: '{"arg1": "길동\'s", "n": 1}', result: '{"인사": "안녕, 길동\'s"}', labels: { company: "1" } };
const NODE = { runtime: "node", module: "test.module", class: "TestClass", function: "callme", file: "test/module.ts" } as const;

test("copied as a test: it is run by Node as it stands, and passes", { skip: process.platform === "win32" && "a path of POSIX" }, () => {
  const here = mkdtempSync(join(tmpdir(), "copy-as-"));
  try {
    mkdirSync(join(here, "rules", "test"), { recursive: true });
    writeFileSync(join(here, "rules", "test", "module.ts"), "export class TestClass { static callme({ arg1 }: { arg1: string }) { if (arg1 === '') throw new TypeError('없습니다'); return { 인사: `안녕, ${arg1}` }; } }");
    const run = (text: string): void => {
      writeFileSync(join(here, "copied.test.ts"), text);
      execFileSync(process.execPath, ["--test", "copied.test.ts"], { cwd: here, env: { ...process.env, NODE_TEST_CONTEXT: undefined }, stdio: "pipe", timeout: 60_000 });
    };
    run(testOf(JOB, NODE));
    const { result: _none, ...failed } = JOB;
    run(testOf({ ...failed, data: '{"arg1": ""}', error: { kind: "TypeError", message: "없습니다" } }, NODE));
    assert.throws(() => run(testOf({ ...JOB, result: '"other"' }, NODE)));
  } finally {
    rmSync(here, { recursive: true, force: true });
  }
});

test("copied as a test: of Python's rules it is Python", () => {
  const text = testOf(JOB, { ...NODE, runtime: "python", file: "test/module.py" });
  assert.match(text, /^from test\.module import TestClass$/m);
  assert.match(text, /self\.assertEqual\(TestClass\.callme\(json\.loads\("\{\\"arg1\\":/);
});

test("copied as a command: a shell reads the words that were meant", { skip: process.platform === "win32" && "a shell of POSIX" }, () => {
  const line = commandOf({ ...JOB, data: '{"arg1": "길동\'s", "n": 12345678901234567890}' }).replace(/^dure /, "printf '%s\\n' ");
  assert.deepEqual(execFileSync("/bin/sh", ["-c", line], { encoding: "utf8" }).trimEnd().split("\n"), ["job", "submit", "test.module:TestClass.callme", "--data", '{"arg1":"길동\'s","n":12345678901234567890}', "--wait"]);
});

test("copied as a command: whatever the input, it is one word", () =>
  fc.assert(
    fc.property(fc.json(), (data) => {
      const command = commandOf({ ...JOB, data });
      const word = command.slice(command.indexOf("--data ") + 7, -" --wait".length);
      const read = word.startsWith("'") ? word.slice(1, -1).replaceAll(`'\\''`, "'") : word;
      assert.deepEqual(JSON.parse(read), JSON.parse(JSON.stringify(JSON.parse(data))));
    }),
  ));
