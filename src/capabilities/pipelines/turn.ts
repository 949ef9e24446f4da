/** Lets at most `width` callers in at a time, in the order they came. */
export class Turn {
  readonly width: number;
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(width: number) {
    this.width = width;
    this.#free = width;
  }

  /** Resolves when it is the caller's turn; undefined when that is now. */
  enter(): Promise<void> | undefined {
    if (0 < this.#free) {
      this.#free -= 1;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
