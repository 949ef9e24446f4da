// When rows come to tell of their leases though the jobs have not ended: when one runs for longer, so that the list of all others stays short, and when somebody looks.
import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "#base/clock.ts";
import type { Claims } from "./claims.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { Lease } from "./lease.ts";

export interface ShownClaimsParts {
  readonly database: DatabaseSync;
  readonly claims: Claims<Lease>;
  readonly commit: GroupCommit;
  readonly clock: Clock;
  /** All that the file may know of, as of the last commit. */
  readonly leases: () => Iterable<Lease>;
}

/** The row of a job that runs for so long tells of it. */
const LONG_MS = 1000;

export class ShownClaims {
  readonly #parts: ShownClaimsParts;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ShownClaimsParts) {
    this.#parts = parts;
  }

  /** After each commit. */
  committed(): void {
    if (0 < this.#parts.claims.count) this.#timer ??= setTimeout(() => this.#showLong(), LONG_MS).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  /** Somebody looks. Not worth a sync: until there is one, the list tells of them. */
  showAll(): void {
    const { database, claims } = this.#parts;
    if (claims.count === 0) return;
    try {
      database.exec("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE");
      const shown = claims.show(Number.POSITIVE_INFINITY);
      claims.write();
      database.exec("COMMIT");
      markShown(shown);
    } catch {
      if (database.isTransaction) database.exec("ROLLBACK");
      this.reset(); // A full disk, mostly: whoever publishes says so.
    } finally {
      database.exec("PRAGMA synchronous = FULL");
    }
  }

  /** A transaction was undone: the list is as it was before. */
  reset(): void {
    this.#parts.claims.reset([...this.#parts.leases()].filter(({ isShown }) => !isShown));
  }

  #showLong(): void {
    this.#timer = undefined;
    const { claims, commit, clock } = this.#parts;
    commit.add({ run: () => claims.show(clock.now() - LONG_MS / 2), done: markShown });
  }
}

function markShown(leases: readonly Lease[]): void {
  for (const lease of leases) lease.isShown = true;
}
