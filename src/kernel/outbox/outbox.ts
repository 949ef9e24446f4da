// Notices that were written in the transaction of the fact that causes them, on their way to the queue that delivers them. Each row is handed over and then deleted: whoever is killed
// in between hands it over again, and its id makes the two one.
import { backoffMs } from "#base/backoff.ts";
import type { Notice } from "#sdk/notifier.ts";
import type { Log } from "#sdk/plugin.ts";
import type { SqlValue, StoreSession } from "#sdk/store.ts";
import { insertRows } from "../store/insert-rows.ts";
import type { LazyStore } from "../store/open-store.ts";

/** Who is to be told what. Ids grow, and the same one again changes nothing. */
export interface OutboxEntry {
  readonly id: string;
  readonly notifier: string;
  readonly notice: Notice;
}

export interface OutboxParts {
  readonly store: LazyStore;
  /** Whose rows these are, where agents share a store. */
  readonly agent: string;
  /** Resolves when they are durable where they are delivered from. */
  readonly hand: (entries: readonly OutboxEntry[]) => Promise<void>;
  readonly log: Log;
  /** Until it is tried again: the first time, and at most. */
  readonly againMs?: { readonly firstMs: number; readonly mostMs: number };
}

const AT_A_TIME = 200;

export class Outbox {
  readonly #parts: OutboxParts;
  readonly #offOpen: () => void;
  #relaying: Promise<void> | undefined;
  #isWanted = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#offOpen = parts.store.onOpen(() => this.wake());
    if (parts.store.state.state === "open") this.wake();
  }

  /** In the transaction of the fact. After its commit: `wake`. */
  write(session: StoreSession, entries: readonly OutboxEntry[]): Promise<void> {
    const rows = entries.map(({ id, notifier, notice }): SqlValue[] => [this.#parts.agent, id, notice.atMs, notifier, JSON.stringify(notice)]);
    return insertRows(session, "dure_outbox", ["agent", "id", "at_ms", "notifier", "notice"], rows, { isTolerant: true });
  }

  /** Something was written. */
  wake(): void {
    this.#isWanted = true;
    if (this.#isClosed || this.#relaying !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#relaying = this.#relay().finally(() => {
      this.#relaying = undefined;
      if (this.#isWanted && this.#timer === undefined) this.wake();
    });
  }

  /** Straight to where they are delivered from, where the store is away: written with their fact later, they are the same ones. */
  hand(entries: readonly OutboxEntry[]): Promise<void> {
    return this.#parts.hand(entries);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#offOpen();
    clearTimeout(this.#timer);
    await this.#relaying;
  }

  async #relay(): Promise<void> {
    const { store, agent, hand, log, againMs = { firstMs: 1000, mostMs: 60_000 } } = this.#parts;
    this.#isWanted = false;
    try {
      for (let handed = AT_A_TIME; handed === AT_A_TIME && !this.#isClosed; ) {
        const open = await store.get();
        const rows = await open.all<{ id: string; notifier: string; notice: string }>(`SELECT id, notifier, notice FROM dure_outbox WHERE agent = ? ORDER BY at_ms, id LIMIT ${AT_A_TIME}`, [agent]);
        if (rows.length === 0) break;
        await hand(rows.map(({ id, notifier, notice }) => ({ id, notifier, notice: JSON.parse(notice) as Notice })));
        await open.run(`DELETE FROM dure_outbox WHERE agent = ? AND id IN (${rows.map(() => "?").join(", ")})`, [agent, ...rows.map(({ id }) => id)]);
        handed = rows.length;
      }
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      if (this.#failures === 1) log.warn("notices wait in the store: they cannot be handed on for now", { error });
      if (this.#isClosed) return;
      this.#isWanted = false; // Not before its time; whoever writes meanwhile asks at once.
      this.#timer = setTimeout(() => this.wake(), backoffMs(this.#failures, againMs)).unref();
    }
  }
}
