// The old program's last form, run by the real program.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { folder } from "./run-dure.ts";

const CONFIG = `svc_name: 서비스
sources:
  - i.fakedata --count 2 --seed 7 | filter.Where 'r.age > 0 || "|"' | tag test1
  - i.fakedata --count 1 --seed 7 | out.File --path "{OUT_NAME}.txt"
matches:
  "test*": o.stdout f.stdout -z Asia/Seoul b.memory -f 1
`;

test("pipe form: a home folder's config runs, tags and formats as the old program did", async () => {
  await using here = folder();
  here.write("home/config.yml", CONFIG);
  const { code, stdout, stderr } = await here.dure(["run", "-c", "home", "--for", "20s"], { env: { OUT_NAME: "한 줄" } });
  assert.equal(code, 0, stderr);
  const lines = stdout.trimEnd().split("\n");
  assert.equal(lines.length, 2);
  for (const line of lines) assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+09:00\ttest1\t\{"name":/);
  assert.equal(readFileSync(here.file("home", "한 줄.txt"), "utf8").trimEnd().split("\n").length, 1);
  assert.ok(existsSync(here.file("home", "run")), "the pid file was where svc_name says");
});

test("pipe form: five sources of ten thousand records through one match all arrive", async () => {
  await using here = folder();
  const sources = [1, 2, 3, 4, 5].map((number) => `  - i.fakedata --type weblog --count 10000 | tag web.t${number}\n`).join("");
  here.write("config.yml", `sources:\n${sources}matches:\n  web.*: o.stdout b.memory -f 1 -r 10\n`);
  const { code, stdout, stderr } = await here.dure(["run", "--for", "60s"]);
  assert.equal(code, 0, stderr);
  const tags = stdout.trimEnd().split("\n").map((line) => line.split("\t")[1]);
  assert.deepEqual(Object.entries(Object.groupBy(tags, (tag) => String(tag))).map(([tag, lines]) => [tag, lines?.length]).sort(), [1, 2, 3, 4, 5].map((number) => [`web.t${number}`, 10_000]));
});

test("pipe form: a folder without a config says so", async () => {
  await using here = folder();
  here.write("home/notes.txt", "");
  const { code, stderr } = await here.dure(["run", "-c", "home"]);
  assert.equal(code, 2);
  assert.match(stderr, /config\.yml/);
});

test("pipe form: `dure try` knows the old names, the short options and what stands behind an output", async () => {
  await using here = folder();
  const pipe = "i.fakedata --count 1 | o.stdout f.stdout -z UTC b.memory -r 1";
  const { code, stdout, stderr } = await here.dure(["try", pipe]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^\S+Z\tfake\t\{/);
  assert.equal((await here.dure(["desc", "o.stdout"])).stdout, (await here.dure(["desc", "out.Stdout"])).stdout);
  const wrong = await here.dure(["try", "i.fakedata | o.stdout f.xml", "--lang", "ko"]);
  assert.match(wrong.stderr, /파이프:1:23/);
});

test("pipe form: `dure try` takes a tag at the end, and writes the time as a formatter is told", async () => {
  await using here = folder();
  const tagged = await here.dure(["try", "i.counter -n 1 | m.reform -w t '${tag}' | tag test1"]);
  assert.equal(tagged.code, 0, tagged.stderr);
  assert.match(tagged.stdout, /"t":"test1"/);
  const timed = await here.dure(["try", "i.counter -n 1 | o.stdout f.stdout -z UTC --time_format %Y%m%d/%H"]);
  assert.match(timed.stdout, /^\d{8}\/\d\d\tcounter\t\{"f1":1\}\n$/, timed.stderr);
  for (const [pipe, at] of [["i.counter | tag a | o.stdout", "13"], ["i.counter | tag", "13"], ["i.counter | tag a b", "19"]] as const) {
    const wrong = await here.dure(["try", pipe]);
    assert.equal(wrong.code, 2);
    assert.ok(wrong.stderr.includes(`pipe:1:${at}`), wrong.stderr);
  }
});

test("pipe form: without a config here, SWAK_HOME says where it is", async () => {
  await using here = folder();
  here.write("home/config.yml", "sources: [i.counter -n 2 | o.stdout]\n");
  const env = { SWAK_HOME: here.file("home") };
  const found = await here.dure(["test"], { env });
  assert.equal(found.code, 0, found.stderr);
  assert.equal(found.stdout.trimEnd().split("\n").length, 2);
  here.write("dure.yml", "pipelines: {a: [in.Counter: 3, out.Stdout]}\n");
  assert.equal((await here.dure(["test"], { env })).stdout.trimEnd().split("\n").length, 3, "what lies here is nearer");
  here.write("elsewhere/notes.txt", "");
  await using empty = folder();
  const missing = await empty.dure(["test"], { env: { SWAK_HOME: here.file("elsewhere") } });
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /SWAK_HOME/);
});
