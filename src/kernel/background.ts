// Starts the agent as a process of its own that outlives the terminal, and knows whether it came up: the new process says over a
// channel to its parent when it runs; the parent waits for that, for the end of the process, or for its patience to run out.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

export interface ReadyReport {
  readonly pipelines: readonly { readonly name: string; readonly state: string; readonly error?: string }[];
}

export type StartOutcome =
  | ({ readonly type: "ready"; readonly pid: number } & ReadyReport)
  /** It ended; `output` is what it printed. */
  | { readonly type: "failed"; readonly pid: number; readonly exitCode: number; readonly output: string }
  /** It neither came up nor ended in time, and was killed. */
  | { readonly type: "silent"; readonly pid: number; readonly output: string };

export interface BackgroundProgram {
  readonly args: readonly string[];
  /** Gets what the process prints outside its log: crashes, and the data of out.Stdout. */
  readonly outputFile: string;
  readonly readyWithinMs: number;
  /** Aborting it kills the process and ends the wait. */
  readonly signal?: AbortSignal;
}

const MARK = "DURE_BACKGROUND";

/** Starts this program again with other arguments, in the background. */
export async function startInBackground({ args, outputFile, readyWithinMs, signal }: BackgroundProgram): Promise<StartOutcome> {
  mkdirSync(dirname(outputFile), { recursive: true });
  const output = openSync(outputFile, "a", 0o640);
  const before = fstatSync(output).size;
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    detached: true, // A session of its own: Ctrl-C and the end of the terminal do not reach it.
    stdio: ["ignore", output, output, "ipc"],
    windowsHide: true,
    env: { ...process.env, [MARK]: "1" },
  });
  closeSync(output);
  try {
    const end = await endOfStart(child, readyWithinMs, signal);
    const pid = child.pid ?? 0;
    if (typeof end === "object") return { type: "ready", pid, ...end };
    const printed = readFileSync(outputFile).subarray(before).toString("utf8");
    return end === "silent" ? { type: "silent", pid, output: printed } : { type: "failed", pid, exitCode: end, output: printed };
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

async function endOfStart(child: ChildProcess, readyWithinMs: number, signal: AbortSignal | undefined): Promise<ReadyReport | number | "silent"> {
  const { promise, resolve, reject } = Promise.withResolvers<ReadyReport | number | "silent">();
  let isTooLate = false;
  child.on("error", reject);
  child.on("message", (report: ReadyReport) => resolve(report));
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
  const isMarked = process.env[MARK] === "1";
  delete process.env[MARK];
  return isMarked;
}

/** Tells the waiting parent that the start went well; does nothing when the parent has gone. */
export async function reportReady(report: ReadyReport): Promise<void> {
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
