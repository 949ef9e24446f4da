// One log file that is added to in batches and moved aside when it is full, as Python's RotatingFileHandler does: `x.log`, `x.log.1`, …
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode, toError } from "#base/errors.ts";
import type { Log } from "#sdk/plugin.ts";

export interface LogFileParts {
  readonly path: string;
  readonly fileBytesMax: number;
  /** Files kept beside it. */
  readonly filesMax: number;
  readonly log: Pick<Log, "warn" | "info">;
}

const WAIT_MS = 200;
/** A batch of that size waits no longer. */
const BATCH_LENGTH = 64 << 10;
/** Of text that waits to be written; what comes then is lost. */
const HELD_LENGTH_MAX = 4 << 20;

export class LogFile {
  readonly #parts: LogFileParts;
  #held: string[] = [];
  #heldLength = 0;
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #isFailing = false;

  constructor(parts: LogFileParts) {
    this.#parts = parts;
  }

  /** A line with its end. */
  add(line: string): void {
    if (HELD_LENGTH_MAX < this.#heldLength + line.length) return void (this.#lost += 1);
    this.#held.push(line);
    this.#heldLength += line.length;
    if (BATCH_LENGTH <= this.#heldLength && !this.#isFailing && this.#writing === undefined) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), WAIT_MS).unref();
  }

  /** Never rejects. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#writing; // Of what was said before.
    await (this.#writing ??= this.#write().finally(() => (this.#writing = undefined)));
  }

  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
  }

  async #write(): Promise<void> {
    const lines = this.#held;
    if (lines.length === 0) return;
    this.#held = [];
    this.#heldLength = 0;
    let done = 0;
    try {
      await mkdir(dirname(this.#parts.path), { recursive: true });
      while (done < lines.length) {
        const until = await this.#fitting(lines, done);
        if (until === done) await this.#rotate();
        else await this.#append(lines.slice(done, until).join(""));
        done = until;
      }
      this.#tellBetter();
    } catch (error) {
      const left = lines.slice(done);
      this.#heldLength += left.reduce((sum, line) => sum + line.length, 0);
      this.#held = [...left, ...this.#held];
      this.#tellWorse(error);
      this.#timer ??= setTimeout(() => void this.flush(), WAIT_MS).unref();
    }
  }

  /** Up to which line the file has room; an empty one has room for any. */
  async #fitting(lines: readonly string[], from: number): Promise<number> {
    const { path, fileBytesMax, filesMax } = this.#parts;
    // As Python has it: without a file to keep there is nothing to move.
    if (filesMax === 0 || fileBytesMax === 0 || fileBytesMax === Infinity) return lines.length;
    let bytes = await stat(path).then(({ size }) => size, unlessMissing) ?? 0;
    let until = from;
    for (const line of lines.slice(from)) {
      bytes += Buffer.byteLength(line);
      if (fileBytesMax < bytes && !(until === from && bytes === Buffer.byteLength(line))) break;
      until += 1;
    }
    return until;
  }

  async #rotate(): Promise<void> {
    const { path, filesMax } = this.#parts;
    await rm(`${path}.${filesMax}`, { force: true });
    for (let number = filesMax - 1; 0 <= number; number--) await rename(number === 0 ? path : `${path}.${number}`, `${path}.${number + 1}`).catch(unlessMissing);
  }

  /** Opened anew each time: somebody may have moved or deleted it. */
  async #append(text: string): Promise<void> {
    const file = await open(this.#parts.path, "a", 0o640);
    try {
      const before = (await file.stat()).size;
      // A part of a line that was written before the disk was full would be there twice.
      await file.writeFile(text).catch(async (error: unknown) => {
        await file.truncate(before).catch(() => {});
        throw error;
      });
    } finally {
      await file.close();
    }
  }

  #tellWorse(error: unknown): void {
    if (!this.#isFailing) this.#parts.log.warn("a log of the old operator cannot be written; its lines wait, and the newest are lost when there are too many", { file: this.#parts.path, error: toError(error) });
    this.#isFailing = true;
  }

  #tellBetter(): void {
    if (this.#isFailing || 0 < this.#lost) this.#parts.log.info("a log of the old operator is written again", { file: this.#parts.path, lostLines: this.#lost });
    this.#isFailing = false;
    this.#lost = 0;
  }
}

function unlessMissing(error: unknown): undefined {
  if (systemCode(error) !== "ENOENT") throw error;
}
