// The file that says which process is the agent of a config, and that there is only one. It holds the process id and the start of
// that process, so that a file left by a crash, whose id the machine has given to another process since, is known to be stale.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { AppError, systemCode } from "#base/errors.ts";
import { processStart } from "#base/process-identity.ts";

export type AgentProcess =
  | { readonly state: "absent" }
  | { readonly state: "running"; readonly pid: number; readonly sinceMs: number }
  /** It ended without taking its file away: it crashed or was killed. */
  | { readonly state: "dead"; readonly pid: number };

/** Another agent holds the pid file. */
export class AlreadyRunning extends AppError {
  override readonly name = "AlreadyRunning";
  readonly code = "ALREADY_RUNNING";
  readonly pid: number;
  constructor(pid: number, file: string) {
    super(`another agent (process ${pid}) runs with this config: ${file}`, { hint: "Stop it first with `dure stop`, or give this one a pid_file and data_dir of its own." });
    this.pid = pid;
  }
}

interface Holder {
  readonly pid: number;
  readonly start: string;
  readonly sinceMs: number;
}

/** Who holds the file now. Throws what reading it throws, but for its absence. */
export function readPidFile(file: string): AgentProcess {
  const text = contentOf(file);
  if (text === undefined) return { state: "absent" };
  const holder = parseHolder(text);
  if (holder === undefined) return { state: "dead", pid: 0 };
  return isHeld(holder) ? { state: "running", pid: holder.pid, sinceMs: holder.sinceMs } : { state: "dead", pid: holder.pid };
}

/** Makes this process the agent; throws AlreadyRunning when there is one. What comes back gives the file up, if it is still ours. */
export function takePidFile(file: string, pid: number = process.pid): { release(): void } {
  mkdirSync(dirname(file), { recursive: true });
  const text = `${pid}\n${processStart(pid) ?? "unknown"}\n${Date.now()}\n`;
  const own = `${file}.${process.pid}.new`;
  writeFileSync(own, text);
  try {
    while (!tryLink(own, file)) takeAwayStale(file);
  } finally {
    rmSync(own, { force: true });
  }
  return {
    release() {
      if (contentOf(file) === text) rmSync(file, { force: true });
    },
  };
}

/** A link appears whole or not at all, and never over another: two agents that start at once cannot both hold the file. */
function tryLink(own: string, file: string): boolean {
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

function takeAwayStale(file: string): void {
  const text = contentOf(file);
  if (text === undefined) return; // Gone in between: try again.
  const holder = parseHolder(text);
  if (holder !== undefined && isHeld(holder)) throw new AlreadyRunning(holder.pid, file);
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  // Between reading and renaming another agent may have put its own file there: give it back.
  if (contentOf(aside) !== text) tryLink(aside, file);
  rmSync(aside, { force: true });
}

function isHeld({ pid, start }: Holder): boolean {
  const now = processStart(pid);
  return now !== undefined && (now === start || now === "unknown" || start === "unknown");
}

function parseHolder(text: string): Holder | undefined {
  const [pid = "", start = "", since = ""] = text.split("\n");
  return /^[1-9]\d*$/.test(pid) && start !== "" ? { pid: Number(pid), start, sinceMs: Number(since) } : undefined;
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
