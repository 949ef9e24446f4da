// Starts a child process that can be ended with all it starts: every program that runs for a user is started here.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { Readable, Writable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import type { CgroupHome, TreeGroup } from "./cgroup.ts";
import type { ChildEnd, ChildLimits, ChildSpec, ChildTree, ChildUsage } from "./child-tree.ts";
import { TreeEnd, signalGroup } from "./end-tree.ts";
import type { LiveTree } from "./end-tree.ts";
import { findProgram } from "./find-program.ts";
import { limitedStart, watchedLimits } from "./limits.ts";
import { recentTable } from "./process-table.ts";
import { verbatimArguments } from "./shell-command.ts";
import { signalNamed } from "./signal-name.ts";
import { userToBecome } from "./system-user.ts";
import { whyNotStarted } from "./why-not-started.ts";

/** Whoever asks for usage within this time of another gets what the other got. */
const USAGE_AGE_MS_MAX = 200;

/** How often limits are looked at that the system does not hold. */
const WATCH_MS = 1000;

/** Never throws: what could not be started says so in `ended`. Limits are held by `cgroups`, where there are any. */
export function startChild(spec: ChildSpec, cgroups?: CgroupHome): ChildTree {
  let group: TreeGroup | undefined;
  try {
    const become = becoming(spec.user);
    const limited = limitedOf(spec, become.uid !== undefined, cgroups);
    group = limited?.home?.make(spec.limits ?? {});
    const [program = "", ...args] = limited?.command ?? spec.command;
    const verbatim = process.platform === "win32" ? verbatimArguments(spec.command) : undefined;
    const child = spawn(program, verbatim ?? args, {
      windowsVerbatimArguments: verbatim !== undefined,
      cwd: spec.cwd,
      env: { ...spec.env, DURE_TREE: spec.mark },
      stdio: group === undefined ? [...spec.stdio] : [...spec.stdio, "pipe"],
      ...become,
      detached: process.platform !== "win32", // A group and a session of its own.
      windowsHide: true,
    });
    const { pid } = child;
    if (pid === undefined) {
      group?.remove();
      return neverStarted(spec, new Promise((resolve) => child.once("error", resolve)));
    }
    if (group !== undefined) letIn(child, pid, group);
    const started = new StartedChild(child, pid, spec.mark, group);
    if (spec.limits !== undefined) started.watch(watchedLimits(spec.limits, become.uid !== undefined, cgroups));
    return started;
  } catch (error) {
    group?.remove();
    return neverStarted(spec, Promise.resolve(error));
  }
}

/** The shell that is going to be the program waits for a line before it is. */
function letIn(child: ChildProcess, pid: number, group: TreeGroup): void {
  const gate = child.stdio[3] as Writable;
  gate.on("error", () => {}); // It was ended before.
  try {
    group.admit(pid);
  } catch (error) {
    child.on("error", () => {});
    child.kill("SIGKILL");
    gate.destroy();
    throw error;
  }
  gate.end("go\n", () => gate.destroy());
}

function limitedOf(spec: ChildSpec, isOtherUser: boolean, cgroups: CgroupHome | undefined): ReturnType<typeof limitedStart> {
  const { command, cwd, env } = spec;
  const limited = spec.limits === undefined ? undefined : limitedStart(spec, isOtherUser, cgroups);
  const [program = ""] = command;
  // The shell would be started in any case: what the system says of the program has to be found out before.
  if (limited !== undefined && findProgram(program, cwd, env["PATH"]) === undefined) {
    const isThere = program.includes("/") && statSync(resolve(cwd, program), { throwIfNoEntry: false }) !== undefined;
    throw Object.assign(new Error("not to be started"), { code: isThere ? "EACCES" : "ENOENT" });
  }
  return limited;
}

function becoming(user: string | undefined): { uid?: number; gid?: number } {
  const found = user === undefined ? undefined : userToBecome(user);
  return found === undefined ? {} : { uid: found.uid, gid: found.gid };
}

class StartedChild implements ChildTree {
  readonly pid: number;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly ended: Promise<ChildEnd>;
  readonly #tree: LiveTree;
  #hasEnded = false;
  #end: TreeEnd | undefined;
  #watch: NodeJS.Timeout | undefined;
  #overLimit: keyof ChildLimits | undefined;

  constructor(child: ChildProcess, pid: number, mark: string, group: TreeGroup | undefined) {
    this.pid = pid;
    const { stdin, stdout, stderr } = child;
    [this.stdin, this.stdout, this.stderr] = [stdin, stdout, stderr];
    for (const stream of [stdin, stdout, stderr]) stream?.on("error", () => {}); // The end of the child says all there is to say.
    const { promise, resolve } = Promise.withResolvers<ChildEnd>();
    this.ended = promise;
    child.once("exit", (code, signal) => {
      this.#hasEnded = true;
      group?.remove(); // Others of the tree keep it until they have ended.
      clearInterval(this.#watch);
      resolve({ code, signal, ...(this.#overLimit === undefined ? {} : { overLimit: this.#overLimit }) });
    });
    child.on("error", () => {}); // Of a signal that came too late.
    const hasEnded = (): boolean => this.#hasEnded;
    this.#tree = {
      pid,
      mark,
      group,
      rootEnded: promise,
      get hasRootEnded() {
        return hasEnded();
      },
    };
  }

  /** Ends the tree when it has more. */
  watch({ memoryBytesMax = Number.POSITIVE_INFINITY, processesMax = Number.POSITIVE_INFINITY }: Pick<ChildLimits, "memoryBytesMax" | "processesMax">): void {
    if (memoryBytesMax === Number.POSITIVE_INFINITY && processesMax === Number.POSITIVE_INFINITY) return;
    const look = async (): Promise<void> => {
      const { residentBytes, processes } = await this.usage();
      if (this.#hasEnded || (residentBytes <= memoryBytesMax && processes <= processesMax)) return;
      this.#overLimit ??= memoryBytesMax < residentBytes ? "memoryBytesMax" : "processesMax";
      await this.end({ signal: "SIGKILL", waitMs: 0 });
    };
    // A look that fails is made again.
    this.#watch = setInterval(() => void look().catch(() => {}), WATCH_MS).unref();
  }

  signal(name: string): boolean {
    const signal = signalNamed(name);
    return !this.#hasEnded && signalGroup(this.pid, signal);
  }

  async end({ signal, waitMs }: { readonly signal: string; readonly waitMs: number }): Promise<readonly number[]> {
    const named = signalNamed(signal);
    if (this.#end === undefined) this.#end = new TreeEnd(this.#tree, named, waitMs);
    else this.#end.hasten(waitMs);
    return this.#end.gone;
  }

  async usage(): Promise<ChildUsage> {
    const table = await recentTable(USAGE_AGE_MS_MAX);
    const members = table.members(this.#tree, this.#hasEnded);
    return {
      cpuSeconds: members.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
      residentBytes: members.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
      processes: members.length,
    };
  }
}

/** Its pipes are at their end, as those of a child that ended at once. */
function neverStarted(spec: ChildSpec, failure: Promise<unknown>): ChildTree {
  const [stdin, stdout, stderr] = spec.stdio;
  const atEnd = (): Readable => Readable.from([]);
  const closed = new Writable({ write: (_chunk, _encoding, done) => done() });
  closed.on("error", () => {});
  closed.destroy();
  return {
    pid: undefined,
    stdin: stdin === "pipe" ? closed : null,
    stdout: stdout === "pipe" ? atEnd() : null,
    stderr: stderr === "pipe" ? atEnd() : null,
    ended: saidLater(failure, spec),
    signal: (name) => signalNamed(name) === undefined,
    end: async () => [],
    usage: async () => ({ cpuSeconds: 0, residentBytes: 0, processes: 0 }),
  };
}

/** In a later turn, as the end of any child: whoever starts it again at once leaves others their turns. */
async function saidLater(failure: Promise<unknown>, spec: ChildSpec): Promise<ChildEnd> {
  const error = whyNotStarted(await failure, spec);
  await turn();
  return { code: null, signal: null, error };
}
