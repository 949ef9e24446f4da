// One owner at a time for a folder or file, told apart by process: a lock file holds the owner's pid. A lock whose
// owner is gone (killed, or the machine or container was started anew) is taken over.
import { closeSync, linkSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { uptime } from "node:os";
import { isAlive } from "./alive.ts";
import { systemCode, UsageError } from "./errors.ts";

/** Clocks of the file system and of the system's start may differ by this much. */
const BOOT_SLACK_MS = 5000;
/** Locks of this thread: a second owner in the same thread is a mistake as well. */
const held = new Set<string>();

export interface FileLock {
  release(): void;
}

/** Takes the lock or throws UsageError naming the owner's pid; other failures are the file system's own. */
export function lockFile(path: string, what: string): FileLock {
  if (held.has(path)) throw new UsageError(`${what} is already in use in this process`, { hint: "Give each pipeline a name and a folder of its own." });
  for (let attempt = 0; !tryCreate(path); attempt += 1) {
    const owner = ownerOf(path);
    if (owner !== undefined || 10 <= attempt) throw inUse(path, what, owner);
    takeAway(path, what);
  }
  held.add(path);
  return {
    release() {
      if (held.delete(path)) rmSync(path, { force: true });
    },
  };
}

function tryCreate(path: string): boolean {
  try {
    const fd = openSync(path, "wx");
    try {
      writeSync(fd, `${process.pid} ${startOf(process.pid)}\n`);
    } finally {
      closeSync(fd);
    }
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** Pid of the living owner of the lock, or undefined when nobody lives who could hold it. */
function ownerOf(path: string): number | undefined {
  try {
    const [pid = 0, start = "?"] = readFileSync(path, "latin1").trim().split(" ").map((word, index) => (index === 0 ? Number(word) : word)) as [number?, string?];
    // Our own pid: left by a thread of ours that broke down, or by an earlier life with the same pid (a container's pid 1).
    if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return undefined;
    if (statSync(path).mtimeMs < Date.now() - uptime() * 1000 - BOOT_SLACK_MS) return undefined;
    const now = startOf(pid);
    return isAlive(pid) && (now === "?" || start === "?" || now === start) ? pid : undefined;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Removes a lock judged dead. Two may judge at once: renaming shows which lock was really taken away. */
function takeAway(path: string, what: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  const owner = ownerOf(aside);
  try {
    if (owner !== undefined) linkSync(aside, path);
  } finally {
    rmSync(aside, { force: true });
  }
  if (owner !== undefined) throw inUse(path, what, owner);
}

function inUse(path: string, what: string, owner: number | undefined): UsageError {
  return new UsageError(`${what} is in use by another agent${owner === undefined ? "" : ` (process ${owner})`}: ${path}`, { hint: "Stop the other agent, or give this one another data folder." });
}

/** When the process started, in the kernel's ticks: tells a reused pid from the old owner. "?" where the system does not say. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A killed process stays as a zombie until its parent looks at it; it holds nothing any more.
    return fields[0] === "Z" ? "gone" : (fields[19] ?? "?");
  } catch {
    return "?"; // Not Linux, or the process is gone: its pid alone decides.
  }
}
