// `dure fmt` as people and CI call it.
import assert from "node:assert/strict";
import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { folder } from "./run-dure.ts";

const UGLY = "pipelines:\n    a: # 첫째\n    - in.FakeData: {count: 2}\n    - out.Null\n";
const NEAT = "pipelines:\n  a:\n    # 첫째\n    - in.FakeData: { count: 2 }\n    - out.Null\n";
const OLD = "- task:\n  - in.FakeData:\n    count: 2\n  - out.LinedBuffer: { lines: 1 }\n  - out.Null\n";
const NEW = "pipelines:\n  task-1:\n    - in.FakeData:\n        count: 2\n    - buffer.Lines: { lines: 1 }\n    - out.Null\n";

test("fmt: prints, and leaves the file as it is", async () => {
  await using here = folder();
  here.write("dure.yml", UGLY);
  const { code, stdout } = await here.dure(["fmt"]);
  assert.deepEqual([code, stdout, readFileSync(here.file("dure.yml"), "utf8")], [0, NEAT, UGLY]);
});

test("fmt --check: 1 and the names of what would change, 0 when nothing would; nothing is written", async () => {
  await using here = folder();
  here.write("conf/ugly.yml", UGLY);
  here.write("conf/neat.yaml", NEAT);
  const [both, neat, json] = await Promise.all([here.dure(["fmt", "--check", "conf"]), here.dure(["fmt", "--check", "conf/neat.yaml"]), here.dure(["fmt", "--check", "--json", "conf"])]);
  assert.deepEqual([both.code, both.stdout], [1, ""]);
  assert.match(both.stderr, /conf.ugly\.yml: would change/);
  assert.doesNotMatch(both.stderr, /neat/);
  assert.equal(neat.code, 0);
  assert.deepEqual(JSON.parse(json.stdout), { version: 1, command: "fmt", files: 2, changed: ["conf/ugly.yml"], left: [] });
  assert.equal(readFileSync(here.file("conf/ugly.yml"), "utf8"), UGLY);
});

test("fmt --write: rewrites the files that change, with their modes, and leaves nothing beside them", { skip: process.platform === "win32" }, async () => {
  await using here = folder();
  here.write("conf/ugly.yml", UGLY);
  here.write("conf/neat.yml", NEAT);
  chmodSync(here.file("conf/ugly.yml"), 0o600);
  const { mtimeMs } = statSync(here.file("conf/neat.yml"));
  assert.equal((await here.dure(["fmt", "-w", "conf"])).code, 0);
  assert.equal(readFileSync(here.file("conf/ugly.yml"), "utf8"), NEAT);
  assert.equal(statSync(here.file("conf/ugly.yml")).mode & 0o777, 0o600);
  assert.equal(statSync(here.file("conf/neat.yml")).mtimeMs, mtimeMs);
  assert.deepEqual(readdirSync(here.file("conf")).sort(), ["neat.yml", "ugly.yml"]);
});

test("fmt --fix: rewrites old spellings; with --diff it only shows them", async () => {
  await using here = folder();
  here.write("dure.yml", OLD);
  const { code, stdout } = await here.dure(["fmt", "--fix", "--diff"]);
  assert.equal(code, 0);
  assert.match(stdout, /^- - task:$/m);
  assert.match(stdout, /^\+ {5}- buffer\.Lines: \{ lines: 1 \}$/m);
  assert.equal(readFileSync(here.file("dure.yml"), "utf8"), OLD);
  assert.equal((await here.dure(["fmt", "--fix"])).code, 0);
  assert.equal(readFileSync(here.file("dure.yml"), "utf8"), NEW);
  assert.equal((await here.dure(["validate", "--deny-warnings"])).code, 0);
});

test("fmt: what cannot be done safely is left as it is, and said", async () => {
  await using here = folder();
  here.write("broken.yml", "pipelines: [a: {\n");
  here.write("wrong.yml", "- task:\n  - in.FakeDta:\n    count: 2\n");
  const [broken, wrong, korean] = await Promise.all([here.dure(["fmt", "-w", "broken.yml"]), here.dure(["fmt", "--fix", "wrong.yml"]), here.dure(["fmt", "broken.yml", "--lang", "ko"])]);
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /broken\.yml: it is not valid YAML/);
  assert.equal(readFileSync(here.file("broken.yml"), "utf8"), "pipelines: [a: {\n");
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /old spellings were left/);
  assert.match(korean.stderr, /[가-힣]/);
});

test("fmt: CP949 is not taken for UTF-8", async () => {
  await using here = folder();
  writeFileSync(here.file("dure.yml"), Buffer.concat([Buffer.from("# "), Buffer.from([0xc7, 0xd1]), Buffer.from("\npipelines: {}\n")]));
  const { code, stderr } = await here.dure(["fmt", "-w"]);
  assert.equal(code, 2);
  assert.match(stderr, /dure\.yml is not UTF-8/);
});
