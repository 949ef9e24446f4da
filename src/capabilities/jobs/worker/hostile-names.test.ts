// Only what the rules folder itself exports can be called: whatever name comes with a job, in whatever runtime, either it stands word for word in the list of rules, or nothing of
// it is run. Property tests over names and arguments, against real worker processes.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import fc from "fast-check";
import { jobsPlan, writeRules } from "../testing.ts";
import type { FromWorker } from "../worker-protocol.ts";
import { pythonWorker } from "./python-command.ts";
import { nodeWorker } from "./worker-command.ts";

const SEED = Number(process.env["DURE_SEED"] ?? Date.now() & 0x7fffffff);
/** Whoever is called by another name than its own leaves this behind. */
const LEFT = "reached.txt";

const FILES = {
  "shop.ts": `
    import { writeFileSync } from "node:fs";
    import { execSync as run } from "node:child_process";
    import * as everything from "node:fs";
    export { readFileSync, existsSync as there } from "node:fs";
    export * from "node:os";
    export { run, everything, eval as evaluate } from "./_inside.ts";
    const reached = () => writeFileSync(new URL("./${LEFT}", import.meta.url), "reached");
    class Base { static inherited() { reached(); } static get gotten() { reached(); return reached; } }
    export class Shop extends Base {
      static place(args) { return { placed: args }; }
      static #hidden() { reached(); }
      static [Symbol.for("place")]() { reached(); }
      static get lazy() { reached(); return reached; }
      static "with space"() { reached(); }
      static nested = { reached };
      method() { reached(); }
      constructor() { reached(); }
    }
    export const nested = { reached, Shop };
    export const list = [reached];
    export const proxy = new Proxy({}, { get: () => reached, has: () => true, ownKeys: () => ["reached"] });
    export function plain(args) { return { plain: args }; }
    plain.inner = reached;
    const own = { run: reached };
    export default own;
  `,
  "_inside.ts": "export { execSync as run } from 'node:child_process'; export * as everything from 'node:fs'; const e = globalThis.eval; export { e as eval };",
  "common.cjs": `const fs = require("node:fs"); module.exports = { fine: (args) => ({ fine: args }), fs, writeFileSync: fs.writeFileSync, get lazy() { fs.writeFileSync(__dirname + "/${LEFT}", "reached"); return () => 1; }, __proto__: { inherited() { fs.writeFileSync(__dirname + "/${LEFT}", "reached"); } } };`,
  "old/module.py": `
import functools, os, sys, subprocess
from os import system, path
from subprocess import Popen as Runner
from itsbox.operator.old import other
from itsbox.operator.old.other import helper, Other
def _reached(arg=None):
    open(os.path.join(os.path.dirname(__file__), "..", "${LEFT}"), "w").close()
class Meta(type):
    def of_meta(cls, arg): _reached()
class Base(object):
    @staticmethod
    def own(arg): return "own"
    def inherited(self, arg): _reached()
class Shop(Base, metaclass=Meta):
    @staticmethod
    def place(arg): return {"placed": arg}
    @classmethod
    def of_class(cls, arg): return {"class": arg}
    @staticmethod
    @functools.lru_cache()
    def cached(arg): return 1
    @property
    def lazy(self): _reached()
    def method(self, arg): _reached()
    class Inner(object):
        @staticmethod
        def inside(arg): _reached()
    def __init__(self, *args): _reached()
    def __call__(self, *args): _reached()
    nested = staticmethod(os.system)
    exec = staticmethod(subprocess.check_output)
    eval = classmethod(eval)
    part = staticmethod(functools.partial(os.system))
instance = object.__new__(Shop)
fine = lambda arg: {"fine": arg}
`,
  "old/other.py": "def helper(arg): return 1\nclass Other(object):\n    @staticmethod\n    def inside(arg): return 1\n",
  "tools/count.sh": "#!/bin/sh\nread -r data\nprintf '{\"got\":%s}' \"$data\"\n",
  "tools/secret.bin": "no program",
};

const WORDS = ["shop", "common", "old.module", "old.other", "tools.count", "tools/count", "Shop", "Base", "Inner", "Other", "place", "plain", "fine", "run", "reached", "inherited", "gotten", "lazy", "method", "nested", "inner", "list", "0", "proxy", "everything", "readFileSync", "writeFileSync", "there", "evaluate", "eval", "fs", "hostname", "exec", "execSync", "system", "os", "os.system", "os.path", "sys.exit", "subprocess.Popen", "Runner", "helper", "instance", "alias", "_private", "__init__", "__call__", "__class__", "__dict__", "__globals__", "__builtins__", "__import__", "__proto__", "constructor", "prototype", "toString", "valueOf", "hasOwnProperty", "call", "apply", "bind", "then", "default", "module.exports", "with space", "Symbol(place)", "#hidden", "node:fs", "node:child_process", "file:///etc/passwd", "data:text/javascript,1", "..", "../..", "/etc/passwd", "C:\\\\Windows", "%2e%2e", "\u0000", "\uff53hop", "ѕhop", "shoр", "Ѕhop", "place\u200b", "ｐlace", "shop\u0301", "ſhop", "K", "İ", "\u202eecalp", ""];
const JOINTS = [":", ".", "/", "::", ":.", "\\", "\u0000", " ", "：", "․", "", "?", "#", ";"];
const name = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.tuple(fc.constantFrom(...WORDS), fc.constantFrom(...JOINTS)), { minLength: 1, maxLength: 5 }).map((parts) => parts.flat().slice(0, -1).join("")),
  fc.tuple(fc.constantFrom("shop", "common", "old.module", "old.other", "tools.count"), fc.constantFrom(...WORDS)).map(([module, word]) => `${module}:${word}`),
  fc.tuple(fc.constantFrom("shop", "old.module"), fc.constantFrom(...WORDS), fc.constantFrom(...WORDS)).map(([module, first, second]) => `${module}:${first}.${second}`),
);
const data = fc.oneof(fc.json(), fc.constantFrom('{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}', '{"toJSON":1,"then":1}', '["$(touch x)","`id`","; rm -rf /"]', '"\\u0000\\ud800"'));

for (const runtime of ["node", "python"] as const) {
  test(`${runtime}: no name reaches what the rules folder does not export (seed ${SEED})`, { timeout: 110_000 }, async (context) => {
    await using worker = await begin(runtime);
    const known = new Set(worker.rules);
    assert.deepEqual(worker.rules.toSorted(), runtime === "node" ? ["common:fine", "shop:Shop.place", "shop:plain", "tools.count:run"] : ["old.module:Base.own", "old.module:Shop.cached", "old.module:Shop.of_class", "old.module:Shop.place", "old.module:fine", "old.other:Other.inside", "old.other:helper"]);
    let called = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, data), { minLength: 20, maxLength: 20 }), async (jobs) => {
        const answers = await Promise.all(jobs.map(([rule, json]) => worker.run(rule, json)));
        for (const [index, answer] of answers.entries()) {
          const [rule = "", json = ""] = jobs[index] ?? [];
          if (known.has(rule)) called += 1;
          else assert.ok(answer.type === "failed" && answer.error.kind === "NO_RULE" && answer.error.isFinal === true, `${JSON.stringify(rule)} with ${json}: ${JSON.stringify(answer)}`);
        }
        assert.equal(worker.hasReached(), false);
      }),
      { seed: SEED, numRuns: 60 },
    );
    context.diagnostic(`${called} of the names were rules`);
    // What a rule is given is what was sent, and nothing else has changed for the next.
    const echo = runtime === "node" ? "shop:plain" : "old.module:Shop.place";
    await worker.run(echo, '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
    const answer = await worker.run(echo, "{}");
    assert.deepEqual(answer.type === "done" && answer.result, runtime === "node" ? { plain: {} } : { placed: {} });
  });
}

async function begin(runtime: "node" | "python") {
  const dir = mkdtempSync(join(tmpdir(), "dure-names-"));
  writeRules(dir, FILES);
  const plan = jobsPlan({ rulesDir: dir });
  const { command: [program = "", ...args], env, cwd } = runtime === "node" ? nodeWorker(plan) : pythonWorker(plan);
  const child = spawn(program, args, { cwd, env: env as NodeJS.ProcessEnv, stdio: ["pipe", "pipe", "ignore"] });
  const waiting = new Map<number, (message: Extract<FromWorker, { readonly type: "done" | "failed" }>) => void>();
  const { promise: isReady, resolve: tellReady, reject } = Promise.withResolvers<Extract<FromWorker, { readonly type: "ready" }>>();
  child.once("exit", (code) => reject(new Error(`the worker ended with ${code}`)));
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line) as FromWorker;
    if (message.type === "ready") tellReady(message);
    else if (message.type === "done" || message.type === "failed") waiting.get(message.job)?.(message);
  });
  const { rules, problems } = await isReady;
  assert.deepEqual(problems, []);
  let number = 0;
  return {
    rules: rules.map((rule) => rule.name),
    hasReached: (): boolean => existsSync(join(dir, LEFT)),
    run(rule: string, json: string): Promise<Extract<FromWorker, { readonly type: "done" | "failed" }>> {
      const job = (number += 1);
      const { promise, resolve } = Promise.withResolvers<Extract<FromWorker, { readonly type: "done" | "failed" }>>();
      waiting.set(job, resolve);
      child.stdin.write(`{"type":"run","job":${job},"id":"j${job}","rule":${JSON.stringify(rule)},"attempt":1,"data":${json.replaceAll("\n", " ")}}\n`);
      return promise;
    },
    [Symbol.asyncDispose](): Promise<void> {
      child.kill("SIGKILL");
      rmSync(dir, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}
