// The last lines of a process, ten thousand at most. While the user holds them, what comes is kept aside and counted; nothing he looks at moves.
import type { EventOf } from "#edges/all-commands.ts";

export type OutputLine = EventOf<"processes.follow">;

export class LineRing {
  readonly #most: number;
  #shown: readonly OutputLine[] = [];
  #aside: readonly OutputLine[] = [];
  #lastId = 0;
  #news = 0;
  isHeld = false;

  constructor(most = 10_000) {
    this.#most = most;
  }

  get shown(): readonly OutputLine[] {
    return this.#shown;
  }
  /** How many came since it is held. */
  get news(): number {
    return this.#news;
  }

  /** Lines that came before, as after a break the agent begins with some of them again, are left out. */
  add(lines: readonly OutputLine[]): void {
    const fresh = lines.filter(({ id }) => this.#lastId < id);
    this.#lastId = fresh.at(-1)?.id ?? this.#lastId;
    if (this.isHeld) {
      this.#news += fresh.length;
      this.#aside = [...this.#aside, ...fresh].slice(-this.#most);
    } else this.#shown = [...this.#shown, ...fresh].slice(-this.#most);
  }

  goOn(): void {
    this.isHeld = false;
    this.#news = 0;
    this.#shown = [...this.#shown, ...this.#aside].slice(-this.#most);
    this.#aside = [];
  }

  /** Another run of the agent counts anew. */
  clear(): void {
    this.#shown = [];
    this.#aside = [];
    this.#lastId = 0;
    this.#news = 0;
  }
}
