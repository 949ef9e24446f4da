// The last records that an input gave on, for whoever looks: `dure pipelines samples`.
import type { GivenRecord } from "#sdk/plugin.ts";

export class KeptSamples {
  readonly #most: number;
  readonly #kept: GivenRecord[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** The oldest first. */
  get all(): readonly GivenRecord[] {
    return this.#kept;
  }

  add(atMs: number, record: object): void {
    if (this.#most === 0) return;
    this.#kept.push({ atMs, record });
    if (this.#most < this.#kept.length) this.#kept.shift();
  }
}
