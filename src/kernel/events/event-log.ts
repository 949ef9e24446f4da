// Keeps the events of the hub in the store: written in batches a moment after they came, bounded by count and age, read by pages.
// While the store is away they wait in a bounded queue, and what they then show is what the hub still has.
import type { Log } from "#sdk/plugin.ts";
import type { MigrationSet, SqlValue, Store, StoreSession } from "#sdk/store.ts";
import { isUnforeseen } from "../commands/failure.ts";
import { insertRows } from "../store/insert-rows.ts";
import type { KeptIds } from "../store/kept-ids.ts";
import type { LazyStore } from "../store/open-store.ts";
import { writeBehind } from "../store/write-behind.ts";
import type { AgentEvent, EventHub } from "./event-hub.ts";
import type { EventPage, EventPageRequest } from "./event-page.ts";

export interface EventLog {
  page(request: EventPageRequest): Promise<EventPage>;
  /** Until the reader has gone. Where events between are gone for good, an `events.gap` stands for them. */
  follow(following: EventFollowing): Promise<void>;
  /** Writes what waits. */
  close(): Promise<void>;
}

export interface EventFollowing {
  /** The last id that the reader has; without it he wants what happens from now on. */
  readonly after?: number | undefined;
  readonly name?: string | undefined;
  /** false: the reader is too slow for now, and it was not sent. */
  emit(event: AgentEvent): boolean;
  readonly signal: AbortSignal;
}

export interface EventLogParts {
  readonly hub: EventHub;
  readonly ids: KeptIds;
  readonly store: LazyStore;
  readonly agent: string;
  readonly log: Log;
  /** Who is told of events: written with them. */
  readonly outbox?: EventOutbox;
  readonly now?: () => number;
  readonly keptMax?: number;
  readonly keptMs?: number;
  readonly flushMs?: number;
}

export interface EventOutbox {
  isToBeTold(event: AgentEvent): boolean;
  /** In the transaction that keeps them. */
  write(session: StoreSession, events: readonly AgentEvent[]): Promise<unknown>;
  /** They are kept. */
  wrote(): void;
  /** They cannot be kept for now. */
  hand(events: readonly AgentEvent[]): Promise<unknown>;
}

export const eventTables: MigrationSet = {
  part: "events",
  migrations: [
    {
      id: "001-events",
      sqlite: ["CREATE TABLE IF NOT EXISTS dure_events (agent TEXT NOT NULL, id INTEGER NOT NULL, at_ms INTEGER NOT NULL, name TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (agent, id)) WITHOUT ROWID", "CREATE INDEX IF NOT EXISTS dure_events_at ON dure_events (at_ms)"],
      mysql: [
        "CREATE TABLE IF NOT EXISTS dure_events (agent VARCHAR(32) NOT NULL, id BIGINT NOT NULL, at_ms BIGINT NOT NULL, name VARCHAR(100) NOT NULL, data MEDIUMTEXT NOT NULL, PRIMARY KEY (agent, id), INDEX dure_events_at (at_ms)) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
      ],
    },
  ],
};

const KEPT_MAX = 50_000;
const KEPT_MS = 90 * 86_400_000;
const QUEUE_MAX = 10_000;
const BATCH_MAX = 500;
const PRUNE_EVERY = 500;

export function keepEvents({ hub, ids, store, agent, log, outbox, now = Date.now, keptMax = KEPT_MAX, keptMs = KEPT_MS, flushMs }: EventLogParts): EventLog {
  hub.continueAfter(ids.reached);
  let sincePruned = PRUNE_EVERY;

  const waiting = writeBehind<AgentEvent>({
    store,
    queueMax: QUEUE_MAX,
    batchMax: BATCH_MAX,
    ...(flushMs === undefined ? {} : { flushMs }),
    insert: async (session, batch) => {
      await outbox?.write(session, batch);
      await insertRows(session, "dure_events", ["agent", "id", "at_ms", "name", "data"], batch.map(({ id, atMs, name, data }): SqlValue[] => [agent, id, atMs, name.slice(0, 100), JSON.stringify(data)]), { isTolerant: true });
    },
    async wrote(opened, { count, lost }) {
      sincePruned += count;
      outbox?.wrote();
      if (lost > 0) log.warn("events could not be kept while the store was away", { events: lost });
      if (PRUNE_EVERY <= sincePruned) await prune(opened);
    },
  });
  const away = hub.subscribe((event) => {
    ids.take(event.id);
    waiting.add(event);
    // Whoever is told of it hears it at once, also of a store that is away.
    if (outbox?.isToBeTold(event) === true) void waiting.flush().catch(() => outbox.hand([event])).catch(() => {});
  });
  const offOpen = store.onOpen((opened) => {
    // The file with the ids was lost: those of before are in the store.
    void highest(opened, agent).then((id) => hub.continueAfter(id)).catch(() => {});
  });
  const prune = async (opened: Store): Promise<void> => {
    sincePruned = 0;
    await opened.run("DELETE FROM dure_events WHERE agent = ? AND id <= ?", [agent, (await highest(opened, agent)) - keptMax]);
    await opened.run("DELETE FROM dure_events WHERE at_ms < ?", [now() - keptMs]); // Also of agents that are no more.
  };

  const page: EventLog["page"] = async (request) => {
    const { pageOf, ringPage } = await import("./event-page.ts"); // Most agents are never asked.
    try {
      await waiting.flush();
      return await pageOf(await store.get(), agent, request);
    } catch (error) {
      if (isUnforeseen(error)) throw error;
      return ringPage(hub, request);
    }
  };
  const ring = {
    get last() {
      return hub.last;
    },
    since(after: number) {
      const { events: items, isWhole } = hub.since(after);
      return { items, isWhole };
    },
    subscribe: hub.subscribe,
  };
  const past = {
    async page(after: number, limit: number) {
      const { events: items, hasMore, isWhole } = await page({ after, limit });
      return { items, hasMore, isWhole };
    },
    async oldest() {
      const [row] = await (await store.get()).all<{ id: number | null }>("SELECT MIN(id) AS id FROM dure_events WHERE agent = ?", [agent]);
      return row?.id ?? 0;
    },
  };
  return {
    page,
    async follow({ after = hub.last, name, emit, signal }) {
      const { follow } = await import("../store/follow.ts");
      const { nameFitting } = await import("./event-page.ts");
      await follow(ring, past, {
        after,
        fits: nameFitting(name),
        emit,
        onGap(after, before) {
          const gap: AgentEvent = { id: before - 1, atMs: now(), name: "events.gap", data: { after, before } };
          return () => emit(gap);
        },
        signal,
      });
    },
    async close() {
      away();
      offOpen();
      await waiting.close();
      ids.close();
    },
  };
}

async function highest(store: Store, agent: string): Promise<number> {
  const [row] = await store.all<{ id: number | null }>("SELECT MAX(id) AS id FROM dure_events WHERE agent = ?", [agent]);
  return row?.id ?? 0;
}
