// The store as the rest of the house has it: opened when somebody needs it, asked for again after a pause when it cannot be opened.
// The agent runs without it: who needs it is told why it is not there.
import { backoffMs } from "#base/backoff.ts";
import { toldOf } from "#base/errors.ts";
import type { Told } from "#base/errors.ts";
import { within } from "#base/within.ts";
import type { Log } from "#sdk/plugin.ts";
import { StoreFailure } from "#sdk/store.ts";
import type { MigrationSet, Store, StoreFault, StoreReader, StoreSession } from "#sdk/store.ts";
import { CommandFailure } from "../commands/failure.ts";
import type { StorePlan } from "../config/plan.ts";
import { migrate } from "./migrate.ts";

export interface LazyStore {
  /** With its tables as this version needs them. Rejects with CommandFailure UNAVAILABLE that says why. */
  get(): Promise<Store>;
  readonly state: StoreState;
  /** Calls `listener` whenever it has been opened; what comes back ends it. */
  onOpen(listener: (store: Store) => void): () => void;
  /** Waits no longer than a moment for one that does not answer. */
  close(): Promise<void>;
}

const CLOSE_MS = 3000;

/** `unopened`: nobody has needed it yet. */
export type StoreState = { readonly state: "unopened" | "open" } | { readonly state: "away"; readonly why: Told; readonly sinceMs: number };

export interface StoreParts {
  readonly plan: StorePlan;
  readonly migrations: readonly MigrationSet[];
  readonly log: Log;
  /** Opens what the plan says; `daemon/store-backend.ts` knows the backends. `isSuspect`: something in it was found damaged. */
  open(plan: StorePlan, options: { readonly isSuspect: boolean }): Promise<Store>;
  readonly now?: () => number;
  readonly random?: () => number;
}

export function lazyStore({ plan, migrations, log, open, now = Date.now, random = Math.random }: StoreParts): LazyStore {
  let opening: Promise<Store> | undefined;
  let failure: { readonly error: unknown; readonly sinceMs: number; readonly againAtMs: number; readonly count: number } | undefined;
  let isOpen = false;
  /** What an open store answers since when, instead of doing what it is asked. */
  let trouble: { readonly error: StoreFailure; readonly sinceMs: number } | undefined;
  let isSuspect = false;
  let isClosed = false;
  let retry: NodeJS.Timeout | undefined;
  const listeners = new Set<(store: Store) => void>();
  const where = plan.type === "sqlite" ? plan.file : `${plan.host}:${plan.port}/${plan.database}`;

  const attempt = async (): Promise<Store> => {
    clearTimeout(retry);
    let store: Store | undefined;
    try {
      store = watched(await open(plan, { isSuspect }), told);
      const ran = await migrate(store, migrations);
      if (isClosed) throw ended();
      isOpen = true;
      isSuspect = false;
      if (failure !== undefined) log.info("the store is there again", { store: where, awayMs: now() - failure.sinceMs });
      if (ran.length > 0) log.debug("the store's tables were brought up to date", { store: where, ran });
      failure = undefined;
      for (const listener of listeners) listener(store);
      return store;
    } catch (error) {
      opening = undefined;
      await store?.close().catch(() => {});
      if (isClosed) throw ended();
      const count = (failure?.count ?? 0) + 1;
      const waitMs = backoffMs(count, { firstMs: 1000, mostMs: 60_000, random });
      if (failure === undefined) log.error("the store cannot be opened; pipelines run on, what needs it has to wait", { store: where, error });
      failure = { error, sinceMs: failure?.sinceMs ?? now(), againAtMs: now() + waitMs, count };
      // Whatever the clock says by then: it may have been set back by hours.
      retry = setTimeout(() => void (opening ??= attempt()).catch(() => {}), waitMs).unref();
      throw unavailable(error);
    }
  };
  const get = (): Promise<Store> => {
    if (isClosed) return Promise.reject(unavailable(ended()));
    if (opening === undefined && failure !== undefined && now() < failure.againAtMs) return Promise.reject(unavailable(failure.error));
    return (opening ??= attempt());
  };
  /** Says once that an open store fails, and once that it is well again. */
  const told: Listener = (store, error, isWrite) => {
    if (error?.fault === "damaged") return void reopen(store);
    if (error === undefined && trouble !== undefined) {
      // A full disk can be read all the time.
      if (!isWrite && (trouble.error.fault === "full" || trouble.error.fault === "read-only")) return;
      log.info("the store is there again", { store: where, awayMs: now() - trouble.sinceMs });
      trouble = undefined;
    } else if (error !== undefined && trouble === undefined && isOpen) {
      trouble = { error, sinceMs: now() };
      log.error("the store fails; pipelines run on, what needs it has to wait", { store: where, error });
    }
  };
  /** Statements that come meanwhile fail as the damaged one did; the next open looks at every page. */
  const reopen = async (damaged: Store): Promise<void> => {
    if (isClosed || !isOpen) return;
    isOpen = false;
    trouble = undefined;
    isSuspect = true;
    opening = undefined;
    log.error("the store is damaged; it is opened anew", { store: where });
    await damaged.close().catch(() => {});
    await get().catch(() => {});
  };
  return {
    get,
    get state(): StoreState {
      if (trouble !== undefined) return { state: "away", why: toldOf(trouble.error), sinceMs: trouble.sinceMs };
      if (isOpen) return { state: "open" };
      return failure === undefined ? { state: "unopened" } : { state: "away", why: toldOf(failure.error), sinceMs: failure.sinceMs };
    },
    onOpen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      isClosed = true;
      clearTimeout(retry);
      const closing = opening?.then((store) => store.close(), () => {});
      isOpen = false;
      await within(CLOSE_MS, Promise.resolve(closing));
    },
  };
}

/** Faults of the store, and not of what it was asked. */
const TROUBLE: readonly StoreFault[] = ["away", "full", "read-only", "damaged", "refused"];

type Listener = (store: Store, error: StoreFailure | undefined, isWrite: boolean) => void;

/** The same store; `told` hears how each question went, but for those that were wrong themselves. */
function watched(store: Store, told: Listener): Store {
  const looked = async <T>(asked: Promise<T>, isWrite = false): Promise<T> => {
    try {
      const answer = await asked;
      told(store, undefined, isWrite);
      return answer;
    } catch (error) {
      if (error instanceof StoreFailure && TROUBLE.includes(error.fault)) told(store, error, isWrite);
      throw error;
    }
  };
  const sessionOf = (session: StoreSession): StoreSession => ({ dialect: session.dialect, all: (sql, params) => looked(session.all(sql, params)), run: (sql, params) => looked(session.run(sql, params), true) });
  const readerOf = (session: StoreReader): StoreReader => ({ dialect: session.dialect, all: (sql, params) => looked(session.all(sql, params)) });
  const backup = store.backup?.bind(store);
  return {
    ...sessionOf(store),
    transaction: (work) => looked(store.transaction((session) => work(sessionOf(session))), true),
    snapshot: (work) => looked(store.snapshot((session) => work(readerOf(session)))),
    ...(backup === undefined ? {} : { backup: (file: string) => looked(backup(file)) }),
    close: () => store.close(),
  };
}

function unavailable(error: unknown): CommandFailure {
  const { message, hint, ko } = toldOf(error);
  return new CommandFailure(
    "UNAVAILABLE",
    { message: `the store is not there: ${message}`, ...(hint === undefined ? {} : { hint }), ko: { message: `저장소를 쓸 수 없습니다: ${ko?.message ?? message}`, ...(ko?.hint === undefined ? {} : { hint: ko.hint }) } },
    { cause: error },
  );
}

function ended(): StoreFailure {
  return new StoreFailure("away", { message: "the agent is ending", ko: { message: "에이전트가 끝나는 중입니다" } });
}
