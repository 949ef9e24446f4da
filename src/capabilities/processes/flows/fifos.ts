// Named pipes in the data folder. The child has its one open for reading too: a killed agent neither ends it nor takes with it what it had printed.
import { execFile } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { toError } from "#base/errors.ts";
import { fileSafeName } from "#base/file-name.ts";
import type { Log } from "#sdk/plugin.ts";

/** Elsewhere a child gets plain pipes, and what it printed last goes with a killed agent. */
const ARE_THERE = process.platform === "linux" || process.platform === "darwin";
/** Names for one `mkfifo`. */
const BATCH = 200;
const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = fs.constants;

export class Fifos {
  readonly #dir: string;
  readonly #log: Log;
  #wanted: { readonly path: string; readonly tell: (isMade: boolean) => void }[] = [];
  #isMaking = false;
  #isRefusalSaid = false;

  constructor(dir: string, log: Log) {
    this.#dir = join(dir, "fifo");
    this.#log = log;
  }

  /** Where the standard output of an instance goes through. */
  outputPath(process: string, instance: number): string {
    return `${this.#dir}/${fileSafeName(process)}.${instance}.out`; // Joined by hand: all processes are started at once.
  }

  /** Where what is read from it lands. */
  landingPath(process: string, instance: number): string {
    return `${this.#dir}/${fileSafeName(process)}.${instance}.read`;
  }

  /** Of a pipe between two processes. */
  joinPath(from: string, to: string): string {
    return join(this.#dir, `${fileSafeName(from)}~to~${fileSafeName(to)}.pipe`);
  }

  /** Of a process, the instances whose pipe lies there, of the agent before. The folder is read once for all. */
  outputsLeft(): (process: string) => readonly { readonly instance: number; readonly path: string }[] {
    const left = new Map<string, { instance: number; path: string }[]>();
    for (const name of fs.existsSync(this.#dir) ? fs.readdirSync(this.#dir) : []) {
      const [, process, instance] = /^(.*)\.(\d+)\.out$/s.exec(name) ?? [];
      if (process === undefined) continue;
      const one = { instance: Number(instance), path: join(this.#dir, name) };
      left.set(process, [...(left.get(process) ?? []), one]);
    }
    return (process) => left.get(fileSafeName(process)) ?? [];
  }

  /** Makes it, if it is not there. False: there is none. Many at once are made by one program. */
  async make(path: string): Promise<boolean> {
    if (!ARE_THERE) return false;
    if (this.isThere(path)) return true;
    return new Promise((tell) => {
      this.#wanted.push({ path, tell });
      if (this.#isMaking) return;
      this.#isMaking = true;
      setImmediate(() => void this.#makeWanted());
    });
  }

  isThere(path: string): boolean {
    return fs.lstatSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
  }

  async #makeWanted(): Promise<void> {
    fs.mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    while (0 < this.#wanted.length) {
      const batch = this.#wanted.splice(0, BATCH);
      const paths = [...new Set(batch.map(({ path }) => path))];
      for (const path of paths) fs.rmSync(path, { force: true });
      const problem = await new Promise<Error | null>((resolve) => execFile("mkfifo", ["-m", "600", ...paths], (error) => resolve(error)));
      if (problem !== null) this.#sayRefusal(problem);
      for (const { path, tell } of batch) tell(this.isThere(path));
    }
    this.#isMaking = false;
  }

  #sayRefusal(problem: unknown): void {
    if (this.#isRefusalSaid) return;
    this.#isRefusalSaid = true;
    this.#log.warn("no named pipe can be made: what processes print last is lost should the agent be killed", { dir: this.#dir, error: toError(problem).message });
  }
}

/** For the child: opened both ways, it waits for nobody, and there is always somebody to read. */
export function openBothWays(path: string): number {
  return fs.openSync(path, O_RDWR);
}

/** For us. Its end comes when nobody has it open for writing any more. */
export function openForReading(path: string): number {
  return fs.openSync(path, O_RDONLY | O_NONBLOCK);
}

/** There has to be somebody who has it open for reading. */
export function openForWriting(path: string): number {
  return fs.openSync(path, O_WRONLY | O_NONBLOCK);
}
