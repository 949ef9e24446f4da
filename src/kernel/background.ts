// Starts the agent as a process of its own that outlives the terminal, and knows whether it came up: the new process says over a
// channel to its parent when it runs; the parent waits for that, for the end of the process, or for its patience to run out.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

export interface ReadyReport {
  readonly pipelines: readonly { readonly name: string; readonly state: string; readonly error?: string }[];
  /** Of its dashboard. */
  readonly address?: string;
}

/** Why it cannot start, in the language of who waits. */
export interface FailureReport {
  readonly message: string;
  readonly hint?: string | undefined;
}

type Report = ({ readonly type: "ready" } & ReadyReport) | ({ readonly type: "failure" } & FailureReport);

export type StartOutcome =
  | ({ readonly type: "ready"; readonly pid: number } & ReadyReport)
  /** It ended; `reason` is what it said of that, `output` what it printed. */
  | { readonly type: "failed"; readonly pid: number; readonly exitCode: number; readonly reason?: FailureReport; readonly output: string }
  /** It neither came up nor ended in time, and was killed. */
  | { readonly type: "silent"; readonly pid: number; readonly output: string };

export interface BackgroundProgram {
  readonly args: readonly string[];
  /** Gets what the process prints outside its log: crashes, and the data of out.Stdout. */
  readonly outputFile: string;
  readonly readyWithinMs: number;
  /** Plain data for the process to begin with: `handedOver()`. */
  readonly given?: unknown;
  /** Aborting it kills the process and ends the wait. */
  readonly signal?: AbortSignal;
}

const MARK = "DURE_BACKGROUND";
/** The mark of a process to which something is handed over; of others it is 1. */
const GIVEN = "given";
let isGiven = false;

/** Starts this program again with other arguments, in the background. */
export async function startInBackground({ args, outputFile, readyWithinMs, given, signal }: BackgroundProgram): Promise<StartOutcome> {
  mkdirSync(dirname(outputFile), { recursive: true });
  const output = openSync(outputFile, "a", 0o640);
  const before = fstatSync(output).size;
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    detached: true, // A session of its own: Ctrl-C and the end of the terminal do not reach it.
    stdio: ["ignore", output, output, "ipc"],
    windowsHide: true,
    env: { ...process.env, [MARK]: given === undefined ? "1" : GIVEN },
  });
  closeSync(output);
  if (given !== undefined) child.send({ given }, () => {}); // One that has ended already says so itself.
  try {
    let reason: FailureReport | undefined;
    const end = await endOfStart(child, readyWithinMs, signal, (told) => (reason = told));
    const pid = child.pid ?? 0;
    if (typeof end === "object") return { type: "ready", pid, ...end };
    const printed = readFileSync(outputFile).subarray(before).toString("utf8");
    return end === "silent" ? { type: "silent", pid, output: printed } : { type: "failed", pid, exitCode: end, output: printed, ...(reason === undefined ? {} : { reason }) };
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

async function endOfStart(child: ChildProcess, readyWithinMs: number, signal: AbortSignal | undefined, onFailure: (reason: FailureReport) => void): Promise<ReadyReport | number | "silent"> {
  const { promise, resolve, reject } = Promise.withResolvers<ReadyReport | number | "silent">();
  let isTooLate = false;
  child.on("error", reject);
  child.on("message", ({ type, ...report }: Report) => {
    if (type === "failure") onFailure(report as FailureReport); // It is about to end.
    else resolve(report as ReadyReport);
  });
  child.on("exit", (code) => resolve(isTooLate ? "silent" : (code ?? 1)));
  const giveUp = () => {
    isTooLate = true;
    child.kill("SIGKILL");
  };
  const timer = setTimeout(giveUp, readyWithinMs);
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}

/** Whether this process was started by `startInBackground`. Asked once: children of ours must not think so of themselves. */
export function isInBackground(): boolean {
  const mark = process.env[MARK];
  delete process.env[MARK];
  isGiven = mark === GIVEN;
  return isGiven || mark === "1";
}

/** What the parent gives this process to begin with; undefined where it gives nothing, or has gone before it did. */
export async function handedOver(): Promise<unknown> {
  if (!isGiven || !process.connected) return undefined;
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const take = (message: { readonly given: unknown }): void => resolve(message.given);
  const gone = (): void => resolve(undefined);
  process.once("message", take).once("disconnect", gone);
  try {
    return await promise;
  } finally {
    process.off("message", take).off("disconnect", gone); // Who listens keeps the process from ending.
  }
}

/** Tells the waiting parent that the start went well; does nothing when the parent has gone. */
export function reportReady(report: ReadyReport): Promise<void> {
  return tell({ type: "ready", ...report });
}

/** The same of a start that fails: why, before this process ends. */
export function reportFailure(report: FailureReport): Promise<void> {
  return tell({ type: "failure", ...report });
}

async function tell(report: Report): Promise<void> {
  if (!process.connected) return;
  const { promise: sent, resolve } = Promise.withResolvers<void>();
  process.send?.(report, undefined, {}, () => resolve());
  await sent;
  if (process.connected) process.disconnect?.();
}

/** Keeps the background output file within its bound: what is printed there is rarely much, but nothing else would ever cut it. */
export function boundOutput(bytesMax: number): void {
  const look = () => {
    for (const file of [1, 2]) if (fstatSync(file).size > bytesMax) ftruncateSync(file, 0);
  };
  setInterval(look, 10_000).unref();
}
