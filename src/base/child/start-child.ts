// Starts a child process that can be ended with all it starts: every program that runs for a user is started here.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { Readable, Writable } from "node:stream";
import type { ChildEnd, ChildSpec, ChildTree, ChildUsage } from "./child-tree.ts";
import { TreeEnd, signalGroup } from "./end-tree.ts";
import type { LiveTree } from "./end-tree.ts";
import { recentTable } from "./process-table.ts";
import { signalNamed } from "./signal-name.ts";
import { userToBecome } from "./system-user.ts";
import { whyNotStarted } from "./why-not-started.ts";

/** Whoever asks for usage within this time of another gets what the other got. */
const USAGE_AGE_MS_MAX = 200;

/** Never throws: what could not be started says so in `ended`. */
export function startChild(spec: ChildSpec): ChildTree {
  const { command, cwd, env, stdio, user, mark } = spec;
  let child: ChildProcess;
  try {
    const [program = "", ...args] = command;
    child = spawn(program, args, {
      cwd,
      env: { ...env, DURE_TREE: mark },
      stdio: [...stdio],
      ...becoming(user),
      detached: process.platform !== "win32", // A group and a session of its own.
      windowsHide: true,
    });
  } catch (error) {
    return neverStarted(spec, Promise.resolve(error));
  }
  const { pid } = child;
  if (pid === undefined) return neverStarted(spec, new Promise((resolve) => child.once("error", resolve)));
  return new StartedChild(child, pid, mark);
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

  constructor(child: ChildProcess, pid: number, mark: string) {
    this.pid = pid;
    const { stdin, stdout, stderr } = child;
    [this.stdin, this.stdout, this.stderr] = [stdin, stdout, stderr];
    for (const stream of [stdin, stdout, stderr]) stream?.on("error", () => {}); // The end of the child says all there is to say.
    const { promise, resolve } = Promise.withResolvers<ChildEnd>();
    this.ended = promise;
    child.once("exit", (code, signal) => {
      this.#hasEnded = true;
      resolve({ code, signal });
    });
    child.on("error", () => {}); // Of a signal that came too late.
    const hasEnded = (): boolean => this.#hasEnded;
    this.#tree = {
      pid,
      mark,
      rootEnded: promise,
      get hasRootEnded() {
        return hasEnded();
      },
    };
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
    ended: failure.then((error) => ({ code: null, signal: null, error: whyNotStarted(error, spec) })),
    signal: (name) => signalNamed(name) === undefined,
    end: async () => [],
    usage: async () => ({ cpuSeconds: 0, residentBytes: 0, processes: 0 }),
  };
}
