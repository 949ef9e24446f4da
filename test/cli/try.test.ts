// `dure try`: pipelines on the command line.
import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { freePort } from "#test/servers/free-port.ts";
import { folder } from "./run-dure.ts";

function records(stdout: string): Record<string, unknown>[] {
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("try: the document's example, also as trun", async () => {
  await using here = folder();
  const pipe = 'in.FakeData --type people --locale ko --seed 7 --count 50 | filter.Where "r.age > 30" | out.Stdout';
  const [byTry, byTrun] = await Promise.all([here.dure(["try", pipe]), here.dure(["trun", pipe])]);
  assert.equal(byTry.code, 0, byTry.stderr);
  const people = records(byTry.stdout);
  assert.ok(0 < people.length && people.length < 50);
  for (const { name, age } of people) assert.ok(/[가-힣]/.test(String(name)) && Number(age) > 30);
  assert.equal(byTrun.stdout, byTry.stdout);
  assert.equal(byTry.stderr, "", "nothing but data when nobody looks on");
  assert.deepEqual(readdirSync(here.path), [], "it leaves nothing behind");
});

test("try: without an output what comes out is shown; --limit is exact and ends it", async () => {
  await using here = folder();
  const { code, stdout, stderr } = await here.dure(["try", "in.FakeData weblog --count 0", "--limit", "3"]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trimEnd().split("\n").length, 3);
  const filtered = await here.dure(["try", 'in.FakeData --count 0 --seed 1 | filter.Where "r.age > 60"', "--limit", "5000"]);
  assert.equal(filtered.code, 0, filtered.stderr);
  assert.equal(records(filtered.stdout).length, 5000);
});

test("try: --for ends what has no end", async () => {
  await using here = folder();
  const { code, stdout } = await here.dure(["try", "in.FakeData weblog --count 0 --rate 100", "--for", "3s"]);
  assert.equal(code, 0);
  assert.match(stdout, /HTTP\/1\.1/);
});

test("try: reads its standard input", async () => {
  await using here = folder();
  const running = here.spawn(["try", "in.Stdin | parse.Json | filter.Where 'r.n % 2 == 0'"]);
  running.child.stdin.end('{"n":1}\n{"n":2}\n{"n":3}\n{"n":4}\n');
  const { code, stdout, stderr } = await running.ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(records(stdout).map(({ n }) => n), [2, 4]);
});

test("try: relative paths begin here, and plugins of this folder are known", async () => {
  await using here = folder();
  here.write("logs/a.log", "가|1\n나|2\n");
  here.write("plugins/MyLogParser.ts", "export function parse(line: string) {\n  const [name, n] = line.split('|');\n  return { name, n: Number(n) };\n}\n");
  const { code, stdout, stderr } = await here.dure(["try", "in.FileTail logs/*.log | parse.MyLogParser"]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(records(stdout).map(({ name, n }) => [name, n]), [["가", 1], ["나", 2]]);
});

test("try: a reader that has had enough ends it, quietly", { skip: process.platform === "win32" }, async () => {
  await using here = folder();
  const running = here.spawn(["try", "in.FakeData weblog --count 0"]);
  running.child.stdout.once("data", () => running.child.stdout.destroy());
  const { code, stderr } = await running.ended;
  assert.deepEqual([code, stderr], [exitCode.readerGone, ""]);
});

test("try: a wrong pipe is shown with a caret under the spot", async () => {
  await using here = folder();
  const [unknown, option, korean, quote] = await Promise.all([
    here.dure(["try", "in.FakeDat --type people | out.Stdout"]),
    here.dure(["try", "in.FakeData --typ people | out.Stdout"]),
    here.dure(["try", "in.FakeData --locale kr", "--lang", "ko"]),
    here.dure(["try", "in.FakeData 'people | out.Stdout"]),
  ]);
  assert.deepEqual([unknown.code, option.code, korean.code, quote.code], [exitCode.configInvalid, exitCode.configInvalid, exitCode.configInvalid, exitCode.wrongUse]);
  assert.match(unknown.stderr, /1 │ in\.FakeDat --type people \| out\.Stdout\n {2}│ \^{10} did you mean in\.FakeData\?/);
  assert.match(option.stderr, /│ {13}\^{5} did you mean type\?/);
  assert.match(korean.stderr, /│ {22}\^{2} 혹시 ko인가요\?/);
  assert.match(quote.stderr, /this quote is not closed\n.*\n.*\n {2}│ {13}\^/);
});

test("try: --save writes a config that runs, and never over another file", async () => {
  await using here = folder();
  const pipe = 'in.FakeData --count 2 --seed 3 | filter.Where "r.age > 0 || r.name == \'|\'" | out.Stdout';
  const saved = await here.dure(["try", pipe, "--save", "my.yml"]);
  assert.equal(saved.code, 0, saved.stderr);
  assert.equal(saved.stdout, "");
  assert.match(readFileSync(here.file("my.yml"), "utf8"), /^# yaml-language-server: \$schema=/);
  const [tried, tested, again] = await Promise.all([here.dure(["try", pipe]), here.dure(["test", "my.yml"]), here.dure(["try", pipe, "--save", "my.yml"])]);
  assert.equal(tested.stdout, tried.stdout);
  assert.equal(again.code, exitCode.wrongUse);
  assert.match(again.stderr, /my\.yml exists/);
});

test("try: a pipeline that fails says why, and so does the exit code", async () => {
  await using here = folder();
  const { code, stderr } = await here.dure(["try", `in.FakeData | out.File ${here.file("no/such")}/x --mkdir false`, "--for", "2s"]);
  assert.notEqual(stderr, "");
  assert.equal(code, exitCode.timeLimit, "a disk that may come back is waited for, as long as the drain may take");
  assert.ok(!existsSync(here.file("no")));
});

test("try: a list in one word, and a map", async () => {
  await using here = folder();
  here.write("in.csv", "김,41,서울\n");
  const cases: readonly [string, object][] = [
    ["filter.Keep name,age", { name: "김", age: "41" }],
    ["filter.Keep [name,age]", { name: "김", age: "41" }],
    [`filter.Keep '[name, "city"]'`, { name: "김", city: "서울" }],
    ["filter.Keep --fields name,age --fields city", { name: "김", age: "41", city: "서울" }],
    ["filter.Keep 'name,age'", {}],
    ["filter.Map --remove [name,age]", { city: "서울" }],
    ["filter.Map --set '{n: Number(r.age), \"a b\": r.city}' --keep name", { name: "김", n: 41, "a b": "서울" }],
    ["filter.Reform --delete name,age", { city: "서울" }],
    ["filter.Mask email", { name: "김", age: "41", city: "서울" }],
  ];
  await Promise.all(
    cases.map(async ([filter, expected]) => {
      const { stdout, stderr } = await here.dure(["try", `in.FileTail in.csv | parse.Csv name,age,city | ${filter} | out.Stdout --time_key ''`]);
      assert.deepEqual(stdout === "" ? stderr : JSON.parse(stdout), expected, filter);
    }),
  );
  const wrong = await here.dure(["try", "in.FakeData | filter.Mask phone,emial"]);
  assert.match(wrong.stderr, /did you mean email/);
});

test("try: --follow goes on at the end of a file, and when the last client has left", async () => {
  await using here = folder();
  here.write("a.log", "하나\n");
  const tail = here.spawn(["try", "in.FileTail a.log", "--follow", "--limit", "2"]);
  await tail.printed(/하나/);
  appendFileSync(here.file("a.log"), "둘\n");
  assert.equal((await tail.ended).stdout, "하나\n둘\n");

  const port = await freePort();
  const http = here.spawn(["try", `in.Http --port ${port}`, "--follow", "--limit", "2"]);
  for (const line of ["하나", "둘"]) {
    await until(async () => (await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: `${line}\n`, headers: { connection: "close" }, signal: AbortSignal.timeout(60_000) })).ok);
  }
  const { code, stdout, stderr } = await http.ended;
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "하나\n둘\n");
});

/** The agent listens a while after its process began. */
async function until(isDone: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 1200; attempt += 1) {
    if (await isDone().catch(() => false)) return;
    await setTimeout(50);
  }
  assert.fail("it never came");
}

test("try: a list of choices may be written with commas, and what is wrong in it is shown where it stands", async () => {
  await using here = folder();
  const { code, stdout, stderr } = await here.dure(["try", "in.Resource --parts cpu,memory --per-core false"]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(records(stdout).map(({ part }) => part), ["cpu", "memory"]);
  const wrong = await here.dure(["try", "in.Resource --parts cpu,memry", "--lang", "ko"]);
  assert.match(wrong.stderr, /\n +│ {21}\^{9} .*memory/);
});
