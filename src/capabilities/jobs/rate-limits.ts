// How often rules may begin. A bucket for all of them, and one for each that says so: it holds as many beginnings as the rate allows in its time, and fills evenly.
import type { RuleFacts } from "./worker-protocol.ts";

interface Rate {
  readonly count: number;
  readonly perMs: number;
}

class Bucket {
  readonly #rate: Rate;
  #room: number;
  #atMs = performance.now();

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#room = rate.count;
  }

  is(rate: Rate): boolean {
    return rate.count === this.#rate.count && rate.perMs === this.#rate.perMs;
  }

  get hasRoom(): boolean {
    const nowMs = performance.now();
    const { count, perMs } = this.#rate;
    this.#room = Math.min(count, this.#room + ((nowMs - this.#atMs) * count) / perMs);
    this.#atMs = nowMs;
    return 1 <= this.#room;
  }

  take(): void {
    this.#room -= 1;
  }
}

export class RateLimits {
  readonly #ofAll: () => Rate | null;
  readonly #buckets = new Map<string, Bucket>();
  #heldBack: ReadonlySet<string> = new Set();

  /** Of all rules together; null: as they come. */
  constructor(ofAll: () => Rate | null) {
    this.#ofAll = ofAll;
  }

  /** Rules that may not begin for now. */
  get heldBack(): ReadonlySet<string> {
    return this.#heldBack;
  }

  mayBegin(rule: RuleFacts): boolean {
    return this.#bucket(ALL, this.#ofAll())?.hasRoom !== false && this.#bucket(rule.name, rule.rate ?? null)?.hasRoom !== false;
  }

  begun(rule: RuleFacts): void {
    this.#bucket(ALL, this.#ofAll())?.take();
    this.#bucket(rule.name, rule.rate ?? null)?.take();
  }

  /** Whether others are held back than before. */
  changed(rules: Iterable<RuleFacts>): boolean {
    if (this.#buckets.size === 0 && this.#heldBack.size === 0) return false;
    const heldBack = new Set<string>();
    for (const rule of rules) if (!this.mayBegin(rule)) heldBack.add(rule.name);
    const isSame = heldBack.size === this.#heldBack.size && [...heldBack].every((name) => this.#heldBack.has(name));
    this.#heldBack = heldBack;
    return !isSame;
  }

  #bucket(name: string, rate: Rate | null): Bucket | undefined {
    if (rate === null) {
      this.#buckets.delete(name);
      return undefined;
    }
    const known = this.#buckets.get(name);
    if (known?.is(rate) === true) return known;
    const bucket = new Bucket(rate);
    this.#buckets.set(name, bucket);
    return bucket;
  }
}

/** No rule has this name. */
const ALL = "";
