// Slows down who guesses passwords: after a few tries of a name, or more from one address, each further try must wait longer than the one
// before. Names that do not exist count alike, so the wait tells nobody who is known here. Kept in memory and bounded.
import { networkOf } from "#base/network-of.ts";

interface Tries {
  /** Of late: a try counts less with time. */
  count: number;
  waitUntilMs: number;
  lastMs: number;
}

interface Rule {
  readonly freeTries: number;
  readonly waitMsMax: number;
  /** In so long one try is forgotten: mistyping now and then adds up to nothing. */
  readonly forgetsMs: number;
}

/** Somebody who only mistyped waits not at all; who does not stop tries one name 24 times in the first hour, 12 in each after it. */
const NAME: Rule = { freeTries: 5, waitMsMax: 5 * 60_000, forgetsMs: 15 * 60_000 };
/** Many people may share an address, as behind a proxy: 47 tries in the first hour, then 20. */
const ADDRESS: Rule = { freeTries: 20, waitMsMax: 15 * 60_000, forgetsMs: 3 * 60_000 };
const FIRST_WAIT_MS = 1000;
const KEPT_MAX = 10_000;

export class LoginLimiter {
  readonly #now: () => number;
  readonly #keptMax: number;
  /** Of names and of addresses; the one tried longest ago comes first. */
  readonly #names = new Map<string, Tries>();
  readonly #addresses = new Map<string, Tries>();

  constructor({ now = Date.now, keptMax = KEPT_MAX }: { now?: () => number; keptMax?: number } = {}) {
    this.#now = now;
    this.#keptMax = keptMax;
  }

  /**
   * Counts one try before it is made, so that many at once gain nothing. Above 0: so many ms it has to wait, and is not to be made.
   * Without a name only the address counts: what nobody can guess, others must not be able to block.
   */
  take(name: string | undefined, address: string): number {
    const waitMs = Math.max(name === undefined ? 0 : this.#waitMs(this.#names, name), this.#waitMs(this.#addresses, networkOf(address)));
    if (0 < waitMs) return waitMs;
    if (name !== undefined) this.#count(this.#names, name, NAME);
    this.#count(this.#addresses, networkOf(address), ADDRESS);
    return 0;
  }

  /** The try was right: the name is as before; of the address only this try is taken back, for else who has an account could guess on. */
  succeeded(name: string | undefined, address: string): void {
    if (name !== undefined) this.#names.delete(name);
    const tries = this.#addresses.get(networkOf(address));
    if (tries === undefined) return;
    tries.count = Math.max(0, tries.count - 1);
    tries.waitUntilMs = 0;
  }

  #waitMs(tries: Map<string, Tries>, key: string): number {
    const known = tries.get(key);
    if (known === undefined) return 0;
    const nowMs = this.#now();
    const setBackMs = Math.max(0, known.lastMs - nowMs); // By so much the clock was, or more: nobody waits for that.
    known.lastMs -= setBackMs;
    known.waitUntilMs -= setBackMs;
    return Math.max(0, known.waitUntilMs - nowMs);
  }

  #count(all: Map<string, Tries>, key: string, { freeTries, waitMsMax, forgetsMs }: Rule): void {
    const nowMs = this.#now();
    const before = all.get(key);
    const count = (before === undefined ? 0 : Math.max(0, before.count - (nowMs - before.lastMs) / forgetsMs)) + 1;
    const beyond = Math.round(count) - freeTries;
    const waitMs = beyond < 0 ? 0 : Math.min(waitMsMax, FIRST_WAIT_MS * 2 ** Math.min(30, beyond));
    all.delete(key); // So that it comes last.
    all.set(key, { count, waitUntilMs: nowMs + waitMs, lastMs: nowMs });
    const oldest = all.keys().next();
    if (this.#keptMax < all.size && oldest.done !== true) all.delete(oldest.value);
  }
}
