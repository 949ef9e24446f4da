// Access over a real store in a folder of its own, with a clock that stands still and a hash that costs nothing.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StillClock } from "#base/still-clock.ts";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";
import type { Log } from "#sdk/plugin.ts";
import type { Store } from "#sdk/store.ts";
import { AuditLog } from "#kernel/audit/audit-log.ts";
import { auditTables } from "#kernel/audit/audit-tables.ts";
import { createEventHub } from "#kernel/events/event-hub.ts";
import type { AgentEvent } from "#kernel/events/event-hub.ts";
import { migrate } from "#kernel/store/migrate.ts";
import { Access } from "#kernel/access/access.ts";
import { accessTables } from "#kernel/access/access-tables.ts";
import { createPasswordHasher } from "#kernel/access/password.ts";

export interface TestAccess extends AsyncDisposable {
  readonly access: Access;
  readonly audit: AuditLog;
  readonly store: Store;
  readonly clock: StillClock;
  readonly said: string[];
  readonly dir: string;
  events(): readonly AgentEvent[];
}

export const PASSWORD = "correct horse 배터리";
export const visitor = { address: "192.0.2.7", browser: "test" };
const START_MS = Date.UTC(2026, 10, 22);

/** `open`: another store than a file of its own. */
export async function testAccess(open?: () => Promise<Store>, agent = "agent-1"): Promise<TestAccess> {
  const dir = mkdtempSync(join(tmpdir(), "dure-access-"));
  const store = await (open === undefined ? openSqliteStore(join(dir, "dure.db")) : open());
  await migrate(store, [accessTables, auditTables]);
  const clock = new StillClock(START_MS);
  const now = (): number => clock.now();
  const said: string[] = [];
  const note = (level: string) => (message: string, fields?: unknown) => void said.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const log = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") } as Log;
  const hub = createEventHub({ now });
  const audit = new AuditLog({ store: async () => store, agent: async () => agent, now });
  const access = new Access({ store: async () => store, events: hub, log, audit: (fact) => audit.append(fact), now, hasher: createPasswordHasher({ strength: { memoryKiB: 64, passes: 1, lanes: 1 } }) });
  return {
    access,
    audit,
    store,
    clock,
    said,
    dir,
    events: () => hub.since(0).events,
    async [Symbol.asyncDispose]() {
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A user with PASSWORD. */
export async function userIn({ access }: TestAccess, name: string, role: "viewer" | "operator" | "admin" = "viewer"): Promise<void> {
  await access.users.create({ name, role, language: "ko", password: await access.hasher.hash(PASSWORD) });
}
