// Starts the agent as a process of its own that outlives the terminal, and knows whether it came up: the new process reports over
// a channel to its parent, which waits for that report, for the end of the process, or for its patience to run out.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

export type StartReport =
  | { readonly type: "ready"; readonly pipelines: readonly { readonly name: string; readonly state: string; readonly error?: string }[] }
  /** `output` is what a person should read, as the process would have printed it. */
  | { readonly type: "failed"; readonly exitCode: number; readonly output: string };

export type StartOutcome = (StartReport & { readonly pid: number }) | { readonly type: "silent"; readonly pid: number };

export interface BackgroundProgram {
  readonly args: readonly string[];
  /** Gets what the process prints outside its log: crashes, and data of out.Stdout. Emptied at each start. */
  readonly outputFile: string;
  readonly readyWithinMs: number;
  readonly signal?: AbortSignal;
}

/** Starts this program again with other arguments, in the background. `silent`: it neither came up nor ended in time, and was ended. */
export async function startInBackground({ args, outputFile, readyWithinMs, signal }: BackgroundProgram): Promise<StartOutcome> {
  mkdirSync(dirname(outputFile), { recursive: true });
  const output = openSync(outputFile, "w", 0o640);
  closeSync(output);
  const appending = openSync(outputFile, "a");
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    detached: true, // A session of its own: Ctrl-C and the end of the terminal do not reach it.
    stdio: ["ignore", appending, appending, "ipc"],
    windowsHide: true,
    env: { ...process.env, DURE_BACKGROUND: "1" },
  });
  closeSync(appending);
  try {
    return await outcomeOf(child, readyWithinMs, signal);
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

async function outcomeOf(child: ChildProcess, readyWithinMs: number, signal: AbortSignal | undefined): Promise<StartOutcome> {
  const { promise, resolve, reject } = Promise.withResolvers<StartOutcome>();
  const pid = child.pid ?? 0;
  let failure: StartReport | undefined;
  child.on("error", reject);
  child.on("message", (report: StartReport) => {
    if (report.type === "ready") resolve({ ...report, pid });
    else failure = report; // Wait for its end: then its pid file and locks are gone too.
  });
  child.on("exit", (code, killedBy) => resolve({ ...(failure ?? { type: "failed", exitCode: code ?? 1, output: killedBy === null ? "" : `ended by ${killedBy}\n` }), pid }));
  const giveUp = () => {
    child.kill("SIGKILL");
    resolve({ type: "silent", pid });
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

export function isInBackground(): boolean {
  return process.env["DURE_BACKGROUND"] === "1" && process.send !== undefined;
}

/** Tells the waiting parent how the start went; does nothing in the foreground or when the parent has gone. */
export async function reportStart(report: StartReport): Promise<void> {
  if (!isInBackground() || !process.connected) return;
  await new Promise<void>((resolve) => process.send?.(report, undefined, {}, () => resolve()));
  if (process.connected) process.disconnect();
}

/** Keeps the background output file within its bound: what is printed there is rarely much, but nothing else would ever cut it. */
export function boundOutput(bytesMax: number): void {
  setInterval(() => {
    for (const file of [1, 2]) if (fstatSync(file).size > bytesMax) ftruncateSync(file, 0);
  }, 10_000).unref();
}
