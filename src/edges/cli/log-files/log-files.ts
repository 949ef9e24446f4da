// The lines of a log and of the files it was rotated into, oldest first, and on request all that comes after.
// Files are opened from the newest to the oldest: one that rotates meanwhile is met twice, and known by its inode, but never missed.
// They are opened without a pause between, and again when the log has rotated all the same: else their order could not be told.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { systemCode } from "#base/errors.ts";
import { LineCutter } from "./line-cutter.ts";

const CHUNK_BYTES = 64 * 1024;
const LOOK_EVERY_MS = 200;
/** A rotation under way leaves one number free at a time. The folder is not asked: while names change, its list may miss some. */
const MISSING_MAX = 8;
const TRIES_MAX = 20;

interface LogFile {
  readonly descriptor: number;
  readonly identity: string;
  readonly lines: LineCutter;
  offset: number;
}

export class LogFiles {
  readonly #path: string;
  /** It stays open: its inode cannot be given to another file, and what is written before it rotates is still read. */
  #newest: LogFile | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  *present(): Generator<string> {
    yield* this.#readAll(this.#openSince(undefined));
  }

  /** Whatever is written from then on, through rotation and truncation, until the signal is aborted. */
  async *following(signal: AbortSignal): AsyncGenerator<string> {
    while (!signal.aborted) {
      const later = this.#openSince(this.#newest?.identity);
      if (this.#newest !== undefined) yield* readOn(this.#newest);
      if (0 < later.length) yield* this.#readAll(later);
      else await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => {}); // Aborted: the loop ends.
    }
  }

  /** A last line without its end, for who does not wait for the rest. */
  rest(): string | undefined {
    return this.#newest?.lines.rest();
  }

  close(): void {
    if (this.#newest !== undefined) closeSync(this.#newest.descriptor);
    this.#newest = undefined;
  }

  /** The files that are newer than the known one, oldest first; all when it is not there any more. */

  #openSince(known: string | undefined): LogFile[] {
    for (let tries = 1; ; tries += 1) {
      const files = this.#openOnce(known);
      const newest = openFile(this.#path);
      if (newest !== undefined) closeSync(newest.descriptor);
      if (newest === undefined || newest.identity === (files.at(-1)?.identity ?? known) || tries === TRIES_MAX) return files;
      for (const { descriptor } of files) closeSync(descriptor);
    }
  }

  /** The files that are newer than the known one, oldest first; all when it is not there any more. */
  #openOnce(known: string | undefined): LogFile[] {
    const opened: LogFile[] = [];
    for (let [number, missing] = [0, 0]; missing < MISSING_MAX; number += 1) {
      const file = openFile(number === 0 ? this.#path : `${this.#path}.${number}`);
      missing = file === undefined ? missing + 1 : 0;
      if (file === undefined) continue;
      if (file.identity !== known && !opened.some(({ identity }) => identity === file.identity)) opened.push(file);
      else closeSync(file.descriptor);
      if (file.identity === known) break;
    }
    return opened.reverse();
  }

  *#readAll(files: readonly LogFile[]): Generator<string> {
    for (const file of files) {
      this.close();
      this.#newest = file;
      yield* readOn(file);
    }
  }
}

function* readOn(file: LogFile): Generator<string> {
  if (fstatSync(file.descriptor).size < file.offset) file.offset = 0; // Somebody has emptied it.
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (;;) {
    const bytesRead = readSync(file.descriptor, chunk, 0, CHUNK_BYTES, file.offset);
    if (bytesRead === 0) return;
    file.offset += bytesRead;
    yield* file.lines.take(chunk.subarray(0, bytesRead));
  }
}

function openFile(path: string): LogFile | undefined {
  try {
    const descriptor = openSync(path, "r");
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return { descriptor, identity: `${dev}:${ino}`, lines: new LineCutter(), offset: 0 };
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined; // Not there yet, or rotated away just now.
    throw error;
  }
}
