// `dure dead-letters`: what no output would take is listed, and comes out whole when it is replayed.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { folder } from "./run-dure.ts";
import type { Folder } from "./run-dure.ts";

/** One attempt at a port where nobody listens: all is refused. */
const REFUSED = "out.Fluentd: { host: 127.0.0.1, port: 1 }";

function config(here: Folder, output: string): void {
  const pipeline = (name: string) => `  ${name}:\n    retry: { attempts: 1, first: 1ms, most: 1ms }\n    steps:\n      - in.FakeData: { count: 3, seed: 1, tag: ${name} }\n      - ${output.replace("NAME", name)}\n`;
  here.write("dure.yml", `pipelines:\n${pipeline("web")}${pipeline("게임")}`);
}

test("dead letters: listed with reason, replayed through the output as it is now, then gone", async () => {
  await using here = folder();
  config(here, REFUSED);
  const none = await here.dure(["dead-letters"]);
  assert.deepEqual([none.code, none.stderr], [0, "no dead letters\n"]);
  await here.dure(["run"]);

  const list = await here.dure(["dead-letters", "list"]);
  assert.equal(list.code, 0, list.stderr);
  assert.match(list.stdout, /web +2:out\.Fluentd +3 .*ECONNREFUSED/);
  assert.match(list.stderr, /records: 6, dead letters: 2/);
  const { letters } = JSON.parse((await here.dure(["dead-letters", "list", "--json", "-t", "2"])).stdout) as { letters: { pipeline: string; rows: number }[] };
  assert.deepEqual(letters.map(({ pipeline, rows }) => [pipeline, rows]), [["게임", 3]]);

  const again = await here.dure(["dead-letters", "replay", "-t", "web"]);
  assert.equal(again.code, exitCode.failed, "still nobody listens");
  assert.match(again.stderr, /0 sent, 1 refused again, 0 left/);

  config(here, "out.File: { path: saved-NAME.ndjson }");
  const replay = await here.dure(["dead-letters", "replay"]);
  assert.equal(replay.code, 0, replay.stderr);
  assert.match(replay.stderr, /2 sent, 0 refused again, 0 left/);
  for (const name of ["web", "게임"]) assert.equal(readFileSync(here.file(`saved-${name}.ndjson`), "utf8").trimEnd().split("\n").length, 3);
  assert.equal((await here.dure(["dead-letters", "list"])).stderr, "no dead letters\n");

  // A file that grew by a replay keeps what it got when the agent goes on with it.
  const onward = await here.dure(["run"]);
  assert.equal(onward.code, 0, onward.stderr);
  assert.equal(readFileSync(here.file("saved-web.ndjson"), "utf8").trimEnd().split("\n").length, 6);
});

test("dead letters: each goes to the output that would not take it, and to no other, in branches too", async () => {
  await using here = folder();
  const steps = (refusing: string) =>
    here.write("dure.yml", `pipelines:
  web:
    retry: { attempts: 1, first: 1ms, most: 1ms }
    steps:
      - in.FakeData: { count: 3, seed: 1 }
      - ${refusing.replace("NAME", "first")}
      - route:
          - when: "r.age >= 0"
            steps: [filter.Map: { set: { age: "-1" } }, ${refusing.replace("NAME", "branch")}]
          - steps: [out.File: { path: never.ndjson }]
`);
  steps(REFUSED);
  await here.dure(["run"]);
  assert.match((await here.dure(["dead-letters", "list"])).stdout, /2:out\.Fluentd +3 [^]*3\.1\.2:out\.Fluentd +3 /);
  steps("out.File: { path: NAME.ndjson }");
  const replay = await here.dure(["dead-letters", "replay"]);
  assert.match(replay.stderr, /2 sent, 0 refused again, 0 left/);
  const ages = (name: string): number[] => readFileSync(here.file(`${name}.ndjson`), "utf8").trimEnd().split("\n").map((line) => (JSON.parse(line) as { age: number }).age);
  assert.ok(ages("first").every((age) => 0 <= age) && ages("first").length === 3);
  assert.deepEqual(ages("branch"), [-1, -1, -1]);
  assert.ok(!existsSync(here.file("never.ndjson")));
});

test("dead letters: a running agent is asked to send them, and none is sent for a pipeline that is gone", async () => {
  await using here = folder();
  config(here, REFUSED);
  await here.dure(["run"]);
  here.write("dure.yml", "pipelines:\n  other:\n    - in.FakeData: { count: 0, rate: 1 }\n    - out.File: other.log\n");
  const replay = await here.dure(["dead-letters", "replay"]);
  assert.equal(replay.code, 0, replay.stderr);
  assert.match(replay.stderr, /no pipeline is called web any more[\s\S]*0 sent, 0 refused again, 2 left/);
  assert.ok(!existsSync(here.file("other.log")), "the pipeline itself does not run");

  await here.dure(["start"]);
  const beside = await here.dure(["dead-letters", "replay"]);
  assert.equal(beside.code, exitCode.failed, beside.stderr);
  assert.match(beside.stderr, /0 sent, 0 refused again, 2 left as they were\n[^]*no pipeline `web`/);
  config(here, "out.File: { path: saved-NAME.ndjson }");
  here.write("dure.yml", readFileSync(here.file("dure.yml"), "utf8").replaceAll("count: 3, seed: 1", "count: 0, rate: 1"));
  assert.equal((await here.dure(["reload"])).code, 0);
  const there = await here.dure(["dead-letters", "replay", "--json"]);
  assert.equal(there.code, 0, there.stderr);
  const { replayed, left } = JSON.parse(there.stdout) as { replayed: number; left: number };
  assert.deepEqual([replayed, left], [2, 0]);
  await here.dure(["stop"]);
  for (const name of ["web", "게임"]) assert(3 <= readFileSync(here.file(`saved-${name}.ndjson`), "utf8").trimEnd().split("\n").length);
});
