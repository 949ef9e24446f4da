// The disk fills up while jobs run: nothing new is taken, and that is said; what runs goes on, and what came of it is recorded when there is room. Each runs once.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { test } from "node:test";
import type { JobRecord } from "#sdk/job-store.ts";
import { callControl, controlAddress } from "#kernel/control-socket.ts";
import { folder, until } from "../cli/run-dure.ts";
import { startAgent } from "./agent.ts";
import { mountDisk, noMounts } from "./mounts.ts";
import { numbersIn } from "./numbered.ts";

const RUNNING = 20;
const WAITING = 200;

test("jobs on a full disk: none is lost and none runs twice; new ones are refused with why until there is room", { skip: noMounts, timeout: 240_000 }, async () => {
  await using here = folder();
  using disk = mountDisk(here.file("disk"), "24m");
  here.write("rules/slow.mjs", RULE);
  const agent = startAgent(here, {}, { agent: { data_dir: "./disk/data" }, config: { http: false, jobs: { rules: "./rules", workers: 2, slots: RUNNING / 2, env: { TRIAL_DIR: here.path } } } });
  await agent.logged(/jobs begun/);
  const ask = async <Answer>(method: string, params: Record<string, unknown>): Promise<Answer> => (await callControl(controlAddress(here.file("disk/data/dure.pid")), method, params as never, {})) as Answer;
  const submit = (number: number) => ask<{ readonly id: string }>("jobs.submit", { rule: "slow:run", data: { number } });
  const ids: string[] = [];
  for (let number = 0; number < RUNNING + WAITING; number += 1) ids.push((await submit(number)).id);
  await until(() => numbersIn(here.file("begun.log")).length === RUNNING, "as many run as there are slots");

  disk.fill();
  // As long as what SQLite has laid out lasts, it takes some.
  let refusal = "";
  let number = RUNNING + WAITING;
  await until(async () => {
    const taken = await submit(number).catch((error: Error) => void (refusal = error.message));
    if (typeof taken === "object") {
      ids.push(taken.id);
      number += 1;
    }
    return refusal !== "";
  }, "new jobs are refused");
  assert.match(refusal, /no space left/);
  here.write("go", "");
  await agent.logged(/the queue of jobs is blocked/);
  const look = async () => (await ask<{ readonly queue: { readonly state: { readonly is: string; readonly why?: string } } }>("jobs.look", {})).queue.state;
  const said = await look().catch((error: Error) => assert.fail(`${error.message}\n${agent.log().slice(-2000)}`));
  assert.deepEqual([said.is, /no space left/.test(said.why ?? "")], ["blocked", true]);

  rmSync(here.file("disk", "ballast"));
  await agent.logged(/the queue of jobs is open/);
  const records: JobRecord[] = [];
  for (const id of ids) records.push(await ask<JobRecord>("jobs.wait", { id, timeoutMs: 60_000 }));
  assert.deepEqual(records.filter(({ state }) => state !== "succeeded").map(({ id, state, error }) => [id, state, error]), [], agent.log().slice(-3000));
  assert.deepEqual(records.map(({ result }) => result), records.map((_, own) => String(own)));
  const begun = numbersIn(here.file("begun.log"));
  assert.deepEqual([begun.length, new Set(begun).size], [ids.length, ids.length], "each once");
  assert.ok((await submit(number)).id !== "");
  await agent.stop();
});

const RULE = `
import { appendFileSync, existsSync } from "node:fs";
const dir = process.env.TRIAL_DIR;
export async function run({ number }) {
  appendFileSync(dir + "/begun.log", number + "\\n");
  while (!existsSync(dir + "/go")) await new Promise((resolve) => setTimeout(resolve, 20));
  return number;
}
`;
