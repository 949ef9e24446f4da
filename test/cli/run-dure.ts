// Runs the real program, as a user does: through the launcher, in a folder of its own.
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const DURE = join(ROOT, process.platform === "win32" ? "dure.cmd" : "dure");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningDure {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<Ended>;
  /** Resolves when what was printed so far fits; rejects when the process ends before it does, or does not print it. */
  printed(pattern: RegExp): Promise<void>;
  /** The end of what it has printed so far, for the message of a failure. */
  said(): string;
}

export interface Folder {
  readonly path: string;
  file(...parts: string[]): string;
  write(name: string, text: string): string;
  dure(args: readonly string[], options?: { readonly env?: Record<string, string>; readonly program?: string }): Promise<Ended>;
  spawn(args: readonly string[], options?: { readonly env?: Record<string, string>; readonly program?: string }): RunningDure;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A folder that goes with the test; an agent that a failed test left running in it is stopped first. */
export function folder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "dure-cli-"));
  const running = new Set<RunningDure>();
  const self: Folder = {
    path,
    file: (...parts) => join(path, ...parts),
    write(name, text) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
      return name;
    },
    dure: (args, options) => self.spawn(args, options).ended,
    spawn(args, { env = {}, program = DURE } = {}) {
      const started = start(program, args, path, env);
      running.add(started);
      void started.ended.finally(() => running.delete(started));
      return started;
    },
    async [Symbol.asyncDispose]() {
      for (const { child } of running) child.kill("SIGKILL");
      await Promise.all([...running].map(({ ended }) => ended));
      rmSync(path, { recursive: true, force: true });
    },
  };
  return self;
}

function start(program: string, args: readonly string[], cwd: string, env: Record<string, string>): RunningDure {
  const { NO_COLOR: _, FORCE_COLOR: __, DURE_LANG: ___, ...inherited } = process.env;
  const child = spawn(program, args, { cwd, stdio: ["pipe", "pipe", "pipe"], env: { ...inherited, LC_ALL: "C.UTF-8", ...env } });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => {}); // It may end before it has read all.
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const said = (): string => JSON.stringify((stdout + stderr).slice(-SAID_MAX));
  return {
    child,
    ended,
    said,
    async printed(pattern) {
      let end: Ended | undefined;
      void ended.then((seen) => (end = seen));
      const isPrinted = (): boolean => pattern.test(stdout + stderr);
      const isSettled = (): boolean => isPrinted() || end !== undefined;
      await until(isSettled, () => `it has printed ${String(pattern)}, but ${said()}`);
      if (!isPrinted()) throw new Error(`it ended without printing ${String(pattern)}: ${JSON.stringify(end)}`);
    },
  };
}

const SAID_MAX = 4000;
/** Of one look and the pause behind it, no more is counted. */
const TURN_MS_MAX = 5000;

/** Asks again until the answer is yes; a bound so that a failure is a failure and not a wait. A machine that stood still (a virtual one that was held) had no time to do it in. */
export async function until(isTrue: () => boolean | Promise<boolean>, what: string | (() => string), withinMs = 60_000): Promise<void> {
  for (let [waitedMs, sinceMs] = [0, performance.now()]; ; ) {
    if (await isTrue()) return;
    if (waitedMs > withinMs) throw new Error(`not within ${withinMs} ms: ${typeof what === "string" ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const nowMs = performance.now();
    waitedMs += Math.min(TURN_MS_MAX, nowMs - sinceMs);
    sinceMs = nowMs;
  }
}
