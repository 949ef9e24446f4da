// The layer check itself: it finds what it is there to find, and nothing in a tree that is as agreed.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

interface Module {
  checkLayers(src: string): string[];
  importsOf(text: string): { specifier: string; line: number }[];
}
const file = new URL("./check-layers.mjs", import.meta.url);
const { checkLayers, importsOf } = (await import(file.href)) as Module;

const GOOD = {
  "main.ts": 'import { cli } from "#edges/cli/cli.ts";\nconst daemon = await import("./daemon.ts");',
  "daemon.ts": 'import { tail } from "#plugins/in/tail.ts";\nimport { builtIn } from "#plugins/all.ts";\nnew Worker(new URL("./main.ts", import.meta.url));'.replace("./main.ts", "./daemon/thread.ts"),
  "daemon/thread.ts": 'import { run } from "#capabilities/pipelines/pipelines.ts";',
  "edges/cli/cli.ts": 'import { run } from "#capabilities/pipelines/pipelines.ts";\nimport { builtIn } from "#plugins/all.ts";\nimport "./help.ts";',
  "edges/cli/help.ts": 'import type { Log } from "#kernel/log.ts";',
  "capabilities/pipelines/pipelines.ts": 'import { log } from "#kernel/log.ts";',
  "capabilities/pipelines/pipelines.test.ts": 'import { tail } from "#plugins/in/tail.ts";\nimport { server } from "#test/server.ts";',
  "capabilities/jobs/jobs.ts": 'import { clock } from "#base/clock.ts";',
  "kernel/log.ts": 'import type { Plugin } from "#sdk/plugin.ts";',
  "plugins/all.ts": 'export const all = { load: () => import("./in/tail.ts") };',
  "plugins/in/tail.ts": 'import { z } from "#sdk/plugin.ts";\nimport { own } from "./tail/own.ts";',
  "plugins/in/tail/own.ts": 'import { clock } from "#base/clock.ts";',
  "sdk/plugin.ts": 'import { Batch } from "#dataplane/batch.ts";',
  "dataplane/batch.ts": 'import { clock } from "#base/clock.ts"; // import { x } from "#kernel/log.ts"\nconst text = `import "#kernel/log.ts"`;',
  "base/clock.ts": 'import { setTimeout } from "node:timers/promises";',
};

/** What the check says of the good tree with some files changed. */
function problemsWith(changed: Readonly<Record<string, string>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), "dure-layers-"));
  try {
    for (const [name, text] of Object.entries({ ...GOOD, ...changed })) {
      const path = join(folder, "src", name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    return checkLayers(join(folder, "src"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("layers: a tree as agreed has no problem", () => assert.deepEqual(problemsWith({}), []));

const violations: readonly [string, Readonly<Record<string, string>>, RegExp][] = [
  ["upward", { "kernel/log.ts": '\nimport { cli } from "#edges/cli/help.ts";' }, /^src\/kernel\/log\.ts:2 .*upward: kernel may not know edges/],
  ["upward, for its type only", { "base/clock.ts": 'import type { Log } from "#kernel/log.ts";' }, /upward: base may not know kernel/],
  ["upward, when asked for", { "sdk/plugin.ts": 'export const later = () => import("#kernel/log.ts");' }, /upward: sdk may not know kernel/],
  ["upward, by passing it on", { "sdk/plugin.ts": 'export { log } from "#kernel/log.ts";' }, /upward/],
  ["upward, to the top", { "edges/cli/help.ts": 'import { x } from "../../daemon.ts";' }, /src\/edges\/cli\/help\.ts:1/],
  ["upward, to a part of the daemon", { "capabilities/jobs/jobs.ts": 'import { x } from "../../daemon/thread.ts";' }, /src\/capabilities\/jobs\/jobs\.ts:1/],
  ["sideways", { "capabilities/jobs/jobs.ts": 'import { run } from "#capabilities/pipelines/pipelines.ts";' }, /sideways/],
  ["a relative path to another layer", { "kernel/log.ts": 'import { Batch } from "../dataplane/batch.ts";' }, /imported by its name/],
  ["a relative path out of src", { "kernel/log.ts": 'import { x } from "../../bench/x.ts";' }, /leaves src/],
  ["a concrete plugin in a capability", { "capabilities/jobs/jobs.ts": 'import { tail } from "#plugins/in/tail.ts";' }, /only daemon\.ts, daemon\/ and plugins\/all\.ts/],
  ["a concrete plugin in an edge", { "edges/cli/help.ts": 'const tail = await import("#plugins/in/tail.ts");' }, /only daemon\.ts, daemon\/ and plugins\/all\.ts/],
  ["a plugin that knows the kernel", { "plugins/in/tail.ts": 'import { log } from "#kernel/log.ts";' }, /plugins see only sdk, dataplane and base/],
  ["a plugin that knows the table", { "plugins/in/tail.ts": 'import { all } from "#plugins/all.ts";' }, /plugins/],
  ["the table in the data plane", { "dataplane/batch.ts": 'import { all } from "#plugins/all.ts";' }, /below the plugins/],
  ["a circle", { "edges/cli/help.ts": 'import { cli } from "./cli.ts";' }, /cli\.ts → src\/edges\/cli\/help\.ts → src\/edges\/cli\/cli\.ts {2}is a circle/],
  ["a circle of three", { "kernel/log.ts": 'import "./a.ts";', "kernel/a.ts": 'import "./b.ts";', "kernel/b.ts": 'import "./log.ts";' }, /is a circle/],
  ["what is not there", { "kernel/log.ts": 'import "./gone.ts";' }, /does not exist/],
  ["the tests' own things", { "kernel/log.ts": 'import { server } from "#test/server.ts";' }, /only tests/],
];
for (const [name, changed, expected] of violations) {
  test(`layers: ${name} is found`, () => {
    const problems = problemsWith(changed);
    assert.ok(problems.some((problem) => expected.test(problem)), JSON.stringify(problems));
  });
}

test("layers: a circle of types, or one closed by a later import, is none", () => {
  assert.deepEqual(problemsWith({ "edges/cli/help.ts": 'import type { cli } from "./cli.ts";\nconst later = () => import("./cli.ts");' }), []);
});

test("layers: a check that examined nothing has failed", () => {
  const folder = mkdtempSync(join(tmpdir(), "dure-layers-"));
  try {
    mkdirSync(join(folder, "src"));
    assert.match(checkLayers(join(folder, "src")).join(), /found no file/);
    assert.match(checkLayers(join(folder, "nowhere")).join(), /found no file/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("layers: imports are found as code, not in comments and texts", () => {
  const text = `import a, { type B } from "./a.ts";
import "./b.ts"; /* import "./no.ts" */
export * from './c.ts';
const d = await import( "./d.ts" );
// import "./no.ts"
const s = "from './no.ts'"; const t = \`import "./no.ts"\`;
new Worker(new URL("./e.ts", import.meta.url)); new URL("./data.json", import.meta.url);
const u = "http://x"; const r = /["'\`]/; import f from "./f.ts";
import {
  g,
} from "./g.ts";`;
  assert.deepEqual(importsOf(text).map(({ specifier, line }) => `${specifier}:${line}`), ["./a.ts:1", "./b.ts:2", "./c.ts:3", "./d.ts:4", "./e.ts:7", "./f.ts:8", "./g.ts:11"]);
});

test("layers: this project is as agreed", () => {
  const { status, stderr } = spawnSync(process.execPath, [fileURLToPath(file)], { encoding: "utf8" });
  assert.equal(stderr, "");
  assert.equal(status, 0);
});
