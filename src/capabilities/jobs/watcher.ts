// Workers that ended by themselves are begun again: the first few at once, then with a wait that doubles, so that what ends at its start does not eat the machine. While the
// watcher is off they are remembered, and begun when it is on again.
import { backoffMs } from "#base/backoff.ts";

/** So many may end quickly, one after another, before anybody waits: somebody kills them, and jobs wait. */
const AT_ONCE = 5;
const MOST_MS = 30_000;

interface Missing {
  readonly slots: number;
  timer: NodeJS.Timeout | undefined;
}

export class Watcher {
  readonly #begin: (slots: number) => void;
  readonly #missing = new Set<Missing>();
  #isOn: boolean;
  #quickEnds = 0;

  constructor(isOn: boolean, begin: (slots: number) => void) {
    this.#isOn = isOn;
    this.#begin = begin;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Those that are to be begun again, and are not yet. */
  get missing(): number {
    return this.#missing.size;
  }

  turn(isOn: boolean): void {
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    for (const one of this.#missing) {
      if (isOn) this.#soon(one, 0);
      else clearTimeout(one.timer);
    }
  }

  /** `wasWell`: it had been ready for a while. */
  ended(slots: number, wasWell: boolean): void {
    this.#quickEnds = wasWell ? 0 : this.#quickEnds + 1;
    const one: Missing = { slots, timer: undefined };
    this.#missing.add(one);
    if (this.#isOn) this.#soon(one, this.#quickEnds <= AT_ONCE ? 0 : backoffMs(this.#quickEnds - AT_ONCE, { mostMs: MOST_MS }));
  }

  /** Nobody wants them any more. */
  forget(): void {
    for (const { timer } of this.#missing) clearTimeout(timer);
    this.#missing.clear();
  }

  #soon(one: Missing, waitMs: number): void {
    one.timer = setTimeout(() => {
      this.#missing.delete(one);
      this.#begin(one.slots);
    }, waitMs);
  }
}
