// Keeps named pipes alive: what is in a pipe is gone when nobody has it open, and a source may be killed together with the agent. So a program that does nothing has
// the reading ends open, too, until the agent after has read what is in them.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import type { Log } from "#sdk/plugin.ts";
import { openForReading } from "./fifos.ts";

/** Half a century: there is no word for "for ever" that every `sleep` knows. */
const IDLE = ["sleep", "1577836800"] as const;
/** From so many on, one takes over what all of them hold. */
const HOLDERS_MAX = 4;
const PIPES_MAX = 500;
/** One that ends sooner than this has no wish to live. */
const LIFE_MS_MIN = 1000;

export class PipeHolder {
  readonly #mark: string;
  readonly #log: Log;
  /** What each holds: paths, and which file each stood for then. */
  readonly #holders = new Map<ChildProcess, ReadonlyMap<string, number>>();
  #wanted: { readonly path: string; readonly tell: () => void }[] = [];
  #isClosed = false;
  #isRefusalSaid = false;

  /** `mark`: by which the next agent finds it. */
  constructor(mark: string, log: Log) {
    this.#mark = mark;
    this.#log = log;
  }

  /** Resolves when it is held. Many at once are held by one. */
  hold(path: string): Promise<void> {
    if (this.#isHeld(path) || this.#isClosed) return Promise.resolve();
    return new Promise((tell) => {
      this.#wanted.push({ path, tell });
      if (this.#wanted.length === 1) setImmediate(() => this.#holdWanted());
    });
  }

  /** All has been read. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#holders.keys()].map(end));
  }

  #isHeld(path: string): boolean {
    const inode = inodeOf(path);
    return this.#holders.values().some((held) => held.get(path) === inode);
  }

  #holdWanted(): void {
    const wanted = this.#wanted;
    this.#wanted = [];
    if (!this.#isClosed) {
      const before = HOLDERS_MAX <= this.#holders.size + 1 ? [...this.#holders] : [];
      const paths = [...new Set([...before.flatMap(([, held]) => [...held.keys()]), ...wanted.map(({ path }) => path)])];
      for (let at = 0; at < paths.length; at += PIPES_MAX) this.#start(paths.slice(at, at + PIPES_MAX));
      for (const [holder] of before) void end(holder);
    }
    for (const { tell } of wanted) tell();
  }

  #start(paths: readonly string[]): void {
    const fds = new Map<string, number>();
    try {
      for (const path of paths) {
        const fd = openIfThere(path);
        if (fd !== undefined) fds.set(path, fd);
      }
      const inodes = new Map([...fds].map(([path, fd]) => [path, fs.fstatSync(fd).ino]));
      const holder = spawn(IDLE[0], IDLE.slice(1), { detached: true, cwd: "/", env: { ...pathOnly(), DURE_TREE: this.#mark }, stdio: ["ignore", "ignore", "ignore", ...fds.values()] });
      this.#holders.set(holder, inodes);
      const begin = performance.now();
      holder.once("error", (error) => this.#sayRefusal(error));
      holder.once("close", () => {
        this.#holders.delete(holder);
        // Somebody ended it.
        if (!this.#isClosed && !holder.killed && LIFE_MS_MIN < performance.now() - begin) for (const path of inodes.keys()) void this.hold(path);
      });
      holder.unref();
    } finally {
      for (const fd of fds.values()) fs.closeSync(fd);
    }
  }

  #sayRefusal(error: Error): void {
    if (this.#isRefusalSaid) return;
    this.#isRefusalSaid = true;
    this.#log.warn("nobody holds the pipes of processes open beside the agent: what they print last is lost should both be killed together", { error: error.message });
  }
}

async function end(holder: ChildProcess): Promise<void> {
  if (holder.pid === undefined || holder.exitCode !== null || holder.signalCode !== null) return;
  const ended = once(holder, "close");
  holder.ref();
  holder.kill("SIGKILL");
  await ended;
}

function pathOnly(): Readonly<Record<string, string>> {
  const path = process.env["PATH"];
  return path === undefined ? {} : { PATH: path };
}

function inodeOf(path: string): number | undefined {
  return fs.statSync(path, { throwIfNoEntry: false })?.ino;
}

function openIfThere(path: string): number | undefined {
  try {
    return openForReading(path);
  } catch {
    return undefined; // Its process went meanwhile.
  }
}
