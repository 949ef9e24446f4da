// Processes from the command line, as somebody reads them who has only processes and no pipeline.
import assert from "node:assert/strict";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { folder, until } from "./run-dure.ts";

const CONFIG = `
http: false
processes:
  echo: { command: [cat], ack: line }
  lazy: { command: [cat], start: manual }
`;

test("processes: what start, status and the commands of processes print is one table, and no empty one of pipelines", async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  try {
    const started = await here.dure(["start"]);
    assert.equal(started.code, 0, started.stderr);
    assert.match(started.stderr, /\n {2}echo {2}✓ (?:starting|running)\n {2}lazy {2}– stopped\n/);

    await until(async () => /^echo +✓ running +\d+/m.test((await here.dure(["status"])).stdout), "the status tells of processes");
    const status = await here.dure(["status"]);
    assert.doesNotMatch(status.stdout, /PIPELINE/);
    assert.match(status.stdout, /\nPROCESS +STATE +PID/);
    const json = JSON.parse((await here.dure(["status", "--json"])).stdout) as { pipelines: unknown[]; processes: { name: string }[] };
    assert.deepEqual([json.pipelines, json.processes.map(({ name }) => name)], [[], ["echo", "lazy"]]);

    for (const words of [["act_task", "lazy"], ["trm_task", "lazy"], ["process", "restart", "echo"], ["process", "scale", "echo", "2"], ["processes", "list"]]) {
      const { code, stdout, stderr } = await here.dure(words);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^PROCESS +STATE +PID +UP/, words.join(" "));
      assert.ok(stdout.split("\n").every((line) => line.length < 100), stdout);
    }
    const ran = await here.dure(["recovery", "run", "echo", "yesterday"]);
    assert.match(ran.stdout, /✓ echo-yesterday-\d{14} is running/, ran.stderr);
    await until(async () => /echo-yesterday-\d{14}.* done/.test((await here.dure(["recoveries", "list"])).stdout), "the recovery ends");

    const set = await here.dure(["process-settings", "set", "kill_wait", "7"]);
    assert.match(set.stdout, /VALUE +7/, set.stderr);
    const mistyped = await here.dure(["process-settings", "set", "kil_wait", "7"]);
    assert.match(mistyped.stderr, /did you mean `kill_wait`/i);
    const misnamed = await here.dure(["process", "add", "a b", "--lang", "ko", "--", "cat"]);
    assert.deepEqual([misnamed.code === 0, /이름에는 빈칸, 따옴표/.test(misnamed.stderr)], [false, true], misnamed.stderr);
  } finally {
    await here.dure(["stop"]);
  }
});

test("processes: an agent whose process ends again and again is not well, for who asks strictly", async () => {
  await using here = folder();
  here.write("dure.yml", "http: false\nprocesses:\n  bad: { command: [sh, -c, exit 3], restart: { first: 1ms, most: 1ms, attempts: 3 } }\n");
  try {
    await here.dure(["start"]);
    await until(async () => (await here.dure(["status", "--strict"])).code === exitCode.cannotTell, "the status says so");
    const ended = await here.dure(["run", "--for", "1s"]);
    assert.equal(ended.code, exitCode.temporary);
  } finally {
    await here.dure(["stop"]);
  }
});
