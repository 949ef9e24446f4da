// Programs as rules, with what stands beside them: real programs in a folder.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ruleContext } from "#sdk/conformance/rule.ts";
import { writeRules } from "../testing.ts";
import { programCommand } from "./program-command.ts";
import { loadRulesFolder } from "./rules-folder.ts";

const SCRIPT = "#!/bin/sh\nread -r data\nprintf '{\"name\":\"%s\",\"data\":%s}' \"$1\" \"$data\"\n";
const unixOnly = { skip: process.platform === "win32" && "a script is no program there" };

test("a program says how it is run in a file beside it, in YAML or JSON", unixOnly, async (context) => {
  const load = folder(context, {
    "tools/image.sh": SCRIPT,
    "tools/image.rule.yml": "summary: 그림을 줄입니다\nnames: [resize, crop]\nargs: { type: object, properties: { width: { type: integer, minimum: 1 } }, required: [width] }\nsecrets: [token]\ntimeout: 10s\nattempts: 3\nbackoff: { first: 1s, most: 1m }\nconcurrency: 2\nrate: 10/s\npriority: 7\nidempotency_key: width\n",
    "plain": SCRIPT,
    "plain.rule.json": '{ "timeout": 500 }',
    "bare.sh": "#!/bin/sh\necho 7\n",
  });
  const { rules, problems } = await load();
  assert.deepEqual(problems, []);
  assert.deepEqual([...rules.keys()].toSorted(), ["bare:run", "plain:run", "tools.image:crop", "tools.image:resize"]);
  const { args, ...facts } = rules.get("tools.image:resize")?.facts ?? assert.fail();
  assert.deepEqual(facts, { name: "tools.image:resize", module: "tools.image", function: "resize", file: "tools/image.sh", runtime: "program", summary: "그림을 줄입니다", secrets: ["token"], timeoutMs: 10_000, attempts: 3, backoff: { firstMs: 1000, mostMs: 60_000 }, concurrency: 2, rate: { count: 10, perMs: 1000 }, priority: 7, idempotencyKey: "width" });
  assert.deepEqual(args, { type: "object", properties: { width: { type: "integer", minimum: 1 } }, required: ["width"] });
  assert.equal(rules.get("plain:run")?.facts.timeoutMs, 500);
  const schema = rules.get("tools.image:resize")?.schema ?? assert.fail();
  assert.deepEqual([schema.safeParse({ width: 3 }).success, schema.safeParse({ width: 0 }).success, schema.safeParse({}).success], [true, false, false]);
  assert.deepEqual(await rules.get("tools.image:crop")?.call({ width: 3 }, ruleContext()), { name: "crop", data: { width: 3 } });
  assert.deepEqual(await rules.get("plain:run")?.call({ a: 1 }, ruleContext()), { name: "", data: { a: 1 } });
  // It reads nothing of a megabyte.
  assert.equal(await rules.get("bare:run")?.call("x".repeat(1 << 20), ruleContext()), 7);
});

for (const [what, text, wanted] of [
  ["a key that there is not", "timeout: 1s\nretries: 3\n", [[2, 1, /no `retries`; there are summary, args/]]],
  ["values that are none", "timeout: soon\nattempts: 0\nnames: [ok, '../x']\n", [[1, 1, /^timeout: write a duration/], [2, 1, /^attempts: /], [3, 13, /^names\.1: a name is made of/]]],
  ["what is no YAML", "a: [1\nb: 2", [[2, 1, /./]]],
  ["a schema that is none", "summary: x\nargs: { type: nonsense }\n", [[2, 1, /^args: this JSON schema cannot be used: /]]],
  ["a list", "- 1\n", [[1, 1, /expected object/]]],
  ["a rate", "rate: often\n", [[1, 1, /write "10\/s"/]]],
  ["a key given twice", "timeout: 1s\ntimeout: 2s\n", [[2, 1, /unique/]]],
  ["a bomb of aliases", `a: &a [${"1,".repeat(50)}]\n${Array.from({ length: 9 }, (_, at) => `${"bcdefghij"[at]}: &${"bcdefghij"[at]} [${`*${"abcdefghi"[at]},`.repeat(50)}]`).join("\n")}\n`, [[1, 1, /alias/]]],
] as const) {
  test(`what is wrong beside a program is told with its place, and it is no rule: ${what}`, unixOnly, async (context) => {
    const { rules, problems } = await folder(context, { "x.sh": SCRIPT, "x.rule.yml": text })();
    assert.deepEqual([...rules.keys()], []);
    assert.equal(problems.length, wanted.length, JSON.stringify(problems));
    for (const [index, [line, column, message]] of wanted.entries()) {
      assert.deepEqual([problems[index]?.file, problems[index]?.line, problems[index]?.column], ["x.rule.yml", line, column], JSON.stringify(problems[index]));
      assert.match(problems[index]?.message ?? "", message);
    }
  });
}

test("a description without a program that may be executed is a problem", unixOnly, async (context) => {
  const load = folder(context, { "x.sh": SCRIPT, "x.rule.yml": "timeout: 1s\n" });
  chmodSync(join(load.dir, "x.sh"), 0o644);
  assert.deepEqual((await load()).problems, [{ file: "x.rule.yml", message: "there is no program x beside it that may be executed", line: 1, column: 1 }]);
});

test("of files with one name the same is always taken, and the others are named", unixOnly, async (context) => {
  const load = folder(context, {
    "a.ts": "export function one() { return 'ts'; }",
    "a.js": "export function one() { return 'js'; }\nexport function two() {}",
    "a.py": "def one(arg): return 'py'\n",
    "a.sh": SCRIPT,
    "b/c.mjs": "export default () => 'mjs';",
    "b/c.sh": SCRIPT,
    "d.sh": SCRIPT,
    "d.pl": SCRIPT,
    ["한글.ts".normalize("NFC")]: "export function one() { return 'nfc'; }",
    ["한글.js".normalize("NFD")]: "export function one() { return 'nfd'; }",
  });
  const { rules, problems } = await load();
  assert.deepEqual([...rules].map(([name, { facts }]) => `${name} ${facts.file.normalize()}`).toSorted(), ["a:one a.ts", "a:run a.sh", "b.c:run b/c.mjs", "d:run d.pl", "한글:one 한글.ts"]);
  assert.deepEqual(problems.map(({ file, message }) => [file.normalize(), /: (\S+) beside it has the same name (\S+?),/u.exec(message)?.slice(1).map((each) => each.normalize())]), [
    ["a.js", ["a.ts", "a"]],
    ["한글.js", ["한글.ts", "한글"]],
    ["a.py", ["a.ts", "a"]],
    ["d.sh", ["d.pl", "d:run"]],
    ["b/c.sh", ["b/c.mjs", "b.c:run"]],
  ]);
});

test("Windows starts batch files by its shell, and scripts of PowerShell by PowerShell", () => {
  const on = { platform: "win32", env: { ComSpec: "C:\\Windows\\system32\\cmd.exe" } } as const;
  assert.deepEqual(programCommand("C:\\a b\\x.CMD", ["resize"], on), ["C:\\Windows\\system32\\cmd.exe", "/d", "/c", "call", "C:\\a b\\x.CMD", "resize"]);
  assert.deepEqual(programCommand("C:\\x.ps1", [], on).slice(-2), ["-File", "C:\\x.ps1"]);
  assert.deepEqual(programCommand("C:\\x.exe", ["a"], on), ["C:\\x.exe", "a"]);
  assert.deepEqual(programCommand("/x.cmd", [], { platform: "linux" }), ["/x.cmd"]);
});

function folder(context: { after(end: () => void): void }, files: Readonly<Record<string, string>>) {
  const dir = mkdtempSync(join(tmpdir(), "dure-programs-"));
  context.after(() => rmSync(dir, { recursive: true, force: true }));
  writeRules(dir, files);
  return Object.assign(() => loadRulesFolder(dir), { dir });
}
