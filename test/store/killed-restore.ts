// A process that restores a backup, and for a store on a server ends itself by kill -9 before its n-th statement.
import { restore } from "#capabilities/backup/backup.ts";
import type { StorePlan } from "#kernel/config/plan.ts";
import { createLog } from "#kernel/log.ts";
import type { Store } from "#sdk/store.ts";
import { openStore, storeTables } from "../../src/daemon/store-backend.ts";
import { dyingStore } from "./dying-store.ts";

const { file, plan, dataDir, dieAt } = JSON.parse(process.argv[2] ?? "") as { file: string; plan: StorePlan; dataDir: string; dieAt: number };
const log = createLog({ level: "error" });
const open = async (wanted: StorePlan): Promise<Store> => {
  const store = await openStore(wanted, log);
  return wanted.type === "sqlite" ? store : dyingStore(store, dieAt).store;
};
console.log("begun");
await restore(file, plan, dataDir, { open, tables: storeTables, log }, { atMs: Date.now(), version: "test", agent: "here" });
console.log("done");
