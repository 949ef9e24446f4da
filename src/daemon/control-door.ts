// Opens the door of the API and the dashboard before a pipeline starts, so that a port which is taken fails the start; what is behind it
// is loaded with the first visitor.
import { openDoor } from "#edges/http/door.ts";
import type { Door } from "#edges/http/door.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import { lazyStore } from "#kernel/store/open-store.ts";
import type { Log } from "#sdk/plugin.ts";
import { openStore, storeTables } from "./store-backend.ts";

/** Undefined: the config says `http: false`. Rejects with UsageError when it cannot be opened, or must not be. */
export async function openControlDoor({ http, store }: AgentPlan, log: Log): Promise<Door | undefined> {
  return http === null ? undefined : openDoor({ plan: http, log, hasUser: () => hasUser(store, log) });
}

/** Asked only where the door is open to others: what it takes is loaded then. */
async function hasUser(plan: AgentPlan["store"], log: Log): Promise<boolean> {
  const { Users } = await import("#kernel/access/users.ts");
  const store = lazyStore({ plan, migrations: storeTables, log, open: (storePlan, options) => openStore(storePlan, log, options) });
  try {
    return await new Users({ store: store.get, now: Date.now, changed: () => {} }).isAnybody();
  } catch {
    return true; // Which has been said. While the store is away nobody can log in, nor make himself the first user.
  } finally {
    await store.close();
  }
}
