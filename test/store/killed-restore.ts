// A process that restores a backup, and for a store on a server ends itself by kill -9 before its n-th statement.
import { restore } from "#capabilities/backup/backup.ts";
import type { StorePlan } from "#kernel/config/plan.ts";
import { createLog } from "#kernel/log.ts";
import type { Store, StoreSession } from "#sdk/store.ts";
import { openStore, storeTables } from "../../src/daemon/store-backend.ts";

const { file, plan, dataDir, dieAt } = JSON.parse(process.argv[2] ?? "") as { file: string; plan: StorePlan; dataDir: string; dieAt: number };
const log = createLog({ level: "error" });
let count = 0;
const session = (inner: StoreSession): StoreSession => ({
  dialect: inner.dialect,
  all: (sql, params) => inner.all(sql, params),
  run(sql, params) {
    if (count === dieAt) process.kill(process.pid, "SIGKILL");
    count += 1;
    return inner.run(sql, params);
  },
});
const open = async (wanted: StorePlan): Promise<Store> => {
  const store = await openStore(wanted, log);
  if (wanted.type === "sqlite") return store;
  return { ...session(store), transaction: (work) => store.transaction((inner) => work(session(inner))), snapshot: (work) => store.snapshot(work), close: () => store.close() };
};
console.log("begun");
await restore(file, plan, dataDir, { open, tables: storeTables, log }, { atMs: Date.now(), version: "test", agent: "here" });
console.log("done");
