import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import type { FromWorker } from "../../worker-protocol.ts";
import { pythonWorker } from "../python-command.ts";

const WAIT_MS = 60_000;
const RULES = {
  "test/module.py": `
import os, sys, threading, time, subprocess, ctypes
from collections import OrderedDict
from itsbox.operator.test import helper
from itsbox.operator.test.helper import hello
from dure import rule, context, FinalError, RetryAfter

class TestClass(object):
    @staticmethod
    def callme(arg): return arg
    @rule(attempts=3, timeout="10s")
    @staticmethod
    def marked(arg): return hello(arg)
    @staticmethod
    def _hidden(arg): return 1
    def method(self, arg): return 1

class Sour(Exception):
    def __str__(self): raise RuntimeError("no words")

def nothing(arg): return None
def unserialisable(arg): return {1, 1}
def large(arg): return "x" * 2000000
def leaves(arg): sys.exit(3)
def dies(arg): os._exit(7)
def falls(arg): ctypes.string_at(0)
def sour(arg): raise Sour()
def deep(arg): return deep(arg)
def final(arg): raise FinalError("no way")
def later(arg): raise RetryAfter("2s", "busy")
def surrogate(arg): return "\\udc80"
def lies(arg):
    os.write(1, b'{"type":"done","job":1,"result":"a lie"}\\n')
    subprocess.run(["echo", '{"type":"done","job":1,"result":"a lie"}'])
    subprocess.run(["echo", "a child"], stdout=sys.stdout, check=True)
    sys.stdout.buffer.write("바이트\\n".encode())
    return "true"
def floods(arg):
    for number in range(20000): print("line", number)
    return "flooded"
def forks(arg):
    pid = os.fork()
    if pid == 0:
        print("in the child")
        return "the child's"
    os.waitpid(pid, 0)
    return "the parent's"
def forever(arg):
    print("begun")
    while True: pass
def waits(arg):
    context.mark("waiting")
    while not context.cancelled: time.sleep(0.005)
    raise FinalError("as you wish")
def leaves_thread(arg):
    def talk():
        while True: print("still here"); time.sleep(0.001)
    threading.Thread(target=talk).start()
    return 1
`,
  "test/helper.py": "def hello(arg): return 'hello ' + arg['arg1']\n",
  "korean.py": "# -*- coding: cp949 -*-\ndef greet(arg): return '안녕'\n",
  "two.py": "def a(arg):\n    print 'two'\n",
  "first.py": "from dure import rule\n@rule(priority=10 ** 30)\ndef a(arg): return 1\n",
  "ends.py": "import sys\nsys.exit(1)\n",
  "_private.py": "def a(arg): return 1\n",
};

test("python worker: only what a file defines itself can be called, and a file that does not load says where", async () => {
  await using worker = await start();
  const names = worker.ready.rules.map(({ name }) => name);
  assert.deepEqual(names.filter((name) => name.includes("TestClass")), ["test.module:TestClass.callme", "test.module:TestClass.marked"]);
  assert.deepEqual(names.filter((name) => /OrderedDict|_|hello$|method|rule$|context/u.test(name)), ["test.helper:hello", "test.module:leaves_thread"]);
  const marked = worker.ready.rules.find(({ function: name }) => name === "marked");
  assert.deepEqual([marked?.attempts, marked?.timeoutMs], [3, 10_000]);
  assert.deepEqual(worker.ready.problems.map(({ file, line }) => [file, line]), [["ends.py", 2], ["first.py", 2], ["two.py", 2]]);
  for (const rule of ["os:system", "test.module:os.system", "test.module:TestClass.__init__", "test.module:TestClass._hidden", "test.module:TestClass.callme.__globals__", "test.module:hello", "__proto__", "../etc:passwd", ""]) {
    const { error } = failed(await worker.run(rule, "x"));
    assert.deepEqual([error.kind, error.isFinal], ["NO_RULE", true]);
  }
});

test("python worker: results are JSON and the old operator's text", async () => {
  await using worker = await start();
  for (const [rule, data, result, text] of [
    ["test.module:TestClass.callme", { arg1: "길동", b: [true, null, 1.5] }, { arg1: "길동", b: [true, null, 1.5] }, "{'arg1': '길동', 'b': [True, None, 1.5]}"],
    ["test.module:TestClass.marked", { arg1: "길동" }, "hello 길동", "hello 길동"],
    ["test.module:nothing", 1, null, ""],
    ["test.module:unserialisable", 1, "{1}", "{1}"],
    ["korean:greet", 1, "안녕", "안녕"],
    ["test.module:surrogate", 1, "\udc80", "\udc80"],
    ["test.module:lies", 1, "true", "true"],
    ["test.module:floods", 1, "flooded", "flooded"],
    ["test.module:forks", 1, "the parent's", "the parent's"],
  ] as const) {
    const answer = await worker.run(rule, data);
    assert.deepEqual(answer, { type: "done", job: answer.job, text, result }, rule);
  }
  assert.equal(worker.said.filter(({ type }) => type === "done").length, 9);
  assert.equal(worker.logs().filter((line) => line.startsWith("line ")).length, 501); // The last tells that there was more.
  assert.ok(worker.logs().includes("바이트"));
});

test("python worker: whatever a rule throws or the data holds, its job is answered and the worker lives", async () => {
  await using worker = await start();
  for (const [name, kind, message] of [["leaves", "SystemExit", /^3$/], ["sour", "Sour", /cannot be told/], ["deep", "RecursionError", /recursion/], ["final", "FinalError", /no way/], ["later", "RetryAfter", /busy/], ["large", "TOO_LARGE", /2000002/]] as const) {
    const { error } = failed(await worker.run(`test.module:${name}`, 1));
    assert.equal(error.kind, kind);
    assert.match(error.message, message);
    if (name === "later") assert.equal(error.retryAfterMs, 2000);
  }
  for (const data of [`${"[".repeat(200_000)}${"]".repeat(200_000)}`, "9".repeat(10_000)]) {
    const { error } = failed(await worker.runRaw("test.module:nothing", data));
    assert.deepEqual([error.kind, error.isFinal], ["INVALID_DATA", true]);
  }
  const waiting = worker.run("test.module:waits", 1);
  await worker.until(() => worker.said.some(({ type }) => type === "mark"));
  worker.send('{"type":"cancel","job":9,"why":"cancelled"}');
  assert.equal(failed(await waiting).error.message, "as you wish");
});

test("python worker: it drains past a thread left behind, and ends at once when the agent is gone, also within an endless rule", async () => {
  {
    await using worker = await start();
    await worker.run("test.module:leaves_thread", 1);
    const last = worker.run("test.module:TestClass.callme", "x".repeat(900_000));
    worker.send('{"type":"drain"}');
    assert.equal((await last).type, "done");
    assert.deepEqual(await worker.ended, [0, null]);
  }
  await using worker = await start();
  void worker.run("test.module:forever", 1);
  await worker.until(() => worker.logs().includes("begun"));
  worker.close();
  assert.deepEqual(await worker.ended, [0, null]);
});

test("python worker: a rule that ends the process, by its word or by a fault, is seen as its end", async () => {
  for (const [name, end] of [["dies", [7, null]], ["falls", [null, "SIGSEGV"]]] as const) {
    await using worker = await start();
    void worker.run(`test.module:${name}`, 1);
    assert.deepEqual(await worker.ended, end);
  }
});

function failed(message: FromWorker): Extract<FromWorker, { readonly type: "failed" }> {
  assert.equal(message.type, "failed", JSON.stringify(message).slice(0, 300));
  return message as Extract<FromWorker, { readonly type: "failed" }>;
}

type Answer = Extract<FromWorker, { readonly type: "done" | "failed" }>;

async function start() {
  const dir = mkdtempSync(join(tmpdir(), "dure-python-"));
  for (const [file, text] of Object.entries(RULES)) {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), file === "korean.py" ? Buffer.concat([Buffer.from("# -*- coding: cp949 -*-\ndef greet(arg): return '"), Buffer.from([0xbe, 0xc8, 0xb3, 0xe7]), Buffer.from("'\n")]) : text);
  }
  const limits = { slotsMax: 4, resultBytesMax: 1_000_000 } as Parameters<typeof pythonWorker>[0]["limits"];
  const { command: [program = "", ...args], cwd, env } = pythonWorker({ rulesDir: dir, limits, env: {}, python: "python3", loadTimeoutMs: 30_000 });
  const child = spawn(program, args, { cwd, env, stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.on("error", () => {});
  const said: FromWorker[] = [];
  const looks = new Set<() => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    said.push(JSON.parse(line) as FromWorker);
    for (const look of looks) look();
  });
  const ended = new Promise<readonly [number | null, string | null]>((resolve) => child.once("exit", (code, signal) => resolve([code, signal])));
  const until = (isSo: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("it did not come to be")), WAIT_MS);
      const look = (): void => {
        if (!isSo()) return;
        clearTimeout(timer);
        looks.delete(look);
        resolve();
      };
      looks.add(look);
      void ended.then(() => clearTimeout(timer));
      look();
    });
  const send = (line: string): void => void child.stdin.write(`${line}\n`);
  let count = 0;
  const runRaw = async (rule: string, data: string): Promise<Answer> => {
    const job = (count += 1);
    let answer: Answer | undefined;
    send(`{"type":"run","job":${job},"id":"j${job}","rule":${JSON.stringify(rule)},"attempt":1,"data":${data}}`);
    await until(() => (answer = said.find((each): each is Answer => (each.type === "done" || each.type === "failed") && each.job === job)) !== undefined);
    return answer as unknown as Answer;
  };
  const isReady = (message: FromWorker): message is Extract<FromWorker, { readonly type: "ready" }> => message.type === "ready";
  await until(() => said.some(isReady));
  return {
    ready: said.find(isReady) ?? assert.fail("it never was ready"),
    said,
    ended,
    until,
    send,
    runRaw,
    run: (rule: string, data: unknown) => runRaw(rule, JSON.stringify(data)),
    logs: () => said.flatMap((each) => (each.type === "log" ? [each.text] : [])),
    close: () => void child.stdin.end(),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
