// Open files, at most so many at a time: the one that was not used for longest is closed and opened again when it grows.
import { closeSync, openSync } from "node:fs";
import { systemCode } from "#base/errors.ts";
import type { TailFile } from "./tail-file.ts";

const OPEN_MAX = 512;
const OPEN_LEAST = 16;

export class Descriptors {
  /** Least recently used first. */
  readonly #open = new Set<TailFile>();
  #most = OPEN_MAX;

  /** Called when the system gives no more descriptors and fewer will do. */
  readonly #onScarce: (most: number) => void;

  constructor(onScarce: (most: number) => void) {
    this.#onScarce = onScarce;
  }

  /** Throws what the system says. */
  open(file: TailFile): number {
    this.#open.delete(file);
    if (file.descriptor === undefined) {
      this.#closeDownTo(this.#most - 1);
      file.descriptor = this.#openScarce(file);
    }
    this.#open.add(file);
    return file.descriptor;
  }

  /** Takes over a descriptor that was opened elsewhere. */
  adopt(file: TailFile, descriptor: number): void {
    this.close(file);
    file.descriptor = descriptor;
    this.#open.add(file);
  }

  close(file: TailFile): void {
    this.#open.delete(file);
    if (file.descriptor === undefined) return;
    closeSync(file.descriptor);
    file.descriptor = undefined;
  }

  closeAll(): void {
    for (const file of [...this.#open]) this.close(file);
  }

  #openScarce(file: TailFile): number {
    try {
      return openSync(file.exact, "r");
    } catch (error) {
      const code = systemCode(error);
      if ((code !== "EMFILE" && code !== "ENFILE") || this.#open.size <= OPEN_LEAST) throw error;
      this.#most = Math.max(OPEN_LEAST, this.#open.size >> 1);
      this.#onScarce(this.#most);
      this.#closeDownTo(this.#most - 1);
      return openSync(file.exact, "r");
    }
  }

  #closeDownTo(most: number): void {
    if (this.#open.size <= most) return;
    for (const file of this.#open) {
      // A file whose name is gone could not be opened again.
      if (file.isReading || (file.detachedAtMs !== undefined && !file.isNamed) || file.unpacking === "done") continue;
      this.close(file);
      if (this.#open.size <= most) return;
    }
  }
}
