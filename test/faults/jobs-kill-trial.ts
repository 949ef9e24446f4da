// One long trial of the embedded queue, or of a RabbitMQ: workers, the agent, or both are killed with -9 at random instants while jobs run. In the end every job that was accepted must have
// ended and be recorded once, and none may have begun more often than kills explain: one loss for each kill that it was running at. (Of RabbitMQ, an agent that is killed
// costs a second run of at most what it held, which no record tells: whoever held them is gone.)
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { JobPage, JobRow } from "#sdk/job-store.ts";
import { callControl, controlAddress } from "#kernel/control-socket.ts";
import { DURE } from "../cli/run-dure.ts";
import { numbersIn } from "./numbered.ts";
import { randomNumbers } from "./random.ts";

export interface JobsKillTrial {
  readonly dir: string;
  readonly kills: number;
  readonly seed: number;
  /** `amqp://…`; without it the embedded queue. */
  readonly broker?: string;
}

export interface JobsKillResult {
  /** Their submission was answered; those that were asked for while the agent died may be there as well. */
  readonly accepted: number;
  readonly kills: Readonly<Record<"worker" | "agent", number>>;
  /** Accepted, and not recorded as ended. */
  readonly missing: number;
  /** Ended otherwise than they should. */
  readonly failed: readonly string[];
  /** Accepted, and never came to the end of its rule. */
  readonly neverEnded: number;
  /** Recorded as ended, and never begun. */
  readonly neverRun: number;
  /** Begun beyond the first time; and beyond what their records say of losses. */
  readonly again: number;
  readonly unexplained: number;
  /** Sum of what the records say of losses. */
  readonly losses: number;
}

const SETTLE_MS = 120_000;
const LIFE_MS_MAX = 300;
/** Until a worker has begun a job. */
const WORKER_MS = 10_000;
const SUBMITTERS = 8;
const AGENT_SHARE = 0.15;
const SLOTS = 10;
const PAGE = 1000;

export async function jobsKillTrial({ dir, kills, seed, broker }: JobsKillTrial): Promise<JobsKillResult> {
  const next = randomNumbers(seed);
  const begun = join(dir, "begun.log");
  mkdirSync(join(dir, "rules"), { recursive: true });
  mkdirSync(join(dir, "pids"), { recursive: true });
  writeFileSync(join(dir, "rules", "trial.mjs"), RULE);
  const config = join(dir, "dure.yml");
  // Nothing is poison here: whoever is killed is not to blame.
  writeFileSync(config, JSON.stringify({ agent: { data_dir: join(dir, "data") }, http: false, jobs: { rules: "./rules", ...(broker === undefined ? {} : { queue: broker }), workers: 2, slots: SLOTS, poison_after: 100, env: { TRIAL_DIR: dir } } }));
  const address = controlAddress(join(dir, "data", "dure.pid"));
  const ask = async <Answer>(method: string, params: Record<string, unknown>): Promise<Answer> => (await callControl(address, method, params as never, {})) as Answer;

  let agent = start(config, dir);
  await agent.running;
  const accepted = new Map<string, number>();
  let number = 0;
  let isSubmitting = true;
  const submitters = Array.from({ length: SUBMITTERS }, async () => {
    while (isSubmitting) {
      const own = (number += 1);
      try {
        accepted.set((await ask<{ readonly id: string }>("jobs.submit", { rule: "trial:run", data: { number: own } })).id, own);
      } catch {
        await delay(20); // There is no agent just now. The job may be there all the same.
      }
    }
  });

  const counts = { worker: 0, agent: 0 };
  for (let kill = 0; kill < kills; kill += 1) {
    await delay(20 + next() * LIFE_MS_MAX);
    const isAgent = next() < AGENT_SHARE;
    let worker: number | undefined;
    for (const until = performance.now() + WORKER_MS; !isAgent && worker === undefined && performance.now() < until; await delay(5)) worker = workersOf(dir).at(Math.floor(next() * 2));
    if (worker === undefined) {
      counts.agent += 1;
      killNow(agent.pid);
      await agent.exited;
      agent = start(config, dir);
      await agent.running;
    } else {
      counts.worker += 1;
      killNow(worker);
    }
  }
  isSubmitting = false;
  await Promise.all(submitters);
  await until(async () => (await ask<{ readonly queue: { readonly state: { readonly is: string } } }>("jobs.look", {})).queue.state.is === "open");
  const depth = async (): Promise<number> => {
    const { queued, delayed, running } = (await ask<{ readonly queue: { readonly depth: Record<"queued" | "delayed" | "running", number> } }>("jobs.look", {})).queue.depth;
    return queued + delayed + running;
  };
  const open = async (): Promise<number> => (await ask<JobPage>("jobs.list", { states: ["queued", "delayed", "running", "sent"], limit: 1 })).jobs.length;
  await until(async () => (await depth()) === 0 && (await open()) === 0, depth);

  const rows = new Map<string, JobRow>();
  for (let after: string | undefined, isMore = true; isMore; ) {
    const page: JobPage = await ask<JobPage>("jobs.list", { limit: PAGE, order: "oldest", ...(after === undefined ? {} : { after }) });
    for (const row of page.jobs) rows.set(row.id, row);
    after = page.next;
    isMore = after !== undefined;
  }
  agent.kill("SIGTERM");
  await agent.exited;

  const ended = new Set(numbersIn(join(dir, "ended.log")));
  const times = new Map<number, number>();
  for (const each of numbersIn(begun)) times.set(each, (times.get(each) ?? 0) + 1);
  const all = [...accepted].map(([id, own]) => ({ row: rows.get(id), times: times.get(own) ?? 0 }));
  return {
    accepted: accepted.size,
    kills: counts,
    missing: all.filter(({ row }) => row === undefined || row.endedMs === undefined).length,
    failed: all.flatMap(({ row }) => (row === undefined || row.state === "succeeded" ? [] : [`${row.id} ${row.state} ${JSON.stringify(row.error)}`])).slice(0, 20),
    neverEnded: [...accepted.values()].filter((own) => !ended.has(own)).length,
    neverRun: all.filter((each) => each.times === 0).length,
    again: all.reduce((sum, each) => sum + Math.max(0, each.times - 1), 0),
    unexplained: Math.max(0, all.filter(({ row, times: own }) => (row?.losses ?? 0) + 1 < own).length - (broker === undefined ? 0 : counts.agent * 2 * SLOTS)),
    losses: all.reduce((sum, { row }) => sum + (row?.losses ?? 0), 0),
  };
}

/** Or so long without any progress: what is not so by then is seen in the figures. */
async function until(isSo: () => Promise<boolean>, progress: () => Promise<number> = () => Promise.resolve(0)): Promise<void> {
  let last = await progress();
  for (let end = performance.now() + SETTLE_MS; !(await isSo()) && performance.now() < end; await delay(100)) {
    const now = await progress();
    if (now < last) end = performance.now() + SETTLE_MS;
    last = now;
  }
}

/** Each worker that ran a rule has left its process id. */
function workersOf(dir: string): readonly number[] {
  return readdirSync(join(dir, "pids")).map(Number).filter(isWorker).toSorted((one, other) => other - one);
}

function isWorker(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("worker-start");
  } catch {
    return false;
  }
}

function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It was replaced meanwhile.
  }
}

function start(config: string, dir: string) {
  const child = spawn(DURE, ["run", config, "--lang", "en"], { cwd: dir, stdio: ["ignore", "ignore", "pipe"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let log = "";
  const started = new Promise<void>((resolve) =>
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-100_000);
      if (log.includes("jobs begun")) resolve();
    }),
  );
  const ended = exited.then(() => {
    if (!log.includes("jobs begun")) throw new Error(`the agent ended before its jobs had begun:\n${log}`);
  });
  return { pid: child.pid ?? 0, exited, running: Promise.race([started, ended]), kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

const RULE = `
import { appendFileSync, writeFileSync } from "node:fs";
const dir = process.env.TRIAL_DIR;
writeFileSync(dir + "/pids/" + process.pid, "");
export async function run({ number }) {
  appendFileSync(dir + "/begun.log", number + "\\n");
  await new Promise((resolve) => setTimeout(resolve, 5 + (number % 20)));
  appendFileSync(dir + "/ended.log", number + "\\n");
  return number;
}
`;
