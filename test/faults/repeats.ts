// Lines that arrive more than once, and whose fault it is. A line that a killed agent had sent need not come again with the next one: where
// there are several files to read, it may be some kills later. It counts for the kill that ended the run in which it came before.
export class Repeats {
  /** Of each line, the run in which it came last. */
  readonly #lastRun = new Map<number, number>();
  readonly #byRun: number[] = [];
  /** How many lines were there at each place when they were looked at last. */
  readonly #seen = new Map<number, number>();

  /** All that is there at each place, in the order it came; places only grow. */
  runEnded(places: readonly (readonly number[])[]): void {
    const run = this.#byRun.push(0) - 1;
    for (const [place, lines] of places.entries()) {
      for (const line of lines.slice(this.#seen.get(place))) {
        const before = this.#lastRun.get(line);
        if (before !== undefined) this.#byRun[before] = (this.#byRun[before] ?? 0) + 1;
        this.#lastRun.set(line, run);
      }
      this.#seen.set(place, lines.length);
    }
  }

  get total(): number {
    return this.#byRun.reduce((sum, one) => sum + one, 0);
  }

  get mostByOneKill(): number {
    return Math.max(0, ...this.#byRun);
  }
}
