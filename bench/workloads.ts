// One run of one contender on one workload: started, watched until all has arrived, measured, ended, verified.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, createReadStream, existsSync, fstatSync, linkSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Contender } from "./contenders.ts";
import { makeInput } from "./inputs.ts";
import type { InputKind, InputMeta } from "./inputs.ts";
import { Verifier } from "./verifier.ts";
import { bytesRead, costOf } from "./watch.ts";
import type { Cost } from "./watch.ts";

export interface Workload {
  readonly id: string;
  readonly input: InputKind;
  /** Where the lines go. */
  readonly to: "nothing" | "receiver" | "file";
}
export const WORKLOADS: readonly Workload[] = [
  { id: "w1", input: "access", to: "nothing" },
  { id: "w2", input: "access", to: "receiver" },
  { id: "w2d", input: "access", to: "receiver" },
  { id: "w3", input: "access", to: "file" },
  { id: "w3r", input: "access", to: "file" },
  { id: "w3w", input: "access", to: "file" },
  { id: "w4", input: "json", to: "receiver" },
  { id: "w5", input: "access", to: "receiver" },
];

export interface Measured {
  readonly workload: string;
  readonly contender: string;
  readonly lines: number;
  readonly cost: Cost;
  readonly megabytesPerSecond?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** What was wrong with what arrived. */
  readonly problem?: string;
}

const BUILD = fileURLToPath(new URL("../build/bench/", import.meta.url));
const LATENCY_LINES = 1000;
const RUN_SECONDS_MAX = 300;
const POLL_MS = 5;
/** After this an agent is up and watches: the input is put in place then, and the clock starts. */
const START_UP_MS = 1500;

interface Receiver {
  readonly port: number;
  readonly done: Promise<void>;
  finish(): Promise<Record<string, number>>;
}

export async function runWorkload(workload: Workload, contender: Contender, bytes: number): Promise<Measured | undefined> {
  const isLatency = workload.id === "w5";
  const input = join(BUILD, `${workload.input}-${bytes}.log`);
  const meta: InputMeta = isLatency ? { kind: "access", lines: LATENCY_LINES, bytes: 0, serverErrors: 0 } : makeInput(workload.input, bytes, input);
  if (!isLatency) for await (const _ of createReadStream(input, { highWaterMark: 1 << 22 })); // Into the page cache, for everyone alike.
  const dir = mkdtempSync(join(BUILD, "run-"));
  const source = join(dir, "input.log");
  if (isLatency) writeFileSync(source, "");
  else if (!contender.isAgent) linkSync(input, source);
  const ballast = join(dir, "ballast");
  if (workload.to === "file") fill(ballast, bytes * 2);
  const receiver = workload.to === "receiver" ? await startReceiver(contender.protocol, meta.lines, isLatency) : undefined;
  const output = join(dir, "out.ndjson");
  const started = contender.start({ workload: workload.id, input: source, dir, port: receiver?.port ?? 0, output });
  if (started === undefined) {
    await receiver?.finish();
    rmSync(dir, { recursive: true });
    return undefined;
  }
  const log = openSync(join(dir, "log.txt"), "w");
  if (!contender.isAgent) rmSync(ballast, { force: true });
  let startedAt = performance.now();
  let startUp: Cost = { cpuSeconds: 0, peakBytes: 0 };
  let readBefore = 0;
  const child = spawn(started.command, started.args, { stdio: ["ignore", log, log], env: { ...process.env, ...started.env } });
  const pid = child.pid ?? 0;
  const { promise: exited, resolve } = Promise.withResolvers<void>();
  child.on("exit", () => resolve());
  try {
    if (contender.isAgent || isLatency) {
      await delay(START_UP_MS); // An agent runs for months: its start is not what is measured.
      startUp = costOf(pid);
      rmSync(ballast, { force: true });
      readBefore = bytesRead(pid);
      startedAt = performance.now();
      if (!isLatency) linkSync(input, source);
    }
    if (isLatency) await writeLines(source);
    await Promise.race([receiver?.done ?? untilRead(child, workload, contender, meta, readBefore, dir, output), exited.then(() => Promise.reject(new Error("it ended too early"))), delay(RUN_SECONDS_MAX * 1000, undefined, { ref: false }).then(() => Promise.reject(new Error("it took too long")))]);
    const seconds = (performance.now() - startedAt) / 1000;
    const total = costOf(pid);
    const cost = { cpuSeconds: total.cpuSeconds - startUp.cpuSeconds, peakBytes: total.peakBytes };
    child.kill("SIGTERM");
    await exited;
    const arrived = await receiver?.finish();
    const problem = arrived === undefined ? await checkFile(workload, contender, output, meta) : problemOf(arrived);
    const base = { workload: workload.id, contender: contender.name, lines: meta.lines, cost, ...(problem === undefined ? {} : { problem }) };
    return isLatency ? { ...base, p50Ms: arrived?.["p50Ms"] ?? Number.NaN, p99Ms: arrived?.["p99Ms"] ?? Number.NaN } : { ...base, megabytesPerSecond: meta.bytes / 1e6 / seconds };
  } catch (error) {
    child.kill("SIGKILL");
    await receiver?.finish();
    const said = readFileSync(join(dir, "log.txt"), "utf8").slice(-2000);
    return { workload: workload.id, contender: contender.name, lines: meta.lines, cost: { cpuSeconds: 0, peakBytes: 0 }, problem: `${error instanceof Error ? error.message : String(error)}: ${said}` };
  } finally {
    closeSync(log);
    rmSync(dir, { recursive: true, force: true });
  }
}

export async function startReceiver(protocol: string, lines: number, isLatency: boolean): Promise<Receiver> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("./receiver.ts", import.meta.url)), protocol, String(lines), ...(isLatency ? ["latency"] : [])], { stdio: ["ignore", "pipe", "inherit"] });
  const facts: Record<string, unknown>[] = [];
  const port = Promise.withResolvers<number>();
  const done = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const fact = JSON.parse(line) as Record<string, unknown>;
    facts.push(fact);
    if (typeof fact["port"] === "number") port.resolve(fact["port"]);
    if (fact["done"] === true) done.resolve();
  });
  const ended = new Promise<void>((resolve) => child.stdout.once("close", resolve));
  return {
    port: await port.promise,
    done: done.promise,
    async finish() {
      child.kill("SIGTERM");
      await ended;
      return (facts.at(-1) ?? {}) as Record<string, number>;
    },
  };
}

function problemOf(arrived: Record<string, number>): string | undefined {
  const { missing = 0, again = 0, foreign = 0 } = arrived;
  return missing + again + foreign === 0 ? undefined : `${missing} missing, ${again} twice, ${foreign} foreign`;
}

/** Done when everything is read (nothing to write) or the agent has committed the end of the input. */
async function untilRead(child: ChildProcess, workload: Workload, contender: Contender, meta: InputMeta, readBefore: number, dir: string, output: string): Promise<void> {
  const lastMark = `rid=${String(meta.lines - 1).padStart(10, "0")}`;
  const pid = child.pid ?? 0;
  for (;;) {
    await delay(POLL_MS);
    if (contender.name === "dure") {
      if (committedOffset(join(dir, "data", "positions")) === meta.bytes) return;
    } else if (workload.to === "nothing") {
      if (meta.bytes <= bytesRead(pid) - readBefore) return;
    } else if (contender.name.startsWith("fluent-bit")) {
      if (endOf(output).includes(lastMark)) return;
    } else if (existsSync(join(dir, "log.txt")) && readFileSync(join(dir, "log.txt"), "utf8").includes("COUNT ")) return;
  }
}

/**
 * Fills the page cache with a file that is deleted right before the clock starts: on a virtual machine, memory that was not used for a
 * while has to be got from the host page by page, and whoever writes first would be charged for it.
 */
function fill(path: string, bytes: number): void {
  const file = openSync(path, "w");
  const block = Buffer.alloc(1 << 20, 1);
  for (let done = 0; done < bytes; done += block.length) writeSync(file, block);
  closeSync(file);
}

/** The last bytes of a file. */
function endOf(path: string): string {
  if (!existsSync(path)) return "";
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(4096);
    const got = readSync(file, bytes, 0, bytes.length, Math.max(0, fstatSync(file).size - bytes.length));
    return bytes.toString("latin1", 0, got);
  } finally {
    closeSync(file);
  }
}

function committedOffset(dir: string): number {
  if (!existsSync(dir)) return 0;
  const store = readdirSync(dir).find((name) => name.endsWith(".pos"));
  if (store === undefined) return 0;
  const offsets = [...readFileSync(join(dir, store), "utf8").slice(-4096).matchAll(/"offset":(\d+)/g)];
  return Number(offsets.at(-1)?.[1] ?? 0);
}

async function checkFile(workload: Workload, contender: Contender, output: string, meta: InputMeta): Promise<string | undefined> {
  if (workload.to !== "file") return undefined;
  const verifier = await Verifier.create(meta.lines);
  let lines = 0;
  for await (const chunk of createReadStream(output, { highWaterMark: 1 << 20 })) {
    verifier.add(chunk as Buffer);
    for (let at = (chunk as Buffer).indexOf(10); at !== -1; at = (chunk as Buffer).indexOf(10, at + 1)) lines += 1;
  }
  const wanted = workload.id === "w3w" ? meta.serverErrors : meta.lines;
  const { distinct, again, foreign } = verifier.result;
  const head = createInterface({ input: createReadStream(output, { end: 65_536 }) });
  for await (const line of head) {
    const record = JSON.parse(line) as Record<string, unknown>;
    if (!/^\d+\./.test(String(record["remote"])) || typeof (record["code"] ?? record["status"]) !== "number") return `${contender.name} wrote a wrong record: ${line}`;
    break;
  }
  return distinct === wanted && again === 0 && foreign === 0 && lines === wanted ? undefined : `${wanted - distinct} missing, ${again} twice, ${lines} lines of ${wanted}, output ${statSync(output).size} bytes`;
}

/** One line each 10 ms, with the moment it was written. */
async function writeLines(path: string): Promise<void> {
  const file = openSync(path, "a");
  let next = performance.now();
  for (let line = 0; line < LATENCY_LINES; line += 1) {
    next += 10;
    await delay(Math.max(0, next - performance.now()));
    const stamp = String(process.hrtime.bigint()).padStart(18, "0");
    writeSync(file, `rid=${String(line).padStart(10, "0")} ts=${stamp} a line of an ordinary length, as a service writes it when somebody asks for something\n`);
  }
  closeSync(file);
}
