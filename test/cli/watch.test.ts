// `dure run --watch`: whoever saves the config or a plugin file sees it at work; a mistake is said once, with its place, and the config before goes on.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, rmSync } from "node:fs";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { folder, until } from "./run-dure.ts";
import type { Folder } from "./run-dure.ts";

const skip = process.platform === "win32" && "the agent is stopped by a signal";

const config = (out: string, step = "parse.Mark"): string => `pipelines:\n  counted:\n    - in.Dummy: { record: hello, count: 0, rate: 50 }\n    - ${step}\n    - out.File: { path: ${out}, format: json }\n`;
const mark = (version: number): string => `export function parse(line) { return { version: ${version}, line }; }\n`;
const ends = (here: Folder, out: string): string => (existsSync(here.file(out)) ? readFileSync(here.file(out), "utf8").slice(-200) : "");
const times = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/** As editors do: a new file takes the place of the old one. */
function replace(here: Folder, name: string, text: string): void {
  here.write(`${name}.new`, text);
  renameSync(here.file(`${name}.new`), here.file(name));
}

test("watch: a saved config and a saved plugin file are taken; one with a mistake is said once and changes nothing", { timeout: 240_000, skip }, async () => {
  await using here = folder();
  here.write("plugins/Mark.js", mark(1));
  here.write("dure.yml", config("a.json"));
  const agent = here.spawn(["run", "--watch", "--lang", "en"]);
  await until(() => ends(here, "a.json").includes('"version":1'), "it runs");

  replace(here, "dure.yml", config("b.json"));
  await until(() => ends(here, "b.json").includes('"version":1'), "the new config is at work");

  replace(here, "plugins/Mark.js", mark(2));
  await until(() => ends(here, "b.json").includes('"version":2'), "the new plugin is at work");

  replace(here, "dure.yml", config("c.json", "parse.Nope"));
  await agent.printed(/the changed config has errors.*dure\.yml:4:7 .*parse\.Nope/);
  const size = (): number => readFileSync(here.file("b.json")).length;
  const before = size();
  await until(() => before < size(), "the config before goes on");

  // Several saves in a row, the last of which is good.
  for (let version = 3; version <= 6; version += 1) here.write("plugins/Mark.js", mark(version));
  here.write("dure.yml", config("d.json"));
  await until(() => ends(here, "d.json").includes('"version":6'), "the last state is at work");

  agent.child.kill("SIGTERM");
  const { code, stderr } = await agent.ended;
  assert.equal(code, exitCode.terminated);
  assert.equal(times(stderr, /the changed config has errors/g), 1, stderr);
  assert.equal(existsSync(here.file("c.json")), false);
});

test("watch: a file named by ${file:…} and one that a plugin imports are taken, too; a faulty one is said once and changes nothing", { timeout: 240_000, skip }, async () => {
  await using here = folder();
  here.write("plugins/Mark.js", 'import { version } from "../lib/version.js";\nexport const parse = (line) => ({ version, line });\n');
  here.write("lib/version.js", "export const version = 1;\n");
  here.write("secrets/name", "가\n");
  here.write("dure.yml", `pipelines:\n  counted:\n    - in.Dummy: { record: hello, count: 0, rate: 50 }\n    - parse.Mark\n    - filter.Reform: { write: { by: "\${file:secrets/name}" } }\n    - out.File: { path: a.json, format: json }\n`);
  const agent = here.spawn(["run", "--watch", "--lang", "en"]);
  const runs = (version: number, by: string): Promise<void> => until(() => ends(here, "a.json").includes(`"version":${version},"line":"hello","by":"${by}"`), `${version} ${by}`);
  await runs(1, "가");
  replace(here, "lib/version.js", "export const version = 2;\n");
  await runs(2, "가");
  replace(here, "secrets/name", "나\n");
  await runs(2, "나");

  rmSync(here.file("secrets/name"));
  await agent.printed(/the changed config has errors.*secrets\/name/);
  here.write("secrets/name", "다\n");
  await runs(2, "다");
  replace(here, "lib/version.js", "export const version = ;\n");
  await agent.printed(/the changed config has errors.*lib\/version\.js:1:/);
  const size = (): number => readFileSync(here.file("a.json")).length;
  const before = size();
  await until(() => before < size(), "the config before goes on");
  replace(here, "lib/version.js", "export const version = 3;\n");
  await runs(3, "다");
  agent.child.kill("SIGTERM");
  const { code, stderr } = await agent.ended;
  assert.equal(code, exitCode.terminated);
  assert.equal(times(stderr, /the changed config has errors/g), 2, stderr);
});

test("watch: `agent: watch: true` does it too, also where the config is a link that is changed (as config maps are), and a plugin folder made later", { timeout: 240_000, skip }, async () => {
  await using here = folder();
  const watched = (out: string, step?: string): string => `agent: { watch: true }\n${config(out, step)}`;
  for (const [version, out] of ["a.json", "b.json"].entries()) here.write(`v${version}/dure.yml`, watched(here.file(out), "filter.Where: 'true'"));
  symlinkSync("v0", here.file("..data"));
  symlinkSync("..data/dure.yml", here.file("dure.yml"));
  const agent = here.spawn(["run", "--lang", "en"]);
  await until(() => ends(here, "a.json") !== "", "it runs");
  symlinkSync("v1", here.file("..next"));
  renameSync(here.file("..next"), here.file("..data"));
  await until(() => ends(here, "b.json") !== "", "the other is at work");

  rmSync(here.file("dure.yml"));
  await agent.printed(/the changed config has errors/);
  mkdirSync(here.file("plugins"));
  here.write("plugins/Mark.js", mark(7));
  here.write("dure.yml", watched("e.json"));
  await until(() => ends(here, "e.json").includes('"version":7'), "the new file is at work");
  agent.child.kill("SIGTERM");
  assert.equal((await agent.ended).code, exitCode.terminated);
});
