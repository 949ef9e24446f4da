// The link for the first user, for whoever has just started an agent. It is drawn in the store itself: were the agent asked, it would have to load
// its command table, which an agent that nobody visits does not need.
import { setTimeout as pause } from "node:timers/promises";
import { SetupLink } from "#kernel/access/setup-link.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import { lazyStore } from "#kernel/store/open-store.ts";
import type { Log } from "#sdk/plugin.ts";
import { openStore, storeTables } from "./store-backend.ts";

/** A store that does not even answer keeps nobody waiting for longer: `dure open` asks again. One that refuses is given up at once. */
const WAIT_MS = 10_000;
const quiet = (): void => {};
const silent: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** What lets the first user in; undefined when there is a user already, or the store cannot be had. */
export async function drawFirstLink({ store: plan }: Pick<AgentPlan, "store">): Promise<string | undefined> {
  const store = lazyStore({ plan, migrations: storeTables, log: silent, open: (storePlan, options) => openStore(storePlan, silent, options) });
  const drawn = new SetupLink({ store: store.get, now: Date.now })
    .issue()
    .catch(() => undefined)
    .finally(() => store.close());
  return (await Promise.race([drawn, pause(WAIT_MS, undefined, { ref: false })]))?.token;
}
