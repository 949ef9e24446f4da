// Which children are there, in a file, for the agent that comes after one that was killed. Where a process's environment can be read its mark says as much;
// elsewhere, and for a program that has cleared its environment, only this does.
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { systemCode, toError } from "../errors.ts";
import { processStart } from "../process-identity.ts";

export interface ChildRecord {
  readonly pid: number;
  readonly mark: string;
  /** On Linux the start itself; elsewhere, where asking for it takes long, `~` and the milliseconds since 1970 when it was recorded. */
  readonly start: string;
}

/** Lines of those that are gone may be so many before the file is written anew. */
const GARBAGE_LINES_MAX = 500;
const FILE_BYTES_MAX = 16 << 20;

export class ChildRecords {
  /** Of the agent before this one. They stay in the file until they are removed. */
  readonly left: readonly ChildRecord[];
  readonly #file: string;
  readonly #onFault: (fault: Error) => void;
  readonly #living = new Map<number, ChildRecord>();
  #garbageLines = 0;
  #fd: number | undefined;
  #isFaulty = false;

  /** What another run kept in that file. Throws nothing: what cannot be read says nothing. */
  static read(file: string): readonly ChildRecord[] {
    try {
      return [...livingIn(file).values()];
    } catch {
      return [];
    }
  }

  /** A file that cannot be read or written is told to `onFault`, once until it can be again, and done without. */
  constructor(file: string, onFault: (fault: Error) => void) {
    this.#file = file;
    this.#onFault = onFault;
    try {
      for (const [pid, record] of livingIn(file)) this.#living.set(pid, record);
    } catch (error) {
      onFault(toError(error));
    }
    this.left = [...this.#living.values()];
    this.#tidy();
  }

  add({ pid, mark }: { readonly pid: number; readonly mark: string }): void {
    const start = process.platform === "linux" ? processStart(pid) : `~${Date.now()}`;
    if (start === undefined) return; // Gone already.
    const record = { pid, mark, start };
    this.#living.set(pid, record);
    this.#write(record);
  }

  remove(pid: number): void {
    if (!this.#living.delete(pid)) return;
    this.#garbageLines += 2;
    if (GARBAGE_LINES_MAX < this.#garbageLines) this.#tidy();
    else this.#write({ pid });
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #write(line: Partial<ChildRecord>): void {
    try {
      this.#fd ??= openSync(this.#file, "a");
      // A line that was cut by a full disk is ended first, so that it takes no other along.
      writeSync(this.#fd, `${this.#isFaulty ? "\n" : ""}${JSON.stringify(line)}\n`);
      this.#isFaulty = false;
    } catch (error) {
      this.#say(error);
    }
  }

  /** The file anew, with nothing in it but those that live; the old one is there until the new one is whole. */
  #tidy(): void {
    this.close();
    this.#garbageLines = 0;
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      writeFileSync(`${this.#file}.new`, [...this.#living.values()].map((record) => `${JSON.stringify(record)}\n`).join(""), { mode: 0o600 });
      renameSync(`${this.#file}.new`, this.#file);
      this.#isFaulty = false;
    } catch (error) {
      this.#say(error);
    }
  }

  #say(error: unknown): void {
    if (!this.#isFaulty) this.#onFault(toError(error));
    this.#isFaulty = true;
  }
}

function livingIn(file: string): Map<number, ChildRecord> {
  const living = new Map<number, ChildRecord>();
  for (const record of recordsIn(file)) {
    if (record.start === undefined) living.delete(record.pid);
    else living.set(record.pid, { ...record, start: record.start });
  }
  return living;
}

/** Without a start it was removed. What is torn or not ours is passed over. */
function recordsIn(file: string): { pid: number; mark: string; start?: string }[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8").slice(-FILE_BYTES_MAX);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
  return text.split("\n").flatMap((line) => {
    try {
      const { pid, mark, start } = JSON.parse(line) as Record<string, unknown>;
      if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 1) return [];
      return typeof mark === "string" && typeof start === "string" ? { pid, mark, start } : { pid, mark: "" };
    } catch {
      return [];
    }
  });
}
