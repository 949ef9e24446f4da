// `dure config edit`: from the editor into the running agent, here and elsewhere; a wrong text comes back with its problems, and no work is lost.
import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { noTerminal, onTerminal } from "./on-terminal.ts";
import { folder } from "./run-dure.ts";
import type { Folder } from "./run-dure.ts";

const skip = process.platform === "win32" && "the agent is stopped by a signal";
const CONFIG = "http: { port: 0 }\npipelines:\n  web:\n    - in.FileTail: app.log\n    - out.Fluentd: { host: 127.0.0.1, port: 9, shared_key: canary-secret }\n";
let here: Folder;
let elsewhere: readonly string[];

before(async () => {
  here = folder();
  if (skip !== false) return;
  here.write("dure.yml", CONFIG);
  here.write("app.log", "");
  const { address } = JSON.parse((await here.dure(["start", "--json"])).stdout) as { address: string };
  const { result } = JSON.parse((await here.dure(["tokens", "create", "far", "--role", "admin", "--json"])).stdout) as { result: { token: string } };
  here.write("token", result.token);
  elsewhere = ["--url", address, "--token-file", here.file("token")];
});

after(async () => {
  if (skip === false) await here.dure(["stop"]);
  await here[Symbol.asyncDispose]();
});

/** What it does with the file is `$1`'s; each text that it was given is kept as seen-1, seen-2, …. */
function editor(name: string, script: string): Record<string, string> {
  here.write(name, `#!/bin/sh\nn=1; while [ -e seen-${name}-$n ]; do n=$((n+1)); done\ncp "$1" seen-${name}-$n\n${script}\n`);
  chmodSync(here.file(name), 0o755);
  return { VISUAL: `./${name}`, EDITOR: "false", TMPDIR: here.path };
}

const seen = (name: string, number: number): string => readFileSync(here.file(`seen-${name}-${number}`), "utf8");
const config = (): string => readFileSync(here.file("dure.yml"), "utf8");
const masked = (text: string): string => text.replace(/\[hidden:[^\]]*\]/, "canary-secret");

test("config edit: a wrong text comes back with its problems, the right one is applied after a yes, with its secrets", { skip: skip || noTerminal }, async () => {
  const before = config();
  const env = editor("twice", 'case $n in 1) sed -i "s/FileTail/FileTial/" "$1";; 2) sed -i "s/FileTial/FileTail/; s/app.log/b.log/" "$1";; esac');
  const editing = onTerminal(here, "config edit --note 'the other file'", { rows: 40, env });
  await editing.printed(/did you mean in\.FileTail\?[^]*Edit again\?/);
  assert.equal(config(), before, "nothing is applied before it is right");
  editing.child.stdin.write("y\n");
  await editing.printed(/\+ .*b\.log[^]*~ web[^]*Apply\?/);
  assert.equal(config(), before);
  editing.child.stdin.write("y\n");
  const { code, stdout } = await editing.ended;
  assert.equal(code, 0, stdout);
  assert.match(stdout, /applied as revision \d+/);
  assert.equal(config(), before.replace("app.log", "b.log"));
  assert.doesNotMatch(seen("twice", 1) + stdout, /canary-secret/);
  const [head = "", note = "", ...rest] = seen("twice", 2).split("\n");
  assert.match(head, /^#! dure: not applied/);
  const [, line = ""] = /^#! dure: (\d+):\d+ DURE\d+ .*in\.FileTial/.exec(note) ?? [];
  assert.match([head, note, ...rest][Number(line) - 1] ?? "", /in\.FileTial/, "the place is that of the text below the notes");
  const { result } = JSON.parse((await here.dure(["config", "history", "--json"])).stdout) as { result: { revisions: { note: string; who: string; outcome: string }[] } };
  assert.deepEqual(result.revisions[0] === undefined ? [] : [result.revisions[0].note, result.revisions[0].outcome], ["the other file", "applied"]);
});

test("config edit: of an agent elsewhere; a no keeps the edit in a file that only its user can read, and --from takes it up", { skip: skip || noTerminal }, async () => {
  const before = config();
  const env = editor("no", 'sed -i "s/b.log/b.txt/" "$1"; ls -l "$1" > mode');
  const editing = onTerminal(here, `config edit ${elsewhere.join(" ")}`, { rows: 40, env });
  await editing.printed(/Apply\?/);
  editing.child.stdin.write("n\n");
  const { code, stdout } = await editing.ended;
  assert.equal(code, exitCode.failed);
  assert.equal(config(), before);
  assert.equal(masked(seen("no", 1)), before);
  assert.match(readFileSync(here.file("mode"), "utf8"), /^-rw-------/);
  const [, kept = ""] = /kept in (\S+dure\.yml)/.exec(stdout.replaceAll("\r\n", "")) ?? [];
  assert.ok(existsSync(kept), stdout);
  const applied = await here.dure(["config", "edit", "--from", kept, "--yes", "--json", ...elsewhere]);
  assert.deepEqual([applied.code, (JSON.parse(applied.stdout) as { isChanged: boolean }).isChanged], [0, true], applied.stderr);
  assert.match(config(), /\.txt[^]*canary-secret/);
  assert.match((await here.dure(["config", "history"])).stdout, /token:far/);
  const again = await here.dure(["config", "edit", "--from", kept, "--yes", "--json"]);
  assert.deepEqual([again.code, (JSON.parse(again.stdout) as { isChanged: boolean }).isChanged], [0, false]);
});

test("config edit: what somebody wrote meanwhile is not written over", { skip: skip || noTerminal }, async () => {
  const env = editor("race", 'sed -i "s/127.0.0.1/127.0.0.2/" "$1"; echo "# by hand" >> dure.yml');
  const { code, stdout } = await onTerminal(here, "config edit --yes", { rows: 40, env }).ended;
  assert.equal(code, exitCode.failed);
  assert.match(stdout, /the config has changed meanwhile[^]*kept in/);
  assert.match(config(), /host: 127\.0\.0\.1,[^]*# by hand\n$/);
});

test("config edit: an editor that is closed without a change, or fails, changes nothing", { skip: skip || noTerminal }, async () => {
  const before = config();
  const looked = await onTerminal(here, "config edit", { env: editor("look", ":") }).ended;
  assert.deepEqual([looked.code, /nothing was changed/.test(looked.stdout)], [0, true], looked.stdout);
  const failed = await onTerminal(here, "config edit", { env: editor("fail", 'echo x >> "$1"; exit 3') }).ended;
  assert.equal(failed.code, exitCode.failed);
  assert.match(failed.stdout, /the editor ended with 3/);
  assert.equal(config(), before);
});

test("config edit: for scripts, with words for what is missing", { skip }, async () => {
  here.write("wrong.yml", config().replace("FileTail", "FileTial"));
  const wrong = await here.dure(["config", "edit", "--from", "wrong.yml", "--yes"]);
  assert.equal(wrong.code, exitCode.configInvalid);
  assert.match(wrong.stderr, /did you mean in\.FileTail\?[^]*nothing was applied/);
  const nobody = await here.dure(["config", "edit"], { env: { VISUAL: "true" } });
  assert.deepEqual([nobody.code, /--from/.test(nobody.stderr)], [exitCode.wrongUse, true]);
  const unasked = await here.dure(["config", "edit", "--from", "wrong.yml"]);
  assert.deepEqual([unasked.code, /--yes/.test(unasked.stderr)], [exitCode.wrongUse, true]);
});
