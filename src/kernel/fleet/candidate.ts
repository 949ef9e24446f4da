// One of those who want a lease: asks for it again and again, keeps it while it has it, and says when it comes and goes.
import { systemClock } from "#base/clock.ts";
import type { Clock } from "#base/clock.ts";
import { within } from "#base/within.ts";
import { toError } from "#base/errors.ts";
import type { Log } from "#sdk/plugin.ts";
import type { Store } from "#sdk/store.ts";
import type { DatabaseClock } from "./database-clock.ts";
import { acquireLease } from "./lease.ts";
import type { Lease } from "./lease.ts";
import { forgetOldLeases, heldLease } from "./lease-table.ts";

export interface CandidateParts {
  /** Rejects while the store is away. */
  readonly store: () => Promise<Store>;
  readonly name: string;
  readonly holder: string;
  readonly log: Log;
  /** It is ours from now on, until its signal aborts. */
  readonly won: (lease: Lease) => void;
  readonly ttlMs?: number;
  /** Asked for, and renewed, this often. */
  readonly everyMs?: number;
  readonly clock?: Clock;
  readonly databaseClock?: DatabaseClock;
}

export interface Seen {
  readonly holder?: string;
  readonly token?: number;
  readonly sinceMs?: number;
  readonly problem?: string;
}

/** A holder that dies is followed after these two together, at the latest. */
export const LEASE_TTL_MS = 15_000;
export const LEASE_EVERY_MS = 5000;

/** A store that does not answer is not waited for. */
const CLOSE_MS = 3000;

export class Candidate {
  readonly #parts: CandidateParts;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #lease: Lease | undefined;
  #seen: Seen = {};

  constructor(parts: CandidateParts) {
    this.#parts = parts;
    this.#running = this.#run();
  }

  /** What is held now. */
  get lease(): Lease | undefined {
    return this.#lease?.isHeld === true ? this.#lease : undefined;
  }

  /** Who had it when the store was last asked, or why that is not known: nobody waits for the store to be told. */
  get seen(): Seen {
    return this.#seen;
  }

  /** Gives back what it holds, so that another need not wait for its end. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#lease?.release();
    await within(CLOSE_MS, this.#running);
  }

  async #run(): Promise<void> {
    const { clock = systemClock, everyMs = LEASE_EVERY_MS, name, log } = this.#parts;
    let isInTrouble = false;
    while (!this.#closing.signal.aborted) {
      try {
        await this.#turn();
        if (isInTrouble) log.info("the store answers again about the lease", { lease: name });
        isInTrouble = false;
      } catch (error) {
        if (!isInTrouble && !this.#closing.signal.aborted) log.warn("the store does not answer about the lease; what depends on it waits", { lease: name, error });
        isInTrouble = true;
        this.#seen = { problem: toError(error).message };
      }
      await clock.pause(everyMs, this.#closing.signal);
    }
  }

  async #turn(): Promise<void> {
    const { store, name, holder, ttlMs = LEASE_TTL_MS, databaseClock, won, log } = this.#parts;
    const opened = await store();
    const held = this.#lease;
    if (held !== undefined) {
      if (await held.renew()) return this.#see({ holder, token: held.token, sinceMs: held.sinceMs });
      this.#lease = undefined;
      if (!this.#closing.signal.aborted) log.warn("the lease was lost", { lease: name, token: held.token });
    }
    // Most of the time somebody else has it: that is read, without the line in which those stand who write.
    if (this.#closing.signal.aborted) return;
    const other = await heldLease(opened, name, databaseClock);
    this.#see(other ?? {});
    if (other !== undefined) return;
    const lease = await acquireLease({ store: opened, name, holder, ttlMs, ...(databaseClock === undefined ? {} : { clock: databaseClock }) });
    if (lease === undefined) return;
    this.#lease = lease;
    this.#see({ holder, token: lease.token, sinceMs: lease.sinceMs });
    if (this.#closing.signal.aborted) return void (await lease.release());
    log.info("the lease is ours", { lease: name, token: lease.token });
    won(lease);
    await forgetOldLeases(opened, databaseClock);
  }

  #see({ holder, token, sinceMs }: Omit<Seen, "problem">): void {
    this.#seen = { ...(holder === undefined ? {} : { holder }), ...(token === undefined ? {} : { token }), ...(sinceMs === undefined ? {} : { sinceMs }) };
  }
}
