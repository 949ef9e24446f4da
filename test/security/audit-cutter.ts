// A process that cuts the audit of a store, and ends itself by kill -9 before its n-th change.
import { AuditLog } from "#kernel/audit/audit-log.ts";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";
import type { StoreSession } from "#sdk/store.ts";

const [file = "", nowMs, keepMs, dieAt] = process.argv.slice(2);
const inner = await openSqliteStore(file);
let count = 0;
const dying = (session: StoreSession): StoreSession => ({
  dialect: session.dialect,
  all: session.all.bind(session),
  run(sql, params) {
    if (sql.startsWith("DELETE FROM dure_audit WHERE") || sql.includes("dure_audit (") || sql.includes("dure_audit_heads SET")) {
      if (count === Number(dieAt)) process.kill(process.pid, "SIGKILL");
      count += 1;
    }
    return session.run(sql, params);
  },
});
const store = { ...dying(inner), transaction: <T>(work: (session: StoreSession) => Promise<T>) => inner.transaction((session) => work(dying(session))), snapshot: inner.snapshot.bind(inner), close: inner.close.bind(inner) };
await new AuditLog({ store: async () => store, agent: async () => "agent-1", now: () => Number(nowMs), keepMs: Number(keepMs) }).cut();
await inner.close();
