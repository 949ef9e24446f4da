// One long trial of processes and flows: children, the agent, or both are killed with -9 at random instants, many times over. In the end every event must have been handed
// on, in its order, at most the one in flight twice for each kill, and no process may be left but those that are wanted.
//
//   feed (a file) → first ──stderr-echo──▶ second          source ──▶ sink (stderr-echo)
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { processStart } from "#base/process-identity.ts";
import { agentIdFile } from "#kernel/store/agent-id.ts";
import { DURE } from "../cli/run-dure.ts";
import { distinctOf, numbersIn } from "./numbered.ts";
import { randomNumbers } from "./random.ts";

export interface ProcessKillTrial {
  readonly dir: string;
  readonly kills: number;
  readonly seed: number;
}

export interface ProcessKillResult {
  /** Events that were fed, and that the source printed. */
  readonly fed: number;
  readonly printed: number;
  readonly kills: Readonly<Record<string, number>>;
  readonly missing: Readonly<Record<"first" | "second" | "sink", number>>;
  /** Deliveries beyond the first. */
  readonly again: Readonly<Record<"first" | "second" | "sink", number>>;
  /** Events that came before one that was fed earlier. */
  readonly outOfOrder: number;
  /** Processes that were there and should not have been: when, and which. */
  readonly orphans: readonly string[];
}

const EVENTS_A_KILL = 350;
const LIFE_MS_MAX = 400;
const SETTLE_MS = 90_000;
/** Who keeps the pipes alive for the agent: one, and one that has just taken over. */
const HOLDERS_MAX = 4;
/** Who is killed together. Often enough the agent is killed while it starts, and a source while there is no agent. */
const VICTIMS = [["first"], ["second"], ["source"], ["sink"], ["agent"], ["agent", "first"], ["agent", "second"], ["agent", "source"], ["source", "agent"], ["agent", "sink"], ["source", "sink"], ["agent", "first", "second", "source", "sink"]] as const;

export async function processKillTrial({ dir, kills, seed }: ProcessKillTrial): Promise<ProcessKillResult> {
  const next = randomNumbers(seed);
  const fed = kills * EVENTS_A_KILL + 1000;
  /** An argument that only processes of this trial have. */
  const mark = String(100_000_000 + Math.floor(next() * 1e8));
  writeFileSync(join(dir, "worker.mjs"), WORKER);
  writeFileSync(join(dir, "source.mjs"), SOURCE);
  writeFileSync(join(dir, "feed.log"), Array.from({ length: fed }, (_, number) => `${number}\n`).join(""));
  const worker = (name: string): object => ({ command: [process.execPath, join(dir, "worker.mjs"), dir, name, mark], cwd: dir, queue: { events: fed * 2 }, restart: { when: "always", first: "20ms", most: "50ms" }, stop: { wait: "5s" } });
  const config = join(dir, "dure.yml");
  writeFileSync(
    config,
    JSON.stringify({
      agent: { data_dir: join(dir, "data") },
      http: false,
      processes: { first: { ...worker("first"), ack: "stderr-echo" }, second: worker("second"), source: { command: [process.execPath, join(dir, "source.mjs"), dir], cwd: dir, restart: { when: "always", first: "20ms", most: "50ms" } }, sink: worker("sink") },
      flows: [
        { type: "broad", from: "first", to: "second", ack: "stderr-echo" },
        { type: "broad", from: "source", to: "sink", ack: "stderr-echo" },
      ],
      pipelines: { feed: [{ "in.FileTail": { path: join(dir, "feed.log"), tag: "feed" } }, { "out.Process": "first" }] },
    }),
  );

  let agent = start(config, dir);
  await agent.running;
  // All of it stands in the queue before the first kill, so that what comes twice later comes of the kill alone.
  await until(() => distinctOf(numbersIn(join(dir, "first.log"))) > 0 && agent.log().includes("processes begun"), "the first event is handed on");
  await delay(1000);

  const counts: Record<string, number> = {};
  const orphans: string[] = [];
  const look = (when: string, mostProcesses: number, mostHolders: number): void => {
    const [running, holders] = [processesWith(mark), holdersOf(dir)];
    if (mostProcesses < running.length) orphans.push(`${when}: ${running.map(shown).join(", ")}`);
    if (mostHolders < holders.length) orphans.push(`${when}: ${holders.map(shown).join(", ")}`);
  };
  for (let kill = 0; kill < kills; kill += 1) {
    await delay(20 + next() * LIFE_MS_MAX);
    const victims: readonly string[] = VICTIMS[Math.floor(next() * VICTIMS.length)] ?? ["agent"];
    counts[victims.join("+")] = (counts[victims.join("+")] ?? 0) + 1;
    for (const victim of victims) {
      const pid = victim === "agent" ? agent.pid : pidOf(dir, victim);
      if (pid !== undefined && processStart(pid) !== undefined) process.kill(pid, "SIGKILL");
    }
    if (!victims.some((victim) => victim === "agent")) continue;
    await agent.exited;
    agent = start(config, dir);
    if (next() < 0.7) {
      await agent.running;
      look(`after kill ${kill}`, 2 * 3 + 6, HOLDERS_MAX);
    }
  }
  await agent.running;
  // Of hundreds of kills much is left to be done: it is waited for as long as it goes on. What is missing is told by the result.
  for (let there = -1, now = 0; there < now && now < fed; ) {
    there = now;
    await until(() => (now = distinctOf(numbersIn(join(dir, "second.log")))) === fed, "all events have been handed on").catch(() => {});
  }
  const stopping = agent;
  stopping.kill("SIGTERM");
  await stopping.exited;
  look("after the stop", 0, 0);

  const printed = existsSync(join(dir, "source.next")) ? Number(readFileSync(join(dir, "source.next"), "utf8")) : 0;
  // The last that the source printed may wait in the queue still: another start hands it on.
  const last = start(config, dir);
  await last.running;
  await until(() => printed <= distinctOf(numbersIn(join(dir, "sink.log"))), "what the source printed has been handed on").catch(() => {});
  last.kill("SIGTERM");
  await last.exited;
  look("after the last stop", 0, 0);

  const [first, second, sink] = ["first", "second", "sink"].map((name) => numbersIn(join(dir, `${name}.log`))) as [number[], number[], number[]];
  return {
    fed,
    printed,
    kills: counts,
    missing: { first: missing(first, fed), second: missing(second, fed), sink: missing(sink, printed) },
    again: { first: first.length - distinctOf(first), second: second.length - distinctOf(second), sink: sink.length - distinctOf(sink) },
    outOfOrder: [first, second, sink].reduce((sum, numbers) => sum + disordered(numbers), 0),
    orphans,
  };
}

function missing(arrived: readonly number[], count: number): number {
  const seen = new Set(arrived);
  return Array.from({ length: count }, (_, number) => number).filter((number) => !seen.has(number)).length;
}

/** First deliveries that came after a later one. */
function disordered(numbers: readonly number[]): number {
  let most = -1;
  const seen = new Set<number>();
  let count = 0;
  for (const number of numbers) {
    if (seen.has(number)) continue;
    seen.add(number);
    if (number < most) count += 1;
    most = Math.max(most, number);
  }
  return count;
}

function pidOf(dir: string, name: string): number | undefined {
  const file = join(dir, `${name}.pid`);
  return existsSync(file) ? Number(readFileSync(file, "utf8")) || undefined : undefined;
}

function processesWith(mark: string): number[] {
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      return readFileSync(`/proc/${entry}/cmdline`, "latin1").split("\0").includes(mark) && processStart(Number(entry)) !== undefined ? [Number(entry)] : [];
    } catch {
      return [];
    }
  });
}

/** Programs that keep the pipes of this trial's agents alive. */
function holdersOf(dir: string): number[] {
  const id = readFileSync(agentIdFile(join(dir, "data")), "utf8").trim();
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      return readFileSync(`/proc/${entry}/environ`, "latin1").includes(`DURE_TREE=${id}/holder/`) && processStart(Number(entry)) !== undefined ? [Number(entry)] : [];
    } catch {
      return [];
    }
  });
}

function shown(pid: number): string {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").slice(0, 4).join(" ");
    return `${pid} ${words} ${/DURE_TREE=[^\0]*/.exec(readFileSync(`/proc/${pid}/environ`, "latin1"))?.[0]}`;
  } catch {
    return `${pid} (gone)`;
  }
}

function start(config: string, dir: string) {
  const child = spawn(DURE, ["run", config, "--lang", "en"], { cwd: dir, stdio: ["ignore", "ignore", "pipe"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let log = "";
  const started = new Promise<void>((resolve) =>
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-100_000);
      if (log.includes("processes begun")) resolve();
    }),
  );
  return { pid: child.pid ?? 0, log: () => log, exited, running: Promise.race([started, exited]), kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  const begin = performance.now();
  while (!isSo()) {
    if (SETTLE_MS < performance.now() - begin) throw new Error(`not so after ${SETTLE_MS} ms: ${what}`);
    await delay(100);
  }
}

/** Notes each event in a file, prints it, and says that it is done; leaves a child that has left its group. */
const WORKER = `
import { appendFileSync, writeFileSync, writeSync } from "node:fs";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
const [, , dir, name, mark] = process.argv;
writeFileSync(dir + "/" + name + ".pid", String(process.pid));
spawn("sleep", [mark], { detached: true, stdio: "ignore" }).unref();
for await (const line of createInterface({ input: process.stdin })) {
  appendFileSync(dir + "/" + name + ".log", line + "\\n");
  writeSync(1, line + "\\n");
  await new Promise((resolve) => setTimeout(resolve, 1));
  writeSync(2, line + "\\n");
}
`;

/** Prints numbers, and remembers the next one once it has printed one. */
const SOURCE = `
import { existsSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
const [, , dir] = process.argv;
writeFileSync(dir + "/source.pid", String(process.pid));
let next = existsSync(dir + "/source.next") ? Number(readFileSync(dir + "/source.next", "utf8")) : 0;
setInterval(() => {
  writeSync(1, next + "\\n");
  writeFileSync(dir + "/source.next.new", String(++next));
  renameSync(dir + "/source.next.new", dir + "/source.next");
}, 4);
`;
