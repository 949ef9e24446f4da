// The processes of Linux, from /proc: one short read for each, and its environment only while it is young (a program is never marked later than by its start).
import { closeSync, openSync, readFileSync, readSync, readdirSync } from "node:fs";
import type { ProcessEntry } from "./process-table.ts";

/** What a process's environment says of its tree. */
const MARK = Buffer.from("DURE_TREE=");
/** Between fork and exec a process has the environment of the one it was made of. Older than this it has its own. */
const YOUNG_SECONDS = 10;
const AT_PAGESZ = 6;
const AT_CLKTCK = 17;

interface Known {
  readonly start: string;
  readonly mark: string | undefined;
}

let known = new Map<number, Known>();
const scratch = Buffer.allocUnsafeSlow(64 << 10);
const { pageBytes, ticksPerSecond } = unitsOf();

/** `onFound` hears of each as soon as it is found. */
export function listProcesses(onFound: (entry: ProcessEntry) => void = () => {}): ProcessEntry[] {
  const uptimeSeconds = Number(readFileSync("/proc/uptime", "latin1").split(" ", 1)[0]);
  const entries: ProcessEntry[] = [];
  const stillKnown = new Map<number, Known>();
  for (const name of readdirSync("/proc")) {
    const first = name.charCodeAt(0);
    if (first < 0x30 || 0x39 < first) continue;
    const stat = textOf(`/proc/${name}/stat`);
    if (stat === undefined) continue; // Gone since.
    // Behind the name, which is in brackets and may hold anything: state, parent, group, ….
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") continue; // Ended, only not yet collected by its parent.
    const pid = Number(name);
    const start = fields[19] ?? "";
    const before = known.get(pid);
    const isKnown = before?.start === start;
    const mark = isKnown ? before.mark : markOf(name);
    if (isKnown || YOUNG_SECONDS < uptimeSeconds - Number(start) / ticksPerSecond) stillKnown.set(pid, { start, mark });
    const entry: ProcessEntry = {
      pid,
      parent: Number(fields[1]),
      group: Number(fields[2]),
      start,
      mark,
      // Its own, and of what it started and collected.
      cpuSeconds: (Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14])) / ticksPerSecond,
      residentBytes: Number(fields[21]) * pageBytes,
    };
    onFound(entry);
    entries.push(entry);
  }
  known = stillKnown;
  return entries;
}

function markOf(pid: string): string | undefined {
  const environment = bytesOf(`/proc/${pid}/environ`);
  if (environment === undefined) return undefined;
  for (let at = environment.indexOf(MARK); at !== -1; at = environment.indexOf(MARK, at + 1)) {
    if (at !== 0 && environment[at - 1] !== 0) continue;
    const end = environment.indexOf(0, at);
    return environment.toString("utf8", at + MARK.length, end === -1 ? environment.length : end);
  }
  return undefined;
}

function textOf(path: string): string | undefined {
  return bytesOf(path)?.toString("latin1");
}

/** Undefined: it is gone, or is not ours to read. The bytes are good until the next call. */
function bytesOf(path: string): Buffer | undefined {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    return undefined;
  }
  try {
    const bytes = readSync(fd, scratch);
    if (bytes < scratch.length) return scratch.subarray(0, bytes);
    const parts = [Buffer.from(scratch)];
    for (let more = readSync(fd, scratch); 0 < more; more = readSync(fd, scratch)) parts.push(Buffer.from(scratch.subarray(0, more)));
    return Buffer.concat(parts);
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/** The kernel tells each process in which units it counts. */
function unitsOf(): { pageBytes: number; ticksPerSecond: number } {
  const units = new Map<number, number>();
  try {
    const facts = readFileSync("/proc/self/auxv");
    for (let at = 0; at + 16 <= facts.length; at += 16) units.set(Number(facts.readBigUInt64LE(at)), Number(facts.readBigUInt64LE(at + 8)));
  } catch {
    // Hidden from us: then what is usual holds.
  }
  return { pageBytes: units.get(AT_PAGESZ) ?? 4096, ticksPerSecond: units.get(AT_CLKTCK) ?? 100 };
}
