// A user makes a backup beside the running agent, loses what he had, and gets it back.
import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { test } from "node:test";
import { folder } from "./run-dure.ts";

const CONFIG = "http: false\npipelines:\n  웹:\n    - in.FileTail: app.log\n    - out.Null\n";

test("backup and restore: what the agent knew is there again", { skip: process.platform === "win32" && "the agent is stopped by a signal" }, async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  here.write("app.log", "");
  const events = async (): Promise<string[]> => (JSON.parse((await here.dure(["events", "list", "--name", "agent.*", "--json"])).stdout) as { result: { events: { name: string }[] } }).result.events.map(({ name }) => name);
  assert.equal((await here.dure(["start"])).code, 0);
  try {
    assert.deepEqual(await events(), ["agent.started"]);
    const made = await here.dure(["backup", "safe.db"]);
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stderr, /safe\.db/);
    const refused = await here.dure(["restore", "safe.db", "--yes"]);
    assert.deepEqual([refused.code, /dure stop/.test(refused.stderr)], [75, true]);
  } finally {
    await here.dure(["stop"]);
  }
  const unasked = await here.dure(["restore", "safe.db"]);
  assert.deepEqual([unasked.code, /--yes/.test(unasked.stderr)], [2, true]);
  assert.equal((await here.dure(["backup", "later.db"])).code, 0, "also where no agent runs");
  for (const end of ["", "-wal", "-shm"]) rmSync(here.file(".dure", `dure.db${end}`), { force: true });
  assert.equal((await here.dure(["backup"])).code, 1, "there is nothing to copy");
  const restored = await here.dure(["restore", "safe.db"]);
  assert.equal(restored.code, 0, `nothing is replaced, so nobody is asked: ${restored.stderr}`);
  assert.equal((await here.dure(["start"])).code, 0);
  try {
    assert.deepEqual(await events(), ["agent.started", "agent.started"]);
    const { rows } = (JSON.parse((await here.dure(["audit", "list", "--json"])).stdout) as { result: { rows: { command: string; outcome: string }[] } }).result;
    assert.deepEqual(rows.map(({ command, outcome }) => `${command} ${outcome}`), ["agent.restore ok"], "the backup that was restored did not break off");
  } finally {
    await here.dure(["stop"]);
  }
  const korean = await here.dure(["restore", "later.db", "--yes", "--lang", "ko"]);
  assert.match(korean.stderr, /복원했습니다: \d{4}-.*\n이전 저장소: (.*before.*)\n/);
  assert.ok(existsSync(/이전 저장소: (.*)\n/.exec(korean.stderr)?.[1] ?? ""));
});
