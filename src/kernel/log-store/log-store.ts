// Keeps what the agent says in the store, to be searched after the agent has ended. A line has its number at once; it is written in batches, so that a
// noisy agent is not slowed: what comes faster than it can be written, or while the store is away, waits in a bounded queue, and what that cannot
// hold is counted and said. The newest lines are also in memory, for whoever follows.
import type { Store } from "#sdk/store.ts";
import { CommandFailure, isUnforeseen } from "../commands/failure.ts";
import type { LogRecord } from "../log.ts";
import { insertRows } from "../store/insert-rows.ts";
import type { KeptIds } from "../store/kept-ids.ts";
import type { LazyStore } from "../store/open-store.ts";
import { writeBehind } from "../store/write-behind.ts";
import { LINE_COLUMNS, lineFitting, rowOf } from "./log-line.ts";
import type { LogFilter, LogLine } from "./log-line.ts";
import type { LogFacets } from "./log-scan.ts";
import type { LogPage, LogPageRequest } from "./log-search.ts";

export interface LogStoreParts {
  /** Calls back with each record, those of before first; what comes back ends it. */
  readonly records: (listener: (record: LogRecord) => void) => () => void;
  readonly ids: KeptIds;
  readonly store: LazyStore;
  readonly agent: string;
  /** 0: none are kept. */
  readonly linesMax: number;
  readonly now?: () => number;
}

export interface LogFollowing extends LogFilter {
  /** The last id that the reader has; without it he gets what was said lately, too. */
  readonly after?: number | undefined;
  /** false: the reader is too slow for now, and it was not sent. */
  emit(line: LogLine): boolean;
  /** So many are gone for good. Gives what tells the reader so; that gives false while he is too slow. */
  onLost(count: number): () => boolean;
  readonly signal: AbortSignal;
}

export interface LogStore {
  /** Rejects with CommandFailure while the store is away. */
  search(request: LogPageRequest, signal?: AbortSignal): Promise<LogPage>;
  facets(filter: LogFilter, signal?: AbortSignal): Promise<LogFacets>;
  around(id: number, lines: number): Promise<readonly LogLine[]>;
  follow(following: LogFollowing): Promise<void>;
  /** Writes what waits. */
  close(): Promise<void>;
}

const BATCH_MAX = 100;
/** At most so many in one go: 1,000 lines a second cost a tenth of a core. */
const AT_ONCE_MAX = 500;
/** Before a search. */
const CATCH_UP_MAX = 1000;
const QUEUE_MAX = 5000;
const RING_MAX = 300;
const PRUNE_EVERY = 2000;
const PRUNE_STEP = 500;
/** Lines of an agent that has said nothing for so long are given up by whoever shares its store: it is no more. */
const SILENT_MS = 90 * 86_400_000;

export function keepLogLines({ records, ids, store, agent, linesMax, now = Date.now }: LogStoreParts): LogStore {
  const ring: LogLine[] = [];
  const listeners = new Set<() => void>();
  let last = ids.reached;
  let sincePruned = PRUNE_EVERY / 2;

  const waiting = writeBehind<LogLine>({
    store,
    queueMax: QUEUE_MAX,
    batchMax: BATCH_MAX,
    atOnceMax: AT_ONCE_MAX,
    insert: (session, batch) => insertRows(session, "dure_log_lines", LINE_COLUMNS, batch.map((line) => rowOf(line, agent)), { isTolerant: true }),
    async wrote(opened, { count, lost }) {
      sincePruned += count;
      if (lost > 0) take({ time: now(), level: "warn", message: "log lines could not be kept: they came faster than they could be written, or the store was away", fields: { lines: lost } });
      if (PRUNE_EVERY <= sincePruned) await prune(opened);
    },
  });
  const take = ({ time, level, message, fields }: LogRecord): void => {
    last += 1;
    ids.take(last);
    const line: LogLine = { id: last, atMs: time, level, message, fields };
    ring.push(line);
    if (RING_MAX < ring.length) ring.shift();
    for (const listener of listeners) listener();
    if (0 < linesMax) waiting.add(line);
  };
  const continueAfter = (id: number): void => {
    if (id <= last) return;
    last = id;
    ring.length = 0; // Between them and what comes now are those of the store.
  };
  const offOpen = store.onOpen((opened) => {
    // The file with the ids was lost: those of before are in the store.
    void bounds(opened, agent).then(({ highest }) => continueAfter(highest)).catch(() => {});
  });
  const away = records(take);

  /** In steps, so that nobody waits long. */
  const prune = async (opened: Store): Promise<void> => {
    sincePruned = 0;
    await pruneSilent(opened);
    const [first] = await opened.all<{ id: number }>("SELECT id FROM dure_log_lines WHERE agent = ? ORDER BY id DESC LIMIT 1 OFFSET ?", [agent, linesMax]);
    if (first === undefined) return;
    await dropUntil(opened, agent, first.id);
  };
  const pruneSilent = async (opened: Store): Promise<void> => {
    // A clock of ours that is ahead must not take away what others have: on a server its own counts, too.
    const [server] = opened.dialect === "mysql" ? await opened.all<{ ms: number }>("SELECT UNIX_TIMESTAMP() * 1000 AS ms") : [];
    const limit = Math.min(now(), Number(server?.ms ?? Infinity)) - SILENT_MS;
    for (const other of await opened.all<{ agent: string; id: number }>("SELECT agent, MAX(id) AS id FROM dure_log_lines WHERE agent <> ? GROUP BY agent", [agent])) {
      const last = Number(other.id);
      // The newest by its number: a clock may have jumped. Should it speak again meanwhile, that comes behind.
      const [line] = await opened.all<{ at_ms: number }>("SELECT at_ms FROM dure_log_lines WHERE agent = ? AND id = ?", [other.agent, last]);
      if (line !== undefined && Number(line.at_ms) < limit) await dropUntil(opened, other.agent, last);
    }
  };
  /** With what was said until now. */
  const written = async (): Promise<Store> => {
    if (linesMax === 0) throw noneKept();
    const opened = await store.get();
    await waiting.flush(CATCH_UP_MAX);
    return opened;
  };

  const memory = {
    get last() {
      return last;
    },
    since(after: number) {
      const items = ring.slice(ring.findLastIndex(({ id }) => id <= after) + 1);
      return { items, isWhole: linesMax === 0 || (ring[0]?.id ?? last + 1) <= after + 1 };
    },
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return {
    search: async (request, signal) => (await scan()).findLines(await written(), agent, request, { signal }),
    facets: async (filter, signal) => (await scan()).facetsOf(await written(), agent, filter, { signal }),
    async around(id, lines) {
      const found = await (await search()).linesAround(await written(), agent, id, lines);
      if (found === undefined) throw gone(id);
      return found;
    },
    async follow({ after = (ring[0]?.id ?? last + 1) - 1, emit, onLost, signal, ...filter }) {
      const { follow } = await import("../store/follow.ts");
      const fitsOtherwise = lineFitting(filter);
      const pattern = filter.regex === undefined ? undefined : (await import("./line-pattern.ts")).linePattern(filter.regex);
      const fits = pattern === undefined ? fitsOtherwise : (line: LogLine): boolean => fitsOtherwise(line) && 0 < pattern.fitting([line]).length;
      await follow(
        memory,
        {
          async page(from, limit) {
            try {
              const { lines: items, hasMore } = await (await scan()).findLines(await written(), agent, { ...filter, after: from, limit }, { signal });
              return { items, hasMore, isWhole: true };
            } catch (error) {
              if (isUnforeseen(error)) throw error;
              return { items: memory.since(from).items, hasMore: false, isWhole: false };
            }
          },
          oldest: async () => (await bounds(await store.get(), agent)).lowest,
        },
        { after, fits, emit, onGap: (from, next) => onLost(next - from - 1), signal },
      );
    },
    async close() {
      away();
      offOpen();
      await waiting.close();
      ids.close();
    },
  };
}

/** In the order of the numbers; there may be great gaps between them. */
async function dropUntil(store: Store, agent: string, last: number): Promise<void> {
  for (;;) {
    const [step] = await store.all<{ id: number | null }>("SELECT MAX(id) AS id FROM (SELECT id FROM dure_log_lines WHERE agent = ? AND id <= ? ORDER BY id LIMIT ?) AS some", [agent, last, PRUNE_STEP]);
    const until = step?.id ?? null;
    if (until === null) return;
    await store.run("DELETE FROM dure_log_lines WHERE agent = ? AND id <= ?", [agent, until]);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Most agents are never asked. */
const search = () => import("./log-search.ts");
const scan = () => import("./log-scan.ts");

async function bounds(store: Store, agent: string): Promise<{ readonly lowest: number; readonly highest: number }> {
  const [row] = await store.all<{ lowest: number | null; highest: number | null }>("SELECT MIN(id) AS lowest, MAX(id) AS highest FROM dure_log_lines WHERE agent = ?", [agent]);
  return { lowest: row?.lowest ?? 0, highest: row?.highest ?? 0 };
}

function noneKept(): CommandFailure {
  return new CommandFailure("UNAVAILABLE", {
    message: "no log lines are kept: `store.log_lines` is 0",
    hint: "Set it to a number of lines, or read the log file with `dure logs`.",
    ko: { message: "로그를 저장하지 않습니다: `store.log_lines`가 0입니다", hint: "저장할 줄 수를 쓰거나 `dure logs`로 로그 파일을 보세요." },
  });
}

function gone(id: number): CommandFailure {
  return new CommandFailure("NOT_FOUND", {
    message: `there is no log line ${id}`,
    hint: "The oldest are given up when there are more than `store.log_lines`.",
    ko: { message: `${id}번 로그가 없습니다`, hint: "`store.log_lines`보다 많아지면 오래된 것부터 지웁니다." },
  });
}
