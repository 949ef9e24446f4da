// A file of JSON lines that never outgrows `bytesMax` × `filesMax`: `dure.log`, then `dure.log.1` (the newest of the old ones) and on.
// Writing is synchronous: records are few, and what was said before a crash is on record. A log that cannot be written stops nothing.
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { systemCode, toError } from "#base/errors.ts";
import type { LogRecord, LogSink } from "./log.ts";

export class FileSink implements LogSink {
  readonly #path: string;
  readonly #bytesMax: number;
  readonly #filesMax: number;
  #file: number | undefined;
  #bytes = 0;
  #lost = 0;

  constructor({ path, bytesMax, filesMax }: { path: string; bytesMax: number; filesMax: number }) {
    this.#path = path;
    this.#bytesMax = bytesMax;
    this.#filesMax = Math.max(1, filesMax);
    mkdirSync(dirname(path), { recursive: true });
    this.#open();
  }

  write({ time, level, message, fields }: LogRecord): void {
    const line = Buffer.from(`${JSON.stringify({ time: new Date(time).toISOString(), level, message, ...fields })}\n`);
    try {
      if (this.#bytes > 0 && this.#bytes + line.length > this.#bytesMax) this.#rotate();
      if (this.#file === undefined) this.#open();
      writeSync(this.#file ?? 2, line);
      this.#bytes += line.length;
      if (this.#lost > 0) process.stderr.write(`dure: the log can be written again; records lost: ${this.#lost}\n`);
      this.#lost = 0;
    } catch (error) {
      if (this.#lost === 0) process.stderr.write(`dure: cannot write the log ${this.#path}: ${toError(error).message}\n`);
      this.#lost += 1;
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): void {
    this.#file = openSync(this.#path, "a", 0o640);
    this.#bytes = fstatSync(this.#file).size;
  }

  #rotate(): void {
    this.close();
    const oldest = this.#filesMax - 1;
    if (oldest === 0) rmSync(this.#path, { force: true });
    else rmSync(`${this.#path}.${oldest}`, { force: true });
    for (let number = oldest - 1; number >= 0; number -= 1) rename(number === 0 ? this.#path : `${this.#path}.${number}`, `${this.#path}.${number + 1}`);
    this.#open();
  }
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return; // There are not that many yet.
    throw error;
  }
}
