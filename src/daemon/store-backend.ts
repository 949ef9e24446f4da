// Opens the store that a plan names, and says what stores hold. A backend's library is loaded when a store of its kind is opened.
import type { Stores } from "#capabilities/backup/backup.ts";
import { revisionTables } from "#capabilities/config/revision-tables.ts";
import { accessTables } from "#kernel/access/access-tables.ts";
import { auditTables } from "#kernel/audit/audit-tables.ts";
import type { StorePlan } from "#kernel/config/plan.ts";
import { eventTables } from "#kernel/events/event-log.ts";
import { fleetTables } from "#kernel/fleet/fleet-tables.ts";
import { outboxTables } from "#kernel/outbox/outbox-tables.ts";
import { logTables } from "#kernel/log-store/log-tables.ts";
import type { Log } from "#sdk/plugin.ts";
import type { MigrationSet, Store } from "#sdk/store.ts";

/** Of every part of the house. */
export const storeTables: readonly MigrationSet[] = [accessTables, auditTables, eventTables, fleetTables, logTables, outboxTables, revisionTables];

export function stores(log: Log): Stores {
  return { open: (plan) => openStore(plan, log), tables: storeTables, log };
}

/** As it is; whether its tables are there is not looked at. */
export async function openStore(plan: StorePlan, log: Log, options: { readonly isSuspect?: boolean } = {}): Promise<Store> {
  if (plan.type === "mysql") {
    const { openMysqlStore } = await import("#plugins/stores/mysql.ts");
    return openMysqlStore({ ...plan, password: plan.password ?? "" });
  }
  const { openSqliteStore } = await import("#plugins/stores/sqlite.ts");
  const onSetAside = (aside: string): void => log.error("the store was damaged; it was set aside and a new one begun", { store: plan.file, aside, hint: "To go back to a copy: `dure stop`, then `dure restore FILE` with a file of `dure backup`. Until then users have to be made anew." });
  return openSqliteStore(plan.file, { ...options, onSetAside });
}
