// `--json`: every command there is, its answer and its failure, in the one envelope.
import assert from "node:assert/strict";
import { appendFileSync, existsSync } from "node:fs";
import { test } from "node:test";
import { commands } from "#edges/cli/commands.ts";
import { folder, until } from "./run-dure.ts";
import type { Ended, Folder } from "./run-dure.ts";

const CONFIG = `
pipelines:
  웹:
    - in.FileTail: { path: app.log, start: beginning }
    - parse.Json
    - out.File: { path: out.jsonl }
`;
const SHORT = `
pipelines:
  짧은:
    - in.FakeData: { count: 2 }
    - out.Null
tests:
  - name: 하나
    pipeline: 짧은
    input: ['{"a": 1}']
    expect: [{ message: '{"a": 1}' }]
`;

interface Case {
  readonly args: readonly string[];
  readonly code?: number;
  /** Keys its answer has besides those of the envelope. */
  readonly keys: readonly string[];
  readonly env?: Record<string, string>;
}

/** Without an agent; each in the same folder, in this order. */
const QUIET: Readonly<Record<string, readonly Case[]>> = {
  run: [
    { args: ["short.yml"], keys: ["seconds", "pipelines"] },
    { args: ["broken.yml"], code: 78, keys: ["error"] },
  ],
  start: [{ args: ["broken.yml"], code: 78, keys: ["error"] }],
  stop: [{ args: ["short.yml"], keys: ["state"] }],
  reload: [{ args: ["short.yml"], code: 3, keys: ["error"] }],
  status: [{ args: ["short.yml", "--strict"], code: 3, keys: ["state"] }],
  validate: [
    { args: ["short.yml"], keys: ["errors", "warnings", "files", "ms", "problems"] },
    { args: ["broken.yml", "--format", "json"], code: 78, keys: ["errors", "warnings", "files", "ms", "problems"] },
  ],
  doctor: [
    { args: ["broken.yml"], code: 5, keys: ["isGood", "findings"] },
  ],
  lint: [
    { args: ["dure.yml"], keys: ["errors", "warnings", "files", "ms", "problems"] },
    { args: ["dure.yml", "--strict"], code: 5, keys: ["errors", "warnings", "files", "ms", "problems"] },
  ],
  test: [
    { args: ["short.yml"], keys: ["seconds", "pipelines"] },
    { args: ["short.yml", "--all"], keys: ["tests"] },
    { args: ["dure.yml", "--all"], keys: ["tests"] },
    { args: ["broken.yml", "--all"], code: 78, keys: ["error"] },
  ],
  try: [
    { args: ["in.FakeData --count 1 | out.Null"], keys: ["seconds", "pipelines"] },
    { args: ["in.FakeDat | out.Null"], code: 78, keys: ["error"] },
    { args: ["in.FakeData --text 'a"], code: 2, keys: ["error"] },
    { args: ["in.FakeData | out.Null", "--save", "saved.yml"], keys: ["file"] },
  ],
  ls: [{ args: ["-c", "short.yml"], code: 3, keys: ["error"] }],
  tap: [{ args: ["웹:2", "-c", "short.yml"], code: 3, keys: ["error"] }],
  top: [{ args: ["-c", "short.yml"], code: 3, keys: ["error"] }],
  logs: [{ args: ["-c", "short.yml"], code: 1, keys: ["error"] }],
  metrics: [{ args: ["-c", "short.yml"], code: 3, keys: ["error"] }],
  open: [{ args: ["-c", "short.yml"], code: 3, keys: ["error"] }],
  events: [{ args: ["-c", "short.yml"], code: 3, keys: ["error"] }],
  history: [{ args: ["-c", "short.yml"], code: 3, keys: ["error"] }],
  "config edit": [
    { args: ["-c", "short.yml", "--from", "short.yml", "--yes"], code: 3, keys: ["error"] },
    { args: ["-c", "short.yml", "--from", "short.yml"], code: 2, keys: ["error"] },
  ],
  graph: [
    { args: ["short.yml"], keys: ["pipelines"] },
    { args: ["short.yml", "--format", "json"], keys: ["pipelines"] },
  ],
  schema: [
    { args: [], keys: ["schema"] },
    { args: ["--write"], keys: ["file"] },
  ],
  new: [
    { args: ["made.yml", "--in", "in.Stdin", "--out", "out.Stdout"], keys: ["file", "assumed"] },
    { args: ["made.yml"], code: 2, keys: ["error"] },
  ],
  create: [{ args: ["in.Stdin/out.Stdout"], keys: ["text"] }],
  fmt: [
    { args: ["short.yml"], keys: ["files", "changed", "left", "texts"] },
    { args: ["short.yml", "--diff"], keys: ["files", "changed", "left", "diffs"] },
    { args: ["short.yml", "--check"], code: 1, keys: ["files", "changed", "left"] },
    { args: ["broken-yaml.yml"], code: 1, keys: ["files", "changed", "left", "texts"] },
  ],
  list: [
    { args: ["out"], keys: ["plugins", "broken"] },
    { args: ["outs"], code: 2, keys: ["error"] },
  ],
  desc: [
    { args: ["in.FileTail"], keys: [] },
    { args: ["failover"], keys: [] },
  ],
  import: [{ args: ["nowhere.py"], code: 69, keys: ["error"] }],
  init: [{ args: ["Sample2"], keys: ["dir", "plugins", "isLinked"] }],
  "dead-letters": [
    { args: ["list"], keys: ["letters"] },
    { args: ["show", "last"], code: 2, keys: ["error"] },
    { args: ["remove", "--all", "--yes"], keys: ["removed", "records"] },
    { args: ["replay"], keys: ["replayed", "refusedAgain", "left", "damaged"] },
    { args: ["lst"], code: 2, keys: ["error"] },
  ],
  buffers: [
    { args: ["list"], keys: ["isInUse", "buffers"] },
    { args: ["verify"], keys: ["isInUse", "buffers"] },
    { args: ["repair"], keys: ["repairs"] },
  ],
  backup: [{ args: ["-c", "short.yml"], code: 1, keys: ["error"] }],
  restore: [
    { args: ["no-such.db", "-c", "short.yml"], code: 1, keys: ["error"] },
    { args: ["short.yml", "-c", "short.yml"], code: 1, keys: ["error"] },
  ],
  "processes ls": [{ args: ["-c", "short.yml"], code: 3, keys: ["error"] }],
  "processes logs": [{ args: ["etl", "-c", "short.yml"], code: 3, keys: ["error"] }],
  "processes attach": [{ args: ["etl", "-c", "short.yml"], code: 3, keys: ["error"] }],
  "processes say": [{ args: ["etl", "한 줄", "-c", "short.yml"], code: 3, keys: ["error"] }],
  "recoveries run": [{ args: ["etl", "한 줄", "-c", "short.yml"], code: 3, keys: ["error"] }],
  "processes add": [{ args: ["etl", "-c", "short.yml", "--", "true"], code: 3, keys: ["error"] }],
  "programs put": [{ args: ["etl", "short.yml", "-c", "short.yml"], code: 3, keys: ["error"] }],
  explain: [{ args: ["DURE101"], keys: ["code", "level", "severity", "title", "explanation"] }],
  completion: [{ args: ["fish"], keys: ["shell", "text"] }],
  man: [{ args: [], keys: ["text"] }],
  version: [{ args: [], keys: ["dure", "node", "platform", "arch"] }],
  help: [
    { args: [], keys: ["commands", "everywhere"] },
    { args: ["run"], keys: ["commands", "everywhere"] },
    { args: ["glossary"], keys: ["topic", "text"] },
  ],
};

/** Beside a running agent. */
const LIVE: readonly (Case & { readonly command: string })[] = [
  { command: "start", args: [], keys: ["state", "wasRunning", "pid"] },
  { command: "status", args: [], keys: ["state", "pid", "pipelines"] },
  { command: "ls", args: [], keys: ["pipelines"] },
  { command: "top", args: [], keys: ["pipelines"] },
  { command: "tap", args: ["웹:2", "--limit", "2"], keys: ["step", "tag", "time", "after"] },
  { command: "logs", args: [], keys: ["record"] },
  { command: "metrics", args: [], keys: ["metrics"] },
  { command: "metrics", args: ["dure_build_info"], keys: ["metrics"] },
  { command: "events", args: ["--since", "1h"], keys: ["event"] },
  { command: "history", args: [], keys: ["history"] },
  { command: "open", args: ["--print"], keys: ["address", "link"] },
  { command: "reload", args: ["--plan"], keys: ["same", "changed", "steps", "added", "removed", "atNextStart"] },
  { command: "reload", args: [], keys: ["same", "changed", "added", "removed", "atNextStart"] },
  { command: "backup", args: [], keys: ["file", "bytes", "atMs"] },
  { command: "backup", args: ["made.db"], keys: ["file", "bytes", "atMs"] },
  { command: "backup", args: ["made.db"], code: 1, keys: ["error"] },
  { command: "restore", args: ["made.db", "--yes"], code: 75, keys: ["error"] },
  { command: "buffers", args: ["repair"], code: 75, keys: ["error"] },
  { command: "tap", args: ["없음"], code: 1, keys: ["error"] },
];

test("--json: every command of the table has its cases here", () => {
  for (const { name } of commands) assert.ok((QUIET[name]?.length ?? 0) > 0, `\`dure ${name}\` needs a case: what does it answer with --json?`);
});

for (const [command, cases] of Object.entries(QUIET)) {
  test(`--json: ${command}`, async () => {
    await using here = prepared();
    for (const each of cases) answered(command, each, await here.dure([...command.split(" "), ...(each.args.includes("json") ? [] : ["--json"]), ...each.args], { env: { FORCE_COLOR: "1" } }));
  });
}

test("--json: --help of a command is help, and words that are no command have none", async () => {
  await using here = folder();
  answered("help", { args: [], keys: ["commands", "everywhere"] }, await here.dure(["run", "--help", "--json"]));
  const { code, stdout } = await here.dure(["rum", "--json"]);
  assert.equal(code, 2);
  assert.equal((JSON.parse(stdout) as { command: unknown }).command, null);
});

test("--json: a faulty config is an error with its code and place; its keys are the same in Korean", async () => {
  await using here = prepared();
  const [english, korean] = await Promise.all(["en", "ko"].map(async (lang) => JSON.parse((await here.dure(["run", "broken.yml", "--json", "--lang", lang])).stdout) as { error: Record<string, unknown> }));
  const { message, hint, ...place } = english?.error ?? {};
  assert.deepEqual(place, { code: "DURE101", file: "broken.yml", line: 2, column: 7, exitCode: 78 });
  assert.match(String(message), /no plugin 'in.FakeDat'/);
  assert.match(String(hint), /dure list in/);
  assert.deepEqual(Object.keys(korean?.error ?? {}), Object.keys(english?.error ?? {}));
  assert.match(String(korean?.error["message"]), /[가-힣]/);
});

test("--json: beside a running agent, and of a command that prints many lines", { skip: process.platform === "win32" && "the agent is stopped by a signal" }, async () => {
  await using here = prepared();
  const started = JSON.parse((await here.dure(["start", "--json"])).stdout) as { version: number; state: string };
  assert.deepEqual([started.version, started.state], [1, "running"]);
  const writing = setInterval(() => appendFileSync(here.file("app.log"), '{"a":1}\n{"a":2}\n'), 20);
  try {
    await until(() => existsSync(here.file("out.jsonl")), "the first record is written");
    for (const { command, ...each } of LIVE) answered(command, each, await here.dure([command, ...each.args, "--json"]));
  } finally {
    clearInterval(writing);
    answered("stop", { args: [], keys: ["state"] }, await here.dure(["stop", "--json"]));
  }
});

test("--json: out.Stdout writes before the answer, which is the last line", async () => {
  await using here = folder();
  const { stdout } = await here.dure(["try", "in.FakeData --count 2 | out.Stdout", "--json"]);
  const lines = stdout.trimEnd().split("\n");
  assert.equal(lines.length, 3);
  assert.equal((JSON.parse(lines.at(-1) ?? "") as { command: string }).command, "try");
});

function prepared(): Folder {
  const here = folder();
  here.write("dure.yml", CONFIG);
  here.write("app.log", "");
  here.write("short.yml", SHORT);
  here.write("broken.yml", "pipelines:\n  a: [in.FakeDat, out.Null]\n");
  here.write("broken-yaml.yml", "pipelines: [\n");
  return here;
}

function answered(command: string, { args, code = 0, keys }: Case, { code: ended, stdout, stderr }: Ended): void {
  const said = `dure ${command} ${args.join(" ")}\n${stdout}\n${stderr}`;
  assert.equal(ended, code, said);
  assert.ok(!stdout.includes("\x1b"), said);
  const lines = stdout.split("\n");
  assert.equal(lines.pop(), "", said);
  assert.ok(0 < lines.length, said);
  for (const line of lines) {
    const { version, command: named, ...facts } = JSON.parse(line) as Record<string, unknown>;
    assert.deepEqual([version, named], [1, command], said);
    assert.deepEqual(keys.filter((key) => !(key in facts)), [], said);
    assert.equal("error" in facts, keys.includes("error"), said);
    const { error } = facts as { error?: { message?: unknown; exitCode?: unknown } };
    if (error !== undefined) assert.deepEqual([typeof error.message, error.exitCode], ["string", code], said);
  }
}
