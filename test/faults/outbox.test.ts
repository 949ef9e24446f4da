// The agent is killed again and again while jobs end and processes die, and whoever is to be told of it cannot be reached: in the end he is told of all that was recorded, and of nothing else.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonValue } from "#base/json.ts";
import { callControl, controlAddress } from "#kernel/control-socket.ts";
import type { JobRow } from "#sdk/job-store.ts";
import { folder, until } from "../cli/run-dure.ts";
import { startHttpReceiver } from "../receivers/http-receiver.ts";
import { startAgent } from "./agent.ts";
import { randomNumbers } from "./random.ts";

const JOBS = 300;
const KILLS = 4;
const WAIT_MS = 120_000;

test("what is to be told is told of every fact that was recorded, over kill -9 of the agent and a receiver that is away", { timeout: 300_000 }, async (t) => {
  const seed = Number(process.env["DURE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`DURE_SEED=${seed}`);
  const random = randomNumbers(seed);
  await using here = folder();
  let isThere = false;
  const arrived: string[] = [];
  await using hook = await startHttpReceiver({
    otherwise({ headers }) {
      if (isThere) arrived.push(String(headers["webhook-id"]));
      return { status: isThere ? 200 : 503 };
    },
  });
  here.write("rules/a.mjs", RULES);
  const config = {
    http: false,
    jobs: { rules: "./rules", workers: 2, slots: 5 },
    processes: { brief: { command: [process.execPath, "-e", "process.exit(3)"], restart: { when: "never" } } },
    notifiers: { hook: { webhook: hook.url, on: ["job.failed", "process.exited"], attempts: 1000, backoff: { first: "20ms", most: "200ms" } } },
  };
  const call = async (method: string, params: Record<string, JsonValue>) => callControl(controlAddress(here.file(".dure/dure.pid")), method, params, {});
  const ids: string[] = [];
  for (let kill = 0; kill <= KILLS; kill += 1) {
    const agent = startAgent(here, {}, { config });
    await agent.logged(/jobs begun/);
    const share = Array.from({ length: JOBS / (KILLS + 1) }, (_, at) => ({ rule: at % 2 === 0 ? "a:tells" : "a:fails", data: null }));
    const { jobs } = (await call("jobs.submit-many", { jobs: share })) as { jobs: { id: string }[] };
    ids.push(...jobs.map(({ id }) => id));
    if (kill === KILLS) isThere = true;
    else {
      await new Promise((go) => setTimeout(go, 50 + random() * 600)); // When it is killed is the dice's.
      await agent.kill();
      continue;
    }
    const rows = await ended(call, ids);
    const wanted = new Set(rows.map(({ id, state }) => (state === "succeeded" ? `${id}.1` : `${id}.failed.hook`)));
    const { events } = (await call("events.list", { name: "process.exited", limit: 100 })) as { events: { data: { process: string } }[] };
    await until(() => wanted.size + events.length <= new Set(arrived).size, "all are told", WAIT_MS);
    const ofJobs = new Set(arrived.filter((id) => wanted.has(id)));
    assert.deepEqual([...wanted].filter((id) => !ofJobs.has(id)), [], "recorded and not told");
    const others = new Set(arrived.filter((id) => !wanted.has(id)));
    assert.ok(others.size === events.length, `${others.size} of processes told, ${events.length} recorded: ${[...others].join(" ")}`);
    t.diagnostic(`${ids.length} jobs, ${events.length} ends of a process, ${KILLS} kills: ${arrived.length - new Set(arrived).size} told twice`);
    await agent.stop();
  }
});

async function ended(call: (method: string, params: Record<string, JsonValue>) => Promise<unknown>, ids: readonly string[]): Promise<readonly JobRow[]> {
  let rows: readonly JobRow[] = [];
  await until(async () => {
    const { jobs } = (await call("jobs.list", { rule: "a:tells", limit: 1000 })) as { jobs: JobRow[] };
    const { jobs: failing } = (await call("jobs.list", { rule: "a:fails", limit: 1000 })) as { jobs: JobRow[] };
    rows = [...jobs, ...failing];
    return rows.length === ids.length && rows.every(({ state }) => state === "succeeded" || state === "failed");
  }, "all jobs have ended", WAIT_MS);
  return rows;
}

const RULES = `
const moment = () => new Promise((go) => setTimeout(go, Math.random() * 20));
export async function tells(data, { notify }) { await moment(); notify("hook", "done"); }
export async function fails() { await moment(); throw new Error("no"); }
`;
