// The records that a tap has shown, the last ten thousand. While the user holds it, what comes is kept aside and counted; nothing he looks at
// moves.
import type { EventOf } from "#edges/all-commands.ts";

type TapSample = EventOf<"pipelines.tap">;
export type TapRecord = TapSample["records"][number] & Pick<TapSample, "step" | "tag"> & { readonly number: number };

export class TapRing {
  readonly #most: number;
  #shown: TapRecord[] = [];
  #aside: TapRecord[] = [];
  #lastNumber = 0;
  /** Records that passed and were not shown, because there were too many. */
  skipped = 0;
  isHeld = false;

  constructor(most = 10_000) {
    this.#most = most;
  }

  get shown(): readonly TapRecord[] {
    return this.#shown;
  }
  /** How many came since it is held. */
  get news(): number {
    return this.#lastNumber - (this.#shown.at(-1)?.number ?? 0);
  }
  get seen(): number {
    return this.#lastNumber;
  }

  add({ step, tag, records, skipped }: TapSample): void {
    this.skipped += skipped;
    const next = records.map((record): TapRecord => {
      this.#lastNumber += 1;
      return { ...record, number: this.#lastNumber, step, tag };
    });
    if (this.isHeld) this.#aside = [...this.#aside, ...next].slice(-this.#most);
    else this.#shown = [...this.#shown, ...next].slice(-this.#most);
  }

  hold(): void {
    this.isHeld = true;
  }

  goOn(): void {
    this.isHeld = false;
    this.#shown = [...this.#shown, ...this.#aside].slice(-this.#most);
    this.#aside = [];
  }

  clear(): void {
    this.#shown = [];
    this.#aside = [];
    this.#lastNumber = 0;
    this.skipped = 0;
  }
}
