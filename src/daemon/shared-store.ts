// The store that agents share, as the thread of the jobs has it: connections of its own, so that jobs wait for nobody who asks the main thread. Opened when it is needed, again when that failed.
import type { StorePlan } from "#kernel/config/plan.ts";
import type { Log } from "#sdk/plugin.ts";
import type { Store } from "#sdk/store.ts";

export interface SharedStore {
  /** With its tables as this version needs them. Rejects with StoreFailure. */
  get(): Promise<Store>;
  close(): Promise<void>;
}

/** Undefined: the store is this agent's alone. */
export function sharedStore(plan: StorePlan, log: Log): SharedStore | undefined {
  if (plan.type === "sqlite") return undefined;
  let opening: Promise<Store> | undefined;
  const open = async (): Promise<Store> => {
    // Loaded only here: most agents share none.
    const [{ openStore, storeTables }, { migrate }] = await Promise.all([import("./store-backend.ts"), import("#kernel/store/migrate.ts")]);
    const store = await openStore(plan, log);
    try {
      await migrate(store, storeTables);
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  };
  return {
    get: () =>
      (opening ??= open().catch((error: unknown) => {
        opening = undefined;
        throw error;
      })),
    async close() {
      await opening?.then((store) => store.close(), () => {});
    },
  };
}
