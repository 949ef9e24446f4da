// Unpacks compressed logs, one after the other: each may need room on disk.
import { fstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { PluginContext } from "#sdk/plugin.ts";
import { systemCode } from "#base/errors.ts";
import { readerOf } from "./continuation.ts";
import type { Descriptors } from "./descriptors.ts";
import { statIfThere } from "../parts/discover.ts";
import type { ExactPath } from "../parts/discover.ts";
import { unpackFrom } from "./gzip.ts";
import type { TailFile } from "./tail-file.ts";

const NAME = "unpacked-";

export class Unpacker {
  readonly #context: PluginContext;
  readonly #descriptors: Descriptors;
  /** Called with each file when it can be read, or with `isDropped` when it is of no use. */
  readonly #onDone: (file: TailFile, isDropped: boolean) => void;
  readonly #closing = new AbortController();
  /** Files that could not be unpacked, as they were then. */
  readonly #damaged = new Map<string, string>();
  #last: Promise<void> = Promise.resolve();
  #count = 0;

  constructor(context: PluginContext, descriptors: Descriptors, onDone: (file: TailFile, isDropped: boolean) => void) {
    this.#context = context;
    this.#descriptors = descriptors;
    this.#onDone = onDone;
    // Left by a crash, or on systems where an open file cannot be removed.
    for (const name of readdirSync(context.dataDir)) if (name.startsWith(NAME)) rmSync(join(context.dataDir, name), { force: true });
  }

  get isBusy(): boolean {
    return 0 < this.#count;
  }

  /** Whether the file is as it was when it could not be unpacked. */
  isDamaged(path: string, exact: ExactPath): boolean {
    return this.#damaged.get(path) === lookOf(exact);
  }

  add(file: TailFile): void {
    file.unpacking = "under way";
    this.#count += 1;
    this.#last = this.#last.then(async () => {
      const isDropped = !(await this.#unpack(file));
      this.#count -= 1;
      this.#onDone(file, isDropped);
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#last;
  }

  async #unpack(file: TailFile): Promise<boolean> {
    const look = lookOf(file.exact);
    try {
      await this.#unpackFromOffset(file);
      const { descriptor } = file;
      if (descriptor === undefined || fstatSync(descriptor).size < file.offset || !file.hasTail(readerOf(descriptor))) {
        // Its head was alike, but it is another text.
        if (file.detachedAtMs !== undefined) return false;
        file.restart(file.name);
        await this.#unpackFromOffset(file);
      }
      file.unpacking = "done";
      file.unverified = undefined;
      file.isEnding = true;
      return true;
    } catch (error) {
      file.unpacking = "no";
      if (this.#closing.signal.aborted) return false;
      if (!this.#damaged.has(file.path)) this.#context.log.warn("a compressed file cannot be unpacked; it is tried again when it has changed", { path: file.path, code: systemCode(error) });
      this.#damaged.set(file.path, look);
      return false;
    }
  }

  async #unpackFromOffset(file: TailFile): Promise<void> {
    const name = `${NAME}${file.key.replace(/\D+/g, "-")}`;
    this.#descriptors.adopt(file, await unpackFrom(file.exact, file.offset, this.#context.dataDir, name, this.#closing.signal));
  }
}

function lookOf(exact: ExactPath): string {
  const stats = statIfThere(exact);
  return `${stats?.ino} ${stats?.size} ${stats?.mtimeNs}`;
}
