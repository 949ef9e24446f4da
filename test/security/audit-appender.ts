// A process that adds rows to the audit until it is killed, and tells its parent of each that was committed; or begins a change and never ends it.
import { AuditLog } from "#kernel/audit/audit-log.ts";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";

const store = await openSqliteStore(process.argv[2] ?? "");
const audit = new AuditLog({ store: async () => store, agent: async () => "agent-1" });
if (process.argv[3] === "begin") {
  await audit.begin({ caller: { name: "hong", role: "admin", edge: "http" }, command: "users.remove", params: { name: "kim" } });
  process.send?.("begun");
  await new Promise(() => {});
}
for (let count = 1; ; count += 1) {
  await audit.append({ caller: { name: "hong", role: "admin", edge: "http" }, command: "users.create", params: { count }, outcome: "ok" });
  process.send?.(count);
  await new Promise(setImmediate);
}
