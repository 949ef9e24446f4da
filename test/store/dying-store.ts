// A store whose process ends itself by kill -9 before its n-th change: what a crash there would be.
import type { Store, StoreSession } from "#sdk/store.ts";

export interface DyingStore {
  readonly store: Store;
  /** So many changes were made. */
  statements(): number;
}

export function dyingStore(inner: Store, dieAt: number): DyingStore {
  let count = 0;
  const session = (one: StoreSession): StoreSession => ({
    dialect: one.dialect,
    all: (sql, params) => one.all(sql, params),
    run(sql, params) {
      if (count === dieAt) process.kill(process.pid, "SIGKILL");
      count += 1;
      return one.run(sql, params);
    },
  });
  const store = { ...session(inner), transaction: (work) => inner.transaction((one) => work(session(one))), snapshot: (work) => inner.snapshot(work), close: () => inner.close() } satisfies Store;
  return { store, statements: () => count };
}
