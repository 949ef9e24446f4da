// What every command has in common: help, wrong use, languages, colours; and the commands that only tell.
import assert from "node:assert/strict";
import { readFileSync, symlinkSync } from "node:fs";
import { test } from "node:test";
import { commands } from "#edges/cli/commands.ts";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { DURE, folder } from "./run-dure.ts";

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };

test("version: --version and version", async () => {
  await using here = folder();
  assert.deepEqual(await here.dure(["--version"]), { code: 0, signal: null, stdout: `dure ${manifest.version}\n`, stderr: "" });
  assert.match((await here.dure(["version"])).stdout, /^dure \d+\.\d+\.\d+ \(node 26\./);
  const { dure, node } = JSON.parse((await here.dure(["version", "--json"])).stdout) as Record<string, string>;
  assert.deepEqual({ dure, node }, { dure: manifest.version, node: process.versions.node });
});

test("launcher: works through a symbolic link, from another folder, and with spaces in the way", { skip: process.platform === "win32" }, async () => {
  await using here = folder();
  here.write("with space/x", "");
  symlinkSync(DURE, here.file("with space/link"));
  symlinkSync("link", here.file("with space/link to link"));
  const { code, stdout } = await here.dure(["--version"], { program: here.file("with space/link to link") });
  assert.deepEqual([code, stdout], [0, `dure ${manifest.version}\n`]);
});

test("help: at most 25 lines, examples before options, in both languages", async () => {
  await using here = folder();
  const topics = [[], ...commands.map(({ name }) => [name]), ["exit-codes"], ["config"], ["glossary"], ["json"]];
  await Promise.all(
    topics.flatMap((topic) =>
      ["en", "ko"].map(async (lang) => {
        const { code, stdout, stderr } = await here.dure(["help", ...topic, "--lang", lang]);
        assert.equal(code, 0, stderr);
        const lines = stdout.trimEnd().split("\n");
        assert.ok(lines.length <= 25, `${topic.join()} has ${lines.length} lines`);
        if (topic[0] !== "exit-codes" && topic[0] !== "glossary") {
          const example = lines.findIndex((line) => /^(Examples|예)$/.test(line));
          assert.ok(0 < example && example < 3, stdout);
        }
        if (lang === "ko") assert.match(stdout, /[가-힣]/);
        else if (topic[0] !== "glossary") assert.doesNotMatch(stdout.replace("두레", ""), /[가-힣]/);
      }),
    ),
  );
});

test("help: --help after a command is that command's, however incomplete; without a command the usage is wrong", async () => {
  await using here = folder();
  const [byHelp, byFlag, nothing] = await Promise.all([here.dure(["help", "try"]), here.dure(["try", "--help"]), here.dure([])]);
  assert.equal(byFlag.stdout, byHelp.stdout);
  assert.equal(byFlag.code, 0);
  assert.equal(nothing.code, exitCode.wrongUse);
  assert.equal(nothing.stdout, "");
  assert.match(nothing.stderr, /dure validate/);
});

test("help config: what it shows is a config", async () => {
  await using here = folder();
  const { stdout } = await here.dure(["help", "config"]);
  const [, example = ""] = /^Examples\n([\s\S]*?)^\S/m.exec(stdout) ?? [];
  here.write("dure.yml", example.replaceAll(/^ {2}/gm, ""));
  const { code, stdout: said } = await here.dure(["validate", "--no-environment", "--deny-warnings"]);
  assert.equal(code, 0, said);
});

test("options may stand before the command, with their values", async () => {
  await using here = folder();
  here.write("dure.yml", "pipelines:\n  a: [in.FakeData: { count: 2 }, out.Null]\n");
  const { code, stderr } = await here.dure(["--for", "10s", "-q", "run", "dure.yml"]);
  assert.deepEqual([code, stderr], [0, ""]);
});

test("a reader who leaves: the code is that of SIGPIPE", { skip: process.platform === "win32" }, async () => {
  await using here = folder();
  const program = here.spawn(["schema"]);
  program.child.stdout.destroy();
  assert.equal((await program.ended).code, exitCode.readerGone);
});

test("help exit-codes: every code there is", async () => {
  await using here = folder();
  const { stdout } = await here.dure(["help", "exit-codes"]);
  assert.deepEqual(stdout.match(/^ +\d+/gm)?.map(Number), Object.values(exitCode));
});

const wrong: readonly [string[], RegExp][] = [
  [["rum"], /there is no command `rum`\n.*did you mean `dure run`\?/],
  [["trum"], /did you mean `dure trun`\?/],
  [["xyzzy-nothing"], /commands: run, start/],
  [["run", "--fro", "1s"], /unknown option `--fro`\n.*did you mean `--for`\?/],
  [["validate", "--jsno"], /did you mean `--json`\?/],
  [["desc"], /<plugin> is missing\n +for example `dure desc in\.FileTail`/],
  [["tap", "--where", "--diff"], /`--where <expression>` needs a value/],
  [["tap", "web", "dure.yml"], /`dure\.yml` is one word too many\n +name the config with `-c dure\.yml`/],
  [["buffers", "verifi"], /`verifi` is none of list, verify[^]*did you mean `dure buffers verify`\?/],
  [["completion", "tcsh"], /none of bash, zsh[^]*dure (help completion|completion)/],
  [["try", "in.A", "|", "out.B"], /too many arguments/],
  [["run", "--for"], /`--for.*` needs a value/],
  [["run", "--for", "soon"], /`--for soon`: write a duration/],
  [["run", "--for", "0s"], /`--for 0s`: write a duration/],
  [["try", "in.FakeData", "--limit", "0"], /`--limit 0`: write a number/],
  [["list", "inn"], /did you mean `dure list in`\?/],
  [["desc", "in.FileTial"], /did you mean `dure desc in.FileTail`\?/],
  [["desc", "FileTail"], /did you mean `dure desc in.FileTail`\?/],
  [["explain", "DURE1011"], /there is no code `DURE1011`/],
  [["dead-letters", "lst"], /list, replay/],
  [["help", "tset"], /did you mean `dure help test`\?/],
  [["run"], /which config\?/],
  [["run", "a.yml", "-c", "b.yml"], /one config at a time/],
  [["--lang", "fr", "list"], /`fr` is no value for `--lang <lang>`: one of ko, en/],
];
for (const [args, said] of wrong) {
  test(`wrong use: dure ${args.join(" ")}`, async () => {
    await using here = folder();
    const { code, stdout, stderr } = await here.dure(args);
    assert.equal(code, exitCode.wrongUse, stderr);
    assert.match(stderr, said);
    assert.equal(stdout, "");
  });
}

test("a file that is not there is said in words, in both languages", async () => {
  await using here = folder();
  const [english, korean, json] = await Promise.all([here.dure(["fmt", "no.yml"]), here.dure(["fmt", "no.yml", "--lang", "ko"]), here.dure(["fmt", "no.yml", "--json"])]);
  assert.deepEqual([english.code, english.stderr], [exitCode.failed, "dure: there is no no.yml\n      check how it is written, and from which folder\n"]);
  assert.match(korean.stderr, /파일이나 폴더가 없습니다: no\.yml\n/);
  assert.match(json.stdout, /"ENOENT"/);
});

test("wrong use: said in Korean, and as JSON for programs", async () => {
  await using here = folder();
  const [korean, byEnvironment, json] = await Promise.all([here.dure(["rum", "--lang", "ko"]), here.dure(["rum"], { env: { DURE_LANG: "ko" } }), here.dure(["rum", "--json"])]);
  assert.match(korean.stderr, /`rum` 명령이 없습니다\n.*혹시 `dure run` 인가요\?/);
  assert.equal(byEnvironment.stderr, korean.stderr);
  assert.deepEqual(JSON.parse(json.stdout), { version: 1, command: null, error: { message: "there is no command `rum`", hint: "did you mean `dure run`?", exitCode: 2 } });
  assert.equal(json.stderr, "");
});

test("colour: never into a pipe, unless asked for; NO_COLOR is obeyed", async () => {
  await using here = folder();
  const [plain, always, forced, no] = await Promise.all([
    here.dure(["help"]),
    here.dure(["help", "--color", "always"]),
    here.dure(["help"], { env: { FORCE_COLOR: "1" } }),
    here.dure(["help"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } }),
  ]);
  assert.ok(!plain.stdout.includes("\x1b"));
  assert.ok(always.stdout.includes("\x1b[1m"));
  assert.ok(forced.stdout.includes("\x1b[1m"));
  assert.ok(!no.stdout.includes("\x1b"));
});

test("symbols: ASCII where the console has no others", async () => {
  await using here = folder();
  here.write("dure.yml", "pipelines: { a: [in.FakeData, out.Null] }\n");
  assert.match((await here.dure(["validate"], { env: { LC_ALL: "ko_KR.CP949" } })).stderr, /^\[OK\] .* - /);
  assert.match((await here.dure(["validate"])).stderr, /^✓ .* — /);
});

test("explain: a code, however it is written", async () => {
  await using here = folder();
  const [full, number, korean, json] = await Promise.all([here.dure(["explain", "DURE101"]), here.dure(["explain", "101"]), here.dure(["explain", "dure101", "--lang", "ko"]), here.dure(["explain", "DURE101", "--json"])]);
  assert.match(full.stdout, /^DURE101: /);
  assert.equal(number.stdout, full.stdout);
  assert.match(korean.stdout, /[가-힣]/);
  assert.equal((JSON.parse(json.stdout) as { code: string }).code, "DURE101");
});

test("list and desc: built-in plugins and the user's own", async () => {
  await using here = folder();
  here.write("plugins/MyLogParser.js", "export const parse = (line) => ({ line });\n");
  const [all, inputs, json, desc, own, korean] = await Promise.all([
    here.dure(["list"]),
    here.dure(["list", "in"]),
    here.dure(["list", "--json"]),
    here.dure(["desc", "in.FileTail"]),
    here.dure(["desc", "parse.MyLogParser"]),
    here.dure(["desc", "in.filetail", "--lang", "ko"]),
  ]);
  assert.match(all.stdout, /in\.FileTail/);
  assert.match(all.stdout, /parse\.MyLogParser.*MyLogParser\.js/);
  assert.doesNotMatch(inputs.stdout, /out\.File/);
  const { plugins } = JSON.parse(json.stdout) as { plugins: { name: string }[] };
  assert.ok(plugins.some(({ name }) => name === "out.Fluentd"));
  assert.match(desc.stdout, /encoding/);
  assert.equal(own.code, 0, own.stderr);
  assert.match(korean.stdout, /[가-힣]/);
});

test("schema: printed, or written beside the config with what to do next", async () => {
  await using here = folder();
  here.write("dure.yml", "pipelines: { a: [in.FakeData, out.Null] }\n");
  const printed = JSON.parse((await here.dure(["schema"])).stdout) as { $schema: string };
  assert.match(printed.$schema, /draft-07/);
  const { code, stderr } = await here.dure(["schema", "--write"]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /yaml-language-server: \$schema=\.\/\.dure\/schema\.json/);
  assert.deepEqual(JSON.parse(readFileSync(here.file(".dure/schema.json"), "utf8")), printed);
});
