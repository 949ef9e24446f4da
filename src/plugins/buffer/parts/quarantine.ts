// Where damaged bytes of a buffer go, for a person to look at: a file with the bytes and a note beside it.
import fs from "node:fs";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toError } from "#base/errors.ts";
import { flush, readAll, writeAll } from "./file-calls.ts";
import type { Place } from "./segments.ts";

const COPY_BYTES = 256 << 10;

export class Quarantine {
  readonly #dir: string;
  readonly #bytesMax: number;

  constructor(dir: string, bytesMax: number) {
    this.#dir = dir;
    this.#bytesMax = bytesMax;
  }

  /** Copies bytes of an open segment from `place` to `end`. Gives the file's path, or why there is none: it must not stop the buffer. */
  async keep(fd: number, place: Place, end: number): Promise<string> {
    try {
      return await this.copy(fd, place, end);
    } catch (error) {
      return `not kept: ${toError(error).message}`;
    }
  }

  /** The same for whoever goes no further without a copy: throws when there is none. */
  async copy(fd: number, place: Place, end: number): Promise<string> {
    const bytes = end - place.offset;
    await mkdir(this.#dir, { recursive: true });
    if (this.#bytesMax < (await bytesIn(this.#dir)) + bytes) throw new Error(`${this.#dir} holds ${this.#bytesMax} bytes already`);
    const path = join(this.#dir, `${String(place.segment).padStart(10, "0")}-${place.offset}.damaged`);
    const copy = fs.openSync(path, "w", 0o600);
    try {
      for (let at = place.offset; at < end; at += COPY_BYTES) {
        const piece = Buffer.allocUnsafe(Math.min(COPY_BYTES, end - at));
        const read = await readAll(fd, [piece], at);
        await writeAll(copy, [piece.subarray(0, read)], at - place.offset);
      }
      await flush(copy);
    } finally {
      fs.closeSync(copy);
    }
    await writeFile(`${path}.json`, `${JSON.stringify({ segment: place.segment, offset: place.offset, bytes, at: new Date().toISOString() })}\n`);
    return path;
  }

  /** Bytes and number of the files, notes left out. */
  async held(): Promise<{ readonly bytes: number; readonly files: number }> {
    const names = await readdir(this.#dir).catch(() => []);
    let [bytes, files] = [0, 0];
    for (const name of names.filter((one) => one.endsWith(".damaged"))) {
      bytes += (await stat(join(this.#dir, name))).size;
      files += 1;
    }
    return { bytes, files };
  }
}

async function bytesIn(dir: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(dir)) bytes += (await stat(join(dir, name))).size;
  return bytes;
}
