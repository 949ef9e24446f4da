// Completion of shells: what is offered where, and the scripts in the shells themselves, where those are installed.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { allCommands } from "#edges/all-commands.ts";
import { commands } from "#edges/cli/commands.ts";
import { DURE, folder, until } from "./run-dure.ts";
import type { Folder } from "./run-dure.ts";

const CONFIG = `pipelines:
  web-logs:
    - in.FileTail: access.log
    - parse.Regex: { format: nginx }
    - out.Null
  두번째:
    - in.FakeData
    - filter.Where: "r.age > 1"
    - filter.Where: "r.age > 2"
    - out.Null
`;

async function offered(here: Folder, words: readonly string[], env: Record<string, string> = {}): Promise<string[]> {
  const { code, stdout, stderr } = await here.dure(["complete", "--", ...words], { env });
  assert.deepEqual([code, stderr], [0, ""]);
  const [kind, ...lines] = stdout.trimEnd().split("\n");
  assert.match(kind ?? "", /^(?:words|files)$/);
  return lines.map((line) => line.split("\t")[0] ?? "");
}

const cases: readonly [string, string[], string[]][] = [
  ["commands", ["va"], ["validate"]],
  ["an alias is a command too", ["trun", "--l"], ["--limit", "--lang"]],
  ["options of the command and those of every command", ["validate", "--"], ["--no-environment", "--format", "--lint", "--deny-warnings", "--config", "--lang", "--color", "--json", "--quiet", "--verbose", "--url", "--token-file", "--token", "--ca"]],
  ["choices of an option", ["test", "--format", "j"], ["junit", "json"]],
  ["choices behind =", ["--color=a"], ["--color=auto", "--color=always"]],
  ["an option before the command", ["--lang", "ko", "exp"], ["explain"]],
  ["actions", ["dead-letters", ""], ["list", "replay", "show", "edit", "remove", "ls"]],
  ["pipelines of logs and ls, by name", ["logs", "w"], ["web-logs"]],
  ["pipelines behind an option", ["logs", "--pipeline", ""], ["web-logs", "두번째"]],
  ["shells", ["completion", "f"], ["fish"]],
  ["kinds", ["list", "b"], ["buffer"]],
  ["kinds of init, which makes no buffers", ["init", "-t", ""], ["in", "parse", "filter", "out"]],
  ["plugins in any case", ["desc", "IN.FILE"], ["in.FileTail"]],
  ["the user's own plugins", ["desc", "parse.My"], ["parse.MyLogParser"]],
  ["sections", ["desc", "fail"], ["failover"]],
  ["a chain goes on behind its slash", ["create", "in.Stdin/out.Nu"], ["in.Stdin/out.Null"]],
  ["codes", ["explain", "DURE50"], ["DURE501", "DURE502", "DURE503"]],
  ["pipelines", ["test", "-t", ""], ["web-logs", "두번째"]],
  ["pipelines of a config that is named", ["test", "conf/other.yml", "--task", ""], ["elsewhere"]],
  ["steps; one whose plugin stands twice by its number", ["tap", ""], ["web-logs:in.FileTail", "web-logs:parse.Regex", "web-logs:out.Null", "두번째:in.FakeData", "두번째:2", "두번째:3", "두번째:out.Null"]],
  ["steps of the config behind -c", ["-c", "conf/other.yml", "tap", "else"], ["elsewhere:in.Stdin", "elsewhere:out.Null"]],
  ["configs: folders, and files that may be some", ["validate", ""], ["conf/", "dure.yml", "plugins/"]],
  ["configs: any number of them", ["validate", "dure.yml", "conf/"], ["conf/other.yml", "conf/with blank.yml"]],
  ["one argument is enough", ["desc", "in.FileTail", ""], []],
  ["quotes stand for an empty word", ["completion", '""'], ["bash", "zsh", "fish", "powershell"]],
  ["nouns of the command table", ["pipel"], ["pipelines"]],
  ["their verbs", ["agent", "sh"], ["show"]],
  ["a verb by hand beside those of the table", ["config", "e"], ["edit"]],
  ["and its options", ["config", "edit", "--n"], ["--note"]],
  ["and options, those for an agent elsewhere too", ["pipelines", "tap", "web-logs", "--"], ["--step", "--where", "--diff", "--per-second-max", "--whole", "--for", "--config", "--lang", "--color", "--json", "--quiet", "--verbose", "--url", "--token-file", "--token", "--ca"]],
  ["verbs behind a noun that is a command by hand too", ["logs", "f"], ["facets", "follow"]],
  ["and their options", ["logs", "follow", "--p"], ["--pipeline"]],
  ["nothing: values of an agent that does not run", ["pipelines", "tap", ""], []],
  ["nothing: no verb of the noun", ["agent", "nope", ""], []],
  ["nothing: an unknown command", ["nope", ""], []],
  ["nothing: a value anybody may choose", ["run", "--for", ""], []],
  ["nothing: a config that is not there", ["tap", "-c", "no/where.yml", ""], []],
  ["nothing: a config that is none", ["-c", "conf/with blank.yml", "tap", ""], []],
  ["nothing: a folder that is not there", ["run", "no/where/"], []],
];

test("complete: what is offered where", async (t) => {
  await using here = made();
  for (const [name, words, expected] of cases) {
    await t.test(`${name}: ${words.join(" ")}`, async () => assert.deepEqual(await offered(here, words), expected));
  }
});

test("complete: every command of the table but no hidden one, in the language of the reader", async () => {
  await using here = made();
  const names = commands.flatMap(({ name }) => (name.includes(" ") ? [] : name));
  const nouns = [...new Set(allCommands.map(({ name }) => name.split(".")[0] ?? ""))].filter((noun) => !commands.some(({ name }) => name === noun));
  assert.deepEqual(await offered(here, [""]), [...names, ...nouns]);
  const { stdout } = await here.dure(["complete", "--", "expl"], { env: { DURE_LANG: "ko" } });
  assert.match(stdout, /^words\nexplain\t.*[가-힣]/);
  const [nothing, help] = await Promise.all([offered(here, []), here.dure(["help"])]);
  assert.equal(nothing.length, names.length + nouns.length);
  assert.doesNotMatch(help.stdout, /\bcomplete\b/);
});

test("complete: what a running agent has", { skip: process.platform === "win32" && "the agent is stopped by a signal" }, async () => {
  await using here = folder();
  here.write("dure.yml", "pipelines:\n  웹-로그: [in.FileTail: app.log, out.Null]\n  second: [in.FileTail: app.log, out.Null]\n");
  assert.equal((await here.dure(["start", "-q"])).code, 0);
  try {
    // Who presses Tab waits a second for the agent and no longer; on a busy machine he presses it again.
    const offeredAtLast = async (words: readonly string[]): Promise<string[]> => {
      let found: string[] = [];
      await until(async () => 0 < (found = await offered(here, words)).length, `something offered for ${words.join(" ")}`);
      return found;
    };
    assert.deepEqual(await offeredAtLast(["pipelines", "tap", ""]), ["웹-로그", "second"]);
    assert.deepEqual(await offeredAtLast(["-c", "dure.yml", "pipelines", "tap", "웹"]), ["웹-로그"]);
  } finally {
    await here.dure(["stop"]);
  }
});

test("bash: the script completes words, values with : and =, and files", { skip: whyNot("bash") }, async () => {
  await using here = made();
  const reply = (line: string) => inShell(here, "bash", ["--norc", "-c", `eval "$(dure completion bash)"; COMP_LINE=$1; COMP_POINT=\${#1}; _dure; printf '%s\\n' "\${COMPREPLY[@]}"`, "bash", line]);
  assert.deepEqual(await reply("dure va"), ["validate"]);
  assert.deepEqual(await reply("dure desc in.FileT"), ["in.FileTail"]);
  assert.deepEqual(await reply("dure tap web-logs:p"), ["parse.Regex"]); // Bash replaces what stands behind the colon.
  assert.deepEqual(await reply("dure tap web"), ["web-logs:in.FileTail", "web-logs:parse.Regex", "web-logs:out.Null"]);
  assert.deepEqual(await reply("dure --color=al"), ["always"]);
  assert.deepEqual(await reply("dure test -t "), ["web-logs", "두번째"]);
  assert.deepEqual(await reply("dure run conf/"), ["conf/other.yml", "conf/with blank.yml"]);
  assert.deepEqual(await reply("dure config ed"), ["edit"]);
  assert.deepEqual(await reply("dure config edit --n"), ["--note"]);
  assert.deepEqual(await reply("dure users cr"), ["create"]);
  assert.deepEqual(await reply("dure nope "), [""]);
});

test("zsh: the script is one that zsh takes, and its words are offered", { skip: whyNot("zsh") }, async () => {
  await using here = made();
  const offer = `compdef() { :; }; compadd() { while [[ $1 != -- ]]; do shift; done; shift; print -l -- "$@"; }; eval "$(dure completion zsh)"`;
  const reply = (words: string, current: number) => inShell(here, "zsh", ["-f", "-c", `${offer}; words=(${words}); CURRENT=${current}; _dure`]);
  assert.deepEqual(await reply("dure va", 2), ["validate"]);
  assert.deepEqual(await reply("dure tap web-logs:p", 3), ["web-logs:parse.Regex"]);
  assert.deepEqual(await reply("dure config ed", 3), ["edit"]);
  assert.deepEqual(await reply("dure validate --ur", 3), ["--url"]);
});

test("fish: the script completes", { skip: whyNot("fish") }, async () => {
  await using here = made();
  const reply = (line: string) => inShell(here, "fish", ["--no-config", "-c", `dure completion fish | source; complete -C '${line}'`]);
  assert.match((await reply("dure va")).join(), /^validate\t/);
  assert.deepEqual(await reply("dure tap web-logs:p"), ["web-logs:parse.Regex\tstep 2: parse.Regex"]);
  assert.match((await reply("dure config ed")).join(), /^edit\t/);
});

test("PowerShell: a native completer that asks the program", async () => {
  await using here = made();
  const { stdout } = await here.dure(["completion", "powershell"]);
  assert.match(stdout, /^Register-ArgumentCompleter -Native -CommandName @\('dure', 'dure\.cmd'\) -ScriptBlock \{$/m);
  assert.match(stdout, /complete '--' @words/);
  assert.match(stdout, /-split "`t", 2/);
  for (const [open, close] of ["{}", "()", "[]"]) assert.equal(stdout.split(open ?? "").length, stdout.split(close ?? "").length, `${open}${close}`);
});

test("completion: another shell is answered with those there are", async () => {
  await using here = folder();
  const { code, stderr } = await here.dure(["completion", "tcsh"]);
  assert.equal(code, 2);
  assert.match(stderr, /bash, zsh, fish, powershell/);
});

function made(): Folder {
  const here = folder();
  here.write("dure.yml", CONFIG);
  here.write("conf/other.yml", "pipelines: { elsewhere: [in.Stdin, out.Null] }\n");
  here.write("conf/with blank.yml", "- [this: {is none\n");
  here.write("notes.txt", "");
  here.write("plugins/MyLogParser.js", "export const parse = (line) => ({ line });\n");
  mkdirSync(here.file(".git"));
  return here;
}

/** `false`, or why the test is skipped. */
function whyNot(shell: string): false | string {
  return process.platform !== "win32" && spawnSync(shell, ["--version"]).status === 0 ? false : `${shell} is not installed`;
}

async function inShell(here: Folder, shell: string, args: readonly string[]): Promise<string[]> {
  const { NO_COLOR: _, DURE_LANG: __, ...inherited } = process.env;
  const env = { ...inherited, LC_ALL: "C.UTF-8", PATH: `${dirname(DURE)}:${process.env["PATH"]}` };
  const { stdout } = await promisify(execFile)(shell, args, { cwd: here.path, env, timeout: 120_000 });
  return stdout.replace(/\n$/, "").split("\n");
}
