// The processes of this system at one moment, and which of them belong to a tree. Looking costs some milliseconds, so whoever asks at about the same time shares one look.
import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** 0 where there are no groups. */
  readonly group: number;
  /** Changes when the number is given to another process. */
  readonly start: string;
  /** Its `DURE_TREE`, where we may read it. */
  readonly mark: string | undefined;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** What a tree is known by. */
export interface TreeRoot {
  readonly pid: number;
  readonly mark: string;
  /** Of the root, where it is no child of ours, which would keep its number until we know of its end. */
  readonly start?: string;
}

export class ProcessTable {
  readonly #byPid = new Map<number, ProcessEntry>();
  readonly #byMark = new Map<string, ProcessEntry[]>();
  readonly #byGroup = new Map<number, ProcessEntry[]>();
  readonly #byParent = new Map<number, ProcessEntry[]>();
  #ourselves: ReadonlySet<number> | undefined;

  constructor(entries: readonly ProcessEntry[]) {
    for (const entry of entries) {
      this.#byPid.set(entry.pid, entry);
      add(this.#byParent, entry.parent, entry);
      if (entry.group !== 0) add(this.#byGroup, entry.group, entry);
      if (entry.mark !== undefined) add(this.#byMark, entry.mark, entry);
    }
  }

  get(pid: number): ProcessEntry | undefined {
    return this.#byPid.get(pid);
  }

  marks(): Iterable<string> {
    return this.#byMark.keys();
  }

  /**
   * The root, its group, who carries its mark, and all they started; never we ourselves or who started us. Once the root has ended its number may be
   * another's: a process that has it and neither the mark nor the root's start is none of the tree, and neither is the group that it leads.
   */
  members({ pid, mark, start }: TreeRoot, hasRootEnded: boolean): ProcessEntry[] {
    const found = new Map<number, ProcessEntry>();
    const open: ProcessEntry[] = [...(this.#byMark.get(mark) ?? [])];
    const holder = this.#byPid.get(pid);
    const isRoot = holder !== undefined && (!hasRootEnded || holder.mark === mark || holder.start === start);
    if (isRoot) open.push(holder);
    if (isRoot || holder === undefined) open.push(...(this.#byGroup.get(pid) ?? []));
    if (holder === undefined) open.push(...(this.#byParent.get(pid) ?? [])); // Windows gives orphans no other parent.
    for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
      if (found.has(entry.pid) || this.isOneOfUs(entry.pid)) continue;
      found.set(entry.pid, entry);
      for (const child of this.#byParent.get(entry.pid) ?? []) open.push(child);
    }
    return [...found.values()];
  }

  /** The agent, or one of those that it was started by. */
  isOneOfUs(pid: number): boolean {
    this.#ourselves ??= this.#lineage(process.pid);
    return this.#ourselves.has(pid);
  }

  /** The process, and those it was started by. */
  #lineage(pid: number): ReadonlySet<number> {
    const line = new Set<number>();
    for (let at: number | undefined = pid; at !== undefined && !line.has(at); at = this.#byPid.get(at)?.parent) line.add(at);
    return line;
  }
}

/** As long as what looking takes, so many times, nobody looks again: the rest of the time is the processes'. */
const REST_FACTOR = 3;
/** On a machine that is busy (with a fork bomb, perhaps) looking takes seconds. */
const REST_MS_MAX = 50;
let asked: Promise<ProcessTable> | undefined;
let last: { readonly table: ProcessTable; readonly atMs: number; readonly tookMs: number } | undefined;

/** Looked at after it was asked for. */
export function nextTable(): Promise<ProcessTable> {
  asked ??= (async () => {
    const restMs = last === undefined ? 0 : last.atMs + Math.min(REST_FACTOR * last.tookMs, REST_MS_MAX) - performance.now();
    if (0 < restMs) await delay(restMs);
    else await turn(); // Whoever asks in the same turn is answered together.
    asked = undefined; // Whoever asks from here on wants a later one.
    return tableNow();
  })();
  return asked;
}

/** One that is not older than that. */
export async function recentTable(ageMsMax: number): Promise<ProcessTable> {
  return last !== undefined && performance.now() - last.atMs <= ageMsMax ? last.table : nextTable();
}

/** At once, whatever it costs. On Linux `onFound` hears of each process as soon as it is found. */
export async function tableNow(onFound?: (entry: ProcessEntry) => void): Promise<ProcessTable> {
  const { listProcesses } = await loaded();
  const beganMs = performance.now();
  const table = new ProcessTable(await listProcesses(onFound));
  const atMs = performance.now();
  last = { table, atMs, tookMs: atMs - beganMs };
  return table;
}

/** What differs between systems. */
function loaded(): Promise<{ listProcesses(onFound?: (entry: ProcessEntry) => void): ProcessEntry[] | Promise<ProcessEntry[]> }> {
  if (process.platform === "linux") return import("./linux-processes.ts");
  return process.platform === "win32" ? import("./windows-processes.ts") : import("./ps-processes.ts");
}

function add<Key>(map: Map<Key, ProcessEntry[]>, key: Key, entry: ProcessEntry): void {
  const entries = map.get(key);
  if (entries === undefined) map.set(key, [entry]);
  else entries.push(entry);
}
