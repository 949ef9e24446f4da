// The manual page: whole, in both languages, and roff that its readers take without complaint, where they are installed.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { globalOptions, remoteOptions } from "#edges/cli/commands.ts";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { everyCommand } from "#edges/cli/find-command.ts";
import { folder } from "./run-dure.ts";

const isInstalled = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;
const LANGUAGES = ["en", "ko"] as const;

for (const lang of LANGUAGES) {
  test(`man, ${lang}: every command, option and exit code, and no line that roff would take for a request`, async () => {
    await using here = folder();
    const { code, stdout } = await here.dure(["man", "--lang", lang]);
    assert.equal(code, 0);
    const lines = stdout.trimEnd().split("\n");
    assert.match(lines[0] ?? "", /^\.TH DURE 1 2026-11-22 "dure \d+\.\d+\.\d+" "/);
    const all = await everyCommand();
    for (const { name } of all) assert.ok(lines.some((line) => line.startsWith(`.SS "dure ${name.replaceAll("-", "\\-")}`)), name);
    for (const { flags } of [...globalOptions, ...remoteOptions, ...all.flatMap(({ options = [] }) => options)]) assert.ok(lines.includes(`.B ${flags.replaceAll("-", "\\-")}`), flags);
    for (const value of Object.values(exitCode)) assert.ok(lines.includes(`.B ${value}`), String(value));
    for (const line of lines) {
      assert.match(line, /^(?:\.(?:TH|SH|SS|TP|B|PP|RS|RE|EX|EE)\b|[^.'])/);
      // Some systems show these as typographic quotes and accents unless they are escaped.
      assert.doesNotMatch(line, /['`^~]/);
      assert.match(line, /^(?:[^\\]|\\(?:[e&-]|\((?:aq|ga|ha|ti)))*$/);
    }
    assert.equal(/[가-힣]/.test(stdout), lang === "ko");
  });

  test(`man, ${lang}: man shows it`, { skip: isInstalled("man") ? false : "man is not installed" }, async () => {
    await using here = folder();
    here.write("dure.1", (await here.dure(["man", "--lang", lang])).stdout);
    const { status, stdout, stderr } = spawnSync("man", ["--warnings", "-l", here.file("dure.1")], { encoding: "utf8", env: { ...process.env, LC_ALL: "C.UTF-8", MANWIDTH: "100", MANPAGER: "cat" }, timeout: 120_000 });
    assert.deepEqual([status, stderr], [0, ""]);
    const shown = stdout.replaceAll(/.\x08/g, "").replaceAll(/\x1b\[[0-9;]*m/g, "");
    // What is to be typed is shown as it is typed: straight quotes, dashes of a shell.
    assert.ok(shown.includes(`dure tap web-logs:2 --where "r.status >= 500" --limit 10`));
    assert.ok(shown.includes("dure try 'in.FakeData | out.Null' --save my.yml"));
  });

  test(`man, ${lang}: mandoc finds no fault`, { skip: spawnSync("mandoc", ["-T", "ascii", "/dev/null"]).error === undefined ? false : "mandoc is not installed" }, async () => {
    await using here = folder();
    here.write("dure.1", (await here.dure(["man", "--lang", lang])).stdout);
    const { stdout } = spawnSync("mandoc", ["-T", "lint", "-W", "warning", here.file("dure.1")], { encoding: "utf8", timeout: 120_000 });
    assert.equal(stdout, "");
  });
}
