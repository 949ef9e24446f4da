// What waits to be written, and who waits for it.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store, StoreSession } from "#sdk/store.ts";
import type { LazyStore } from "./open-store.ts";
import { writeBehind } from "./write-behind.ts";

interface Fact {
  readonly id: number;
}

/** A queue before a store whose doors the test opens and shuts. */
function trial({ queueMax = 1000, batchMax = 2 } = {}) {
  const session = {} as StoreSession;
  const opened = { transaction: (work: (session: StoreSession) => Promise<unknown>) => work(session) } as unknown as Store;
  const kept: number[] = [];
  const lost: number[] = [];
  let gate = Promise.resolve();
  let attempts = 0;
  let isAway = false;
  const store: LazyStore = {
    async get() {
      attempts += 1;
      if (isAway) throw new Error("the store is away");
      return opened;
    },
    state: { state: "open" },
    onOpen: () => () => {},
    close: async () => {},
  };
  const waiting = writeBehind<Fact>({
    store,
    queueMax,
    batchMax,
    flushMs: 3_600_000,
    async insert(_session, batch) {
      await gate;
      kept.push(...batch.map(({ id }) => id));
    },
    wrote: async (_store, written) => void lost.push(written.lost),
  });
  return {
    waiting,
    kept,
    lost,
    attempts: () => attempts,
    setAway: (value: boolean) => (isAway = value),
    /** Until what comes back is called nothing is written. */
    shut() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
  };
}

test("write-behind: whoever asks while facts are being written gets those that came meanwhile, too", async () => {
  const { waiting, kept, shut } = trial();
  const open = shut();
  for (const id of [1, 2, 3]) waiting.add({ id });
  const first = waiting.flush(2);
  waiting.add({ id: 4 });
  const both = [waiting.flush(1), waiting.flush()];
  open();
  await first;
  assert.deepEqual(kept, [1, 2]);
  await Promise.all(both);
  assert.deepEqual(kept, [1, 2, 3, 4]);
});

test("write-behind: while the store is away, all who ask meanwhile share one attempt, and nothing is lost", async () => {
  const { waiting, kept, attempts, setAway } = trial();
  setAway(true);
  waiting.add({ id: 1 });
  const asked = Array.from({ length: 20 }, () => waiting.flush());
  assert.deepEqual([...new Set((await Promise.allSettled(asked)).map(({ status }) => status))], ["rejected"]);
  assert.equal(attempts(), 2); // The one under way, and the one after it.
  setAway(false);
  await waiting.flush();
  assert.deepEqual(kept, [1]);
});

test("write-behind: what the queue cannot hold is the oldest, and is counted; a batch under way is written whole", async () => {
  const { waiting, kept, lost, shut } = trial({ queueMax: 3 });
  const open = shut();
  for (const id of [1, 2, 3]) waiting.add({ id });
  const flushed = waiting.flush();
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve(); // The first batch is on its way.
  for (const id of [4, 5, 6]) waiting.add({ id });
  open();
  await flushed;
  await waiting.flush();
  assert.deepEqual(kept, [1, 2, 4, 5, 6]);
  assert.deepEqual(lost, [1, 0, 0]);
});
