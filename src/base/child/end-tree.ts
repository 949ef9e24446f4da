// The end of a tree: it is asked, waited for, and what is left is killed in rounds until nobody of it is there.
import { setTimeout as delay } from "node:timers/promises";
import { assert } from "../assert.ts";
import { systemCode } from "../errors.ts";
import type { TreeGroup } from "./cgroup.ts";
import { nextTable, tableNow } from "./process-table.ts";
import type { ProcessEntry, ProcessTable, TreeRoot } from "./process-table.ts";

/** A tree as it is now. */
export interface LiveTree extends TreeRoot {
  readonly hasRootEnded: boolean;
  /** Resolves when the root has. */
  readonly rootEnded: Promise<unknown>;
  /** What holds its limits, and knows of each of its processes. */
  readonly group?: TreeGroup | undefined;
}

const POLL_MS_MIN = 2;
const POLL_MS_MAX = 100;
/** So often in a row a tree that grows while it is being killed is made to stand still. */
const STANDSTILLS_MAX = 100;
/** So many may be a tree that grows, already when they are looked at for the first time. */
const CROWD = 20;
/** What is still there after so long is another user's, or hangs in the kernel. */
const GIVEN_UP_AFTER_MS = 60_000;

export class TreeEnd {
  /** Resolves when the tree is gone, with the numbers of those that could not be killed. */
  readonly gone: Promise<readonly number[]>;
  readonly #tree: LiveTree;
  #killAtMs: number;
  #wake = (): void => {};

  constructor(tree: LiveTree, signal: NodeJS.Signals, waitMs: number) {
    this.#tree = tree;
    this.#killAtMs = performance.now() + waitMs;
    // At once, before anything is waited for: whoever asks may be about to end himself.
    if (!tree.hasRootEnded && (waitMs <= 0 || signal === "SIGKILL")) signalGroup(tree.pid, "SIGKILL");
    this.gone = this.#run(signal, waitMs).finally(() => tree.group?.remove());
  }

  hasten(waitMs: number): void {
    this.#killAtMs = Math.min(this.#killAtMs, performance.now() + waitMs);
    this.#wake();
  }

  async #run(signal: NodeJS.Signals, waitMs: number): Promise<readonly number[]> {
    if (0 < waitMs && signal !== "SIGKILL") {
      const table = await nextTable();
      signalAll(this.#tree, table, signal);
      signalAll(this.#tree, table, "SIGCONT"); // What was stopped hears of it as well.
      if (await this.#hasGone()) return [];
    }
    return killAll(this.#tree);
  }

  async #hasGone(): Promise<boolean> {
    for (let pauseMs = POLL_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, POLL_MS_MAX)) {
      if (this.#tree.hasRootEnded && membersIn(await nextTable(), this.#tree).length === 0) return true;
      const restMs = this.#killAtMs - performance.now();
      if (restMs <= 0) return false;
      await this.#pause(this.#tree.hasRootEnded ? Math.min(pauseMs, restMs) : restMs);
    }
  }

  /** Until then, until the root ends, or until it is hastened. */
  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, ms);
    if (!this.#tree.hasRootEnded) void this.#tree.rootEnded.then(() => resolve());
    await promise;
    clearTimeout(timer);
  }
}

/** Resolves with the numbers of those that could not be killed. */
async function killAll(tree: LiveTree): Promise<readonly number[]> {
  const seen = new Set<string>();
  const giveUpAtMs = performance.now() + GIVEN_UP_AFTER_MS;
  let standstills = 0;
  let table = await nextTable();
  for (let pauseMs = POLL_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, POLL_MS_MAX)) {
    const found = membersIn(table, tree);
    if (found.length === 0) {
      await tree.rootEnded;
      return [];
    }
    const isGrowing = (0 < seen.size || CROWD < found.length) && found.some((entry) => !seen.has(nameOf(entry)));
    if (isGrowing && standstills < STANDSTILLS_MAX) {
      // Killing some makes room for more. What stands still has no children, and leaves us the processor to look for the others.
      standstills += 1;
      for (const entry of found) signalOne(entry.pid, "SIGSTOP");
      for (const entry of found) seen.add(nameOf(entry));
      const before = table;
      table = await tableNow(({ pid, mark }) => void (mark === tree.mark && !before.isOneOfUs(pid) && signalOne(pid, "SIGSTOP")));
      continue;
    }
    for (const entry of found) seen.add(nameOf(entry));
    signalAll(tree, table, "SIGKILL");
    if (giveUpAtMs < performance.now()) return found.map(({ pid }) => pid);
    await delay(pauseMs);
    table = await nextTable();
  }
}

function membersIn(table: ProcessTable, tree: LiveTree): ProcessEntry[] {
  const found = table.members(tree, tree.hasRootEnded);
  const known = new Set(found.map(({ pid }) => pid));
  for (const pid of tree.group?.pids() ?? []) {
    if (known.has(pid)) continue;
    found.push(table.get(pid) ?? { pid, parent: 0, group: 0, start: "", mark: tree.mark, cpuSeconds: 0, residentBytes: 0 }); // Younger than the table.
  }
  return found;
}

/** The group at one blow, so that none of it can start another meanwhile; then who has left it. */
function signalAll(tree: LiveTree, table: ProcessTable, signal: NodeJS.Signals): void {
  if (signal === "SIGKILL") tree.group?.kill();
  const found = membersIn(table, tree);
  const areWeInIt = table.get(process.pid)?.group === tree.pid; // Somebody of a tree that was left over started us.
  const isGroupThere = !tree.hasRootEnded || found.some((entry) => entry.group === tree.pid);
  const isAtOneBlow = isGroupThere && !areWeInIt;
  if (isAtOneBlow) signalGroup(tree.pid, signal);
  for (const entry of found) if (!isAtOneBlow || entry.group !== tree.pid) signalOne(entry.pid, signal);
}

/** False: there is none. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  return signalOne(process.platform === "win32" ? pid : -pid, signal);
}

function signalOne(pid: number, signal: NodeJS.Signals): boolean {
  assert(1 < Math.abs(pid)); // 0 is our own group, -1 are all processes, 1 is the system's first.
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM"; // It is there, but not ours.
  }
}

function nameOf({ pid, start }: ProcessEntry): string {
  return `${pid} ${start}`;
}
