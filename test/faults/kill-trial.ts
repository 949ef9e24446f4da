// One long trial: a writer appends numbered lines and rotates its file; the agent is killed with -9 at random instants and
// started again, many times over; at the end everything written must have arrived.
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DURE } from "../cli/run-dure.ts";
import { startForwardReceiver } from "../receivers/forward-receiver.ts";
import type { ForwardReceiver } from "../receivers/forward-receiver.ts";
import { numbersIn } from "./numbered.ts";
import { randomNumbers } from "./random.ts";
import { Repeats } from "./repeats.ts";

export const KILL_PATHS = ["file", "file-memory-buffer", "file-disk-buffer", "file-route", "file-multi-line", "forward", "forward-memory-buffer", "forward-disk-buffer", "failover"] as const;
export type KillPath = (typeof KILL_PATHS)[number];

/** The most lines that one kill may make come twice, as the docs promise: four batches of each segment; into out.File none. A batch that was read is at most 16,384 lines, one that a buffer made as many as fit into it. */
export function windowLines(path: KillPath): number {
  if (path.startsWith("file")) return 0;
  return 4 * 16_384 + (path.endsWith("buffer") ? 4 * Math.ceil(MERGED_BYTES / SHORTEST_LINE_BYTES) : 0);
}

export interface KillTrial {
  readonly dir: string;
  readonly path: KillPath;
  readonly kills: number;
  readonly seed: number;
}
export interface KillResult {
  readonly written: number;
  readonly missing: number;
  readonly again: number;
  /** Most lines that one kill made arrive again. */
  readonly mostAgainByOneKill: number;
}

const MERGED_BYTES = 256 << 10;
/** But for the first ten thousand. */
const SHORTEST_LINE_BYTES = 6;
const LINES_A_BURST = 400;
/** Every so many numbers are an event of several lines, where events are joined. */
const CONTINUED_EVERY = 7;
const BURST_MS = 4;
const LINES_A_FILE = 60_000;
/** Between starting (or running) and killing. */
const LIFE_MS_MAX = 600;
const FLOW_SHARE = 0.7;
const SETTLE_SECONDS_MAX = 90;

export async function killTrial({ dir, path, kills, seed }: KillTrial): Promise<KillResult> {
  const next = randomNumbers(seed);
  const logs = join(dir, "logs");
  const out = join(dir, "out.log");
  mkdirSync(logs, { recursive: true });
  const receiver = path.startsWith("file") ? undefined : await startForwardReceiver();
  const second = path === "failover" ? await startForwardReceiver() : undefined;
  const receivers = [receiver, second].filter((one) => one !== undefined);
  const buffer =
    path === "forward-memory-buffer"
      ? [{ "buffer.Size": { bytes: MERGED_BYTES, timeout: "200ms" } }]
      : path === "forward-disk-buffer"
        ? [{ "buffer.Size": { bytes: MERGED_BYTES, timeout: "200ms", storage: "disk" } }]
        : path === "file-multi-line"
          ? [{ "parse.MultiLine": { continue: String.raw`^\s`, timeout: "5s" } }]
        : path.startsWith("file-") && path.endsWith("buffer")
          ? [{ "buffer.Lines": { lines: 300, timeout: "100ms", storage: path === "file-disk-buffer" ? "disk" : "memory" } }]
          : [];
  const file = { "out.File": path === "file-multi-line" ? { path: out, format: "json", time_key: "" } : { path: out, format: "lines" } };
  const fluentd = receivers.map(({ port }) => ({ "out.Fluentd": { host: "127.0.0.1", port } }));
  const third = `${out}.third`;
  const route = { route: [{ when: "Number(r.message) % 3 === 0", steps: [{ "out.File": { path: third, format: "lines" } }] }, { steps: [file] }] };
  const output = path === "file-route" ? route : second === undefined ? (fluentd[0] ?? file) : { failover: { outputs: fluentd, last: file, start_by: "ordered", recheck: "200ms" } };
  const config = join(dir, "dure.yml");
  writeFileSync(config, JSON.stringify({ pipelines: { trial: [{ "in.FileTail": { path: join(logs, "app.log*"), tag: "t" } }, ...buffer, output] } }));

  const writing = new AbortController();
  const writer = writeRotating(logs, writing.signal, path === "file-multi-line" ? CONTINUED_EVERY : 0);
  const received = (): number[][] => receivers.map((one) => one.lines().map(Number));
  // Lines in a file may be cut off again: they are looked at in the end.
  const arrived = (): number[][] => [...received(), path === "file-multi-line" ? eventNumbersIn(out) : numbersIn(out), numbersIn(third)];
  const repeats = new Repeats();
  for (let kill = 0; kill < kills; kill += 1) {
    const agent = start(config, dir);
    // With two receivers each is away half of the time, so that the last output gets its part.
    for (const one of second === undefined ? [] : receivers) await (next() < 0.5 ? one.down() : up(one));
    // Mostly in the flow, also when the machine is slow to start it; the others hit the start itself.
    if (next() < FLOW_SHARE) await agent.running;
    await delay(next() * LIFE_MS_MAX);
    agent.child.kill("SIGKILL");
    await agent.exited;
    // What the system still has of the killed agent's is this kill's, not the next one's.
    for (const one of receivers) await one.drained();
    repeats.runEnded(received());
  }
  writing.abort();
  const written = await writer;
  for (const one of receivers) await up(one);

  // The last agent lives until all is there, and is asked to stop.
  const agent = start(config, dir);
  for (let waits = 0; new Set(arrived().flat()).size < written && waits < SETTLE_SECONDS_MAX * 4; waits += 1) await delay(250);
  agent.child.kill("SIGTERM");
  await agent.exited;
  const places = arrived();
  const distinct = new Set(places.flat());
  repeats.runEnded(places);
  for (const one of receivers) await one.close();
  return {
    written,
    missing: Array.from({ length: written }, (_, number) => number).filter((number) => !distinct.has(number)).length,
    again: repeats.total,
    mostAgainByOneKill: repeats.mostByOneKill,
  };
}

/** Appends lines "0", "1", … and renames the file away every now and then, as log rotation does. Resolves with how many. */
export async function writeRotating(logs: string, stop: AbortSignal, continuedEvery: number): Promise<number> {
  const live = join(logs, "app.log");
  let written = 0;
  let inFile = 0;
  while (!stop.aborted) {
    let burst = "";
    let cut = 0;
    for (let line = 0; line < LINES_A_BURST; line += 1) {
      burst += `${written}\n`;
      const more = continuationOf(written++, continuedEvery);
      if (more !== "") cut = burst.length + more.length / 2;
      burst += more;
    }
    // An event may be there in part for a while.
    appendFileSync(live, burst.slice(0, cut));
    appendFileSync(live, burst.slice(cut));
    inFile += LINES_A_BURST;
    if (LINES_A_FILE < inFile) {
      renameSync(live, `${live}.${readdirSync(logs).length}`);
      inFile = 0;
    }
    await delay(BURST_MS);
  }
  return written;
}

/** The lines that belong to a number's own: two, for some numbers. */
function continuationOf(number: number, every: number): string {
  return every !== 0 && number % every === 0 ? `\t${number}\n`.repeat(2) : "";
}

/** The numbers of whole events; NaN for one that is torn or joined with another. */
function eventNumbersIn(file: string): number[] {
  if (!existsSync(file)) return [];
  const events = readFileSync(file, "utf8").split("\n").slice(0, -1).map((line) => (JSON.parse(line) as { message: string }).message);
  return events.map((event) => {
    const number = Number.parseInt(event, 10);
    return `${event}\n` === `${number}\n${continuationOf(number, CONTINUED_EVERY)}` ? number : Number.NaN;
  });
}

function start(config: string, dir: string) {
  // The launcher becomes the agent: the signal hits that.
  const child = spawn(DURE, ["run", config], { cwd: dir, stdio: ["ignore", "ignore", "pipe"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const started = new Promise<void>((resolve) =>
    child.stderr.on("data", (bytes: Buffer) => {
      appendFileSync(join(dir, "agent.log"), bytes);
      if (bytes.includes("agent started")) resolve();
    }),
  );
  return { child, exited, running: Promise.race([started, exited]) };
}

/** Opens its port again if it is closed. */
async function up(receiver: ForwardReceiver): Promise<void> {
  await receiver.down();
  await receiver.up();
}
