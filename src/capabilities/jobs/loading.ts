// One process on its way to be ready: which file of the rules folder it imports, and for how long.
import type { ChildEnd } from "#base/child/child-tree.ts";
import type { Unloadable } from "./unloadable.ts";

export class Loading {
  readonly #unloadable: Unloadable;
  readonly #fileMs: number;
  readonly #hung: () => void;
  #file: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(unloadable: Unloadable, fileMs: number, hung: () => void) {
    this.#unloadable = unloadable;
    this.#fileMs = fileMs;
    this.#hung = hung;
  }

  begins(file: string): void {
    this.done();
    this.#file = file;
    this.#timer = setTimeout(() => {
      this.#unloadable.hung(file, this.#fileMs);
      this.#hung();
    }, this.#fileMs);
  }

  done(): void {
    clearTimeout(this.#timer);
    if (this.#file !== undefined) this.#unloadable.loaded(this.#file);
    this.#file = undefined;
  }

  /** True: it ended while it imported a file. Another one may do: it leaves the file out when that was at fault. */
  hasEndedWithin(end: ChildEnd): boolean {
    clearTimeout(this.#timer);
    if (this.#file !== undefined) this.#unloadable.ended(this.#file, end);
    return this.#file !== undefined;
  }
}
