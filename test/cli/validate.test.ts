// `dure validate`: its exit codes and forms. What it finds is the config checker's, and tested there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { folder } from "./run-dure.ts";

const GOOD = "pipelines: { a: [in.FakeData, out.Null] }\n";
const BAD = "pipelines:\n  a:\n    - in.FakeDat\n    - out.Null: { nothing: 1 }\n";
const OLD = "- task:\n  - in.FakeData\n  - out.LinedBuffer:\n      lines: 10\n  - out.Null\n";
const ABSENT = "pipelines: { a: [in.FileTail: /no/such/folder/x.log, out.Null] }\n";

test("validate: every problem, with its place and what to do; and the count", async () => {
  await using here = folder();
  here.write("bad.yml", BAD);
  const { code, stdout, stderr } = await here.dure(["validate", "bad.yml"]);
  assert.deepEqual([code, stdout], [exitCode.configInvalid, ""]);
  assert.match(stderr, /bad\.yml:3:7\n3 │ +- in\.FakeDat\n.*did you mean in\.FakeData\?/);
  assert.match(stderr, /bad\.yml:4:19/);
  assert.match(stderr, /✗ 2 errors, 0 warnings — 1 file, \d+ ms\n$/);
  const korean = await here.dure(["validate", "bad.yml", "--lang", "ko"]);
  assert.match(korean.stderr, /혹시 in\.FakeData인가요\?[\s\S]*오류 2개, 경고 0개/);
});

test("validate: as JSON, by either option", async () => {
  await using here = folder();
  here.write("bad.yml", BAD);
  for (const option of [["--format", "json"], ["--json"]]) {
    const { code, stdout, stderr } = await here.dure(["validate", "bad.yml", ...option]);
    assert.deepEqual([code, stderr], [exitCode.configInvalid, ""]);
    const { version, errors, problems } = JSON.parse(stdout) as { version: number; errors: number; problems: { line: number; column: number; code: string }[] };
    assert.deepEqual([version, errors], [1, 2]);
    assert.deepEqual(problems.map(({ line, column, code: name }) => [line, column, name]), [[3, 7, "DURE101"], [4, 19, "DURE207"]]);
  }
});

test("validate: warnings count only when they are denied", async () => {
  await using here = folder();
  here.write("old.yml", OLD);
  const [lenient, strict] = await Promise.all([here.dure(["validate", "old.yml"]), here.dure(["validate", "old.yml", "--deny-warnings"])]);
  assert.equal(lenient.code, 0, lenient.stderr);
  assert.match(lenient.stderr, /warning\[DURE402\][\s\S]*! 0 errors, 1 warning/);
  assert.equal(strict.code, exitCode.configInvalid);
});

test("validate: what this machine lacks has a code of its own, and can be left out", async () => {
  await using here = folder();
  here.write("absent.yml", ABSENT);
  const [with_, without] = await Promise.all([here.dure(["validate", "absent.yml"]), here.dure(["validate", "absent.yml", "--no-environment"])]);
  assert.equal(with_.code, exitCode.unreachable, with_.stderr);
  assert.equal(without.code, 0, without.stderr);
});

test("validate: many files, a folder, the usual file; a file there is not", async () => {
  await using here = folder();
  here.write("dure.yml", GOOD);
  here.write("conf/one.yml", GOOD);
  here.write("conf/sub/two.yaml", BAD);
  here.write("conf/readme.md", "no config");
  here.write("empty/readme.md", "no config");
  const [usual, both, whole, empty, absent] = await Promise.all([here.dure(["validate"]), here.dure(["validate", "dure.yml", "conf/one.yml"]), here.dure(["validate", "conf"]), here.dure(["validate", "empty"]), here.dure(["validate", "no.yml"])]);
  assert.match(usual.stderr, /1 file,/);
  assert.match(both.stderr, /2 files,/);
  assert.deepEqual([usual.code, both.code, whole.code, empty.code, absent.code], [0, 0, exitCode.configInvalid, exitCode.wrongUse, exitCode.configInvalid]);
  assert.match(whole.stderr, /conf.sub.two\.yaml:3:7[\s\S]*2 errors.* 2 files/);
});

test("validate: as GitHub's commands, and as SARIF, with paths as the project has them", async () => {
  await using here = folder();
  here.write("설정/a, b.yml", BAD);
  const github = await here.dure(["validate", "설정", "--no-environment", "--format", "github"]);
  assert.deepEqual([github.code, github.stderr], [exitCode.configInvalid, ""]);
  assert.deepEqual(github.stdout.trimEnd().split("\n").map((line) => line.slice(0, line.indexOf("::", 2))), [
    "::error file=설정/a%2C b.yml,line=3,col=7,endColumn=17,title=DURE101",
    "::error file=설정/a%2C b.yml,line=4,col=19,endColumn=26,title=DURE207",
  ]);
  assert.match(github.stdout, /did you mean in\.FakeData\?/);

  const { code, stdout } = await here.dure(["validate", "설정", "--format", "sarif", "--lang", "ko"]);
  assert.equal(code, exitCode.configInvalid);
  const { version, runs: [run] } = JSON.parse(stdout) as { version: string; runs: [{ tool: { driver: { rules: { id: string }[] } }; results: { ruleId: string; level: string; message: { text: string }; locations: { physicalLocation: { artifactLocation: { uri: string }; region: object } }[] }[] }] };
  assert.equal(version, "2.1.0");
  assert.deepEqual(run.tool.driver.rules.map(({ id }) => id), ["DURE101", "DURE207"]);
  const [first] = run.results;
  assert.deepEqual([first?.ruleId, first?.level], ["DURE101", "error"]);
  assert.match(first?.message.text ?? "", /플러그인이 없습니다/);
  const { artifactLocation, region } = first?.locations[0]?.physicalLocation ?? assert.fail();
  assert.equal(decodeURI(artifactLocation.uri), "설정/a, b.yml");
  assert.deepEqual(region, { startLine: 3, startColumn: 7, endColumn: 17 });
  assert.equal(JSON.parse((await here.dure(["validate", "good.yml", "--format", "sarif"])).stdout).runs[0].results[0].ruleId, "DURE001");
});

test("validate: of a file that is not there, a retry in the wrong place and an out.Exec at the end it says what to do", async () => {
  await using here = folder();
  assert.match((await here.dure(["validate", "nowhere.yml", "--lang", "en"])).stderr, /^error\[DURE001\]: there is no such file\n +┌─ nowhere\.yml:1:1\n +=.*dure new/);
  here.write("dure.yml", "pipelines:\n  a: [ in.Stdin, { out.Http: { url: 'http://localhost', retry: { attempts: 5 } } } ]\n  b: [ in.Stdin, out.Exec: cat ]\n");
  const { stderr } = await here.dure(["validate", "--no-environment", "--lang", "en"]);
  assert.match(stderr, /DURE207[^=]*= `retry` belongs to the pipeline/);
  assert.match(stderr, /DURE303\]: 'out\.Exec' gives on what it makes of the stream/);
});
