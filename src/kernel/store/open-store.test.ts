import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreFailure } from "#sdk/store.ts";
import type { Store, StoreFault } from "#sdk/store.ts";
import { CommandFailure } from "../commands/failure.ts";
import { createLog } from "../log.ts";
import type { LogRecord } from "../log.ts";
import { lazyStore } from "./open-store.ts";

const plan = { type: "sqlite", file: "dure.db" } as const;

function listening() {
  const records: LogRecord[] = [];
  const log = createLog({ level: "info", also: { level: "info", sink: { write: (record) => void records.push(record), close: () => {} } } });
  return { log, records };
}

function fault(kind: StoreFault): StoreFailure {
  return new StoreFailure(kind, { message: `it is ${kind}`, hint: "do this", ko: { message: "없습니다", hint: "하세요" } });
}

/** Answers nothing; the fault is what each statement fails with. */
function double(state: { fault?: StoreFault; closed: number }): Store {
  const ask = async (): Promise<never[]> => {
    if (state.fault !== undefined) throw fault(state.fault);
    return [];
  };
  const session = { dialect: "sqlite" as const, all: ask as Store["all"], run: async () => (await ask(), { changes: 0, lastId: 0 }) };
  return { ...session, transaction: (work) => work(session), snapshot: (work) => work(session), close: async () => void (state.closed += 1) };
}

test("lazy store: opened once, by whoever needs it first", async () => {
  const { log } = listening();
  let opened = 0;
  const state = { closed: 0 };
  const store = lazyStore({ plan, migrations: [], log, open: async () => ((opened += 1), double(state)) });
  assert.deepEqual([opened, store.state], [0, { state: "unopened" }]);
  const heard: Store[] = [];
  store.onOpen((each) => heard.push(each));
  const [one, other] = await Promise.all([store.get(), store.get()]);
  assert.equal(one, other);
  assert.deepEqual([opened, heard, store.state], [1, [one], { state: "open" }]);
  await store.close();
  assert.equal(state.closed, 1);
  await assert.rejects(store.get(), CommandFailure);
});

test("lazy store: away is said once, asked for after a pause, and said when it is back", async () => {
  const { log, records } = listening();
  let now = 0;
  let tries = 0;
  let isThere = false;
  const store = lazyStore({
    plan,
    migrations: [],
    log,
    now: () => now,
    random: () => 0.5,
    open: async () => {
      tries += 1;
      if (!isThere) throw fault("refused");
      return double({ closed: 0 });
    },
  });
  const isUnavailable = (error: unknown): boolean => error instanceof CommandFailure && error.code === "UNAVAILABLE" && /it is refused/.test(error.message) && error.hint === "do this" && /없습니다/.test(error.ko?.message ?? "");
  await assert.rejects(store.get(), isUnavailable);
  await assert.rejects(store.get(), isUnavailable);
  assert.equal(tries, 1);
  now = 1000;
  await assert.rejects(store.get(), isUnavailable);
  assert.equal(tries, 2);
  assert.equal(store.state.state, "away");
  isThere = true;
  now = 3000;
  await store.get();
  assert.deepEqual([tries, store.state], [3, { state: "open" }]);
  assert.deepEqual(records.map(({ level, message }) => [level, message.split(";")[0]]), [["error", "the store cannot be opened"], ["info", "the store is there again"]]);
  await store.close();
});

test("lazy store: a clock that is set back keeps nobody from trying again", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { log } = listening();
  let now = 9 * 3_600_000;
  let isThere = false;
  const open = async (): Promise<Store> => {
    if (!isThere) throw fault("away");
    return double({ closed: 0 });
  };
  const store = lazyStore({ plan, migrations: [], log, now: () => now, random: () => 0, open });
  await assert.rejects(store.get(), CommandFailure);
  now = 0;
  isThere = true;
  const opened = new Promise<void>((resolve) => void store.onOpen(() => resolve()));
  mock.timers.tick(1000);
  await opened;
  assert.deepEqual(store.state, { state: "open" });
  await store.close();
});

test("lazy store: one that answers no more keeps nobody from ending", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { log } = listening();
  const never = new Promise<never>(() => {});
  const hung = lazyStore({ plan, migrations: [], log, open: async () => ({ ...double({ closed: 0 }), close: () => never }) });
  await hung.get();
  const unopened = lazyStore({ plan, migrations: [], log, open: () => never });
  void unopened.get().catch(() => {});
  const closed = Promise.all([hung.close(), unopened.close()]);
  await new Promise(setImmediate);
  mock.timers.tick(3000);
  await closed;
});

test("lazy store: an open one that fails is away until it answers again; each is said once", async () => {
  const { log, records } = listening();
  const state: { fault?: StoreFault; closed: number } = { closed: 0 };
  const store = lazyStore({ plan, migrations: [], log, open: async () => double(state) });
  const opened = await store.get();
  state.fault = "full";
  for (let at = 0; at < 3; at += 1) await assert.rejects(opened.run("INSERT"), StoreFailure);
  assert.deepEqual([store.state.state, await store.get()], ["away", opened]);
  state.fault = "duplicate";
  await assert.rejects(opened.run("INSERT"), StoreFailure);
  assert.equal(store.state.state, "away");
  delete state.fault;
  await opened.all("SELECT 1");
  assert.equal(store.state.state, "away", "a full disk can be read all the time");
  for (let at = 0; at < 2; at += 1) await opened.run("INSERT");
  assert.deepEqual(store.state, { state: "open" });
  assert.deepEqual(records.map(({ level, message }) => [level, message.split(";")[0]]), [["error", "the store fails"], ["info", "the store is there again"]]);
  await store.close();
});

test("lazy store: one that says it is damaged is opened anew, and looked at whole", async () => {
  const { log } = listening();
  const asked: boolean[] = [];
  const first = { closed: 0 } as { fault?: StoreFault; closed: number };
  const store = lazyStore({ plan, migrations: [], log, open: async (_plan, { isSuspect }) => (asked.push(isSuspect), double(asked.length === 1 ? first : { closed: 0 })) });
  const before = await store.get();
  first.fault = "damaged";
  await assert.rejects(before.transaction((session) => session.run("INSERT")), StoreFailure);
  const reopened = await new Promise<Store>((resolve) => void store.onOpen(resolve));
  assert.deepEqual([asked, first.closed], [[false, true], 1]);
  assert.deepEqual(await reopened.all("SELECT 1"), []);
  await store.close();
});
