// A process that brings a store up to date and ends itself by kill -9 before its n-th statement: what a crash there would be.
import { migrate } from "#kernel/store/migrate.ts";
import { openMysqlStore } from "#plugins/stores/mysql.ts";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";
import type { Store, StoreSession } from "#sdk/store.ts";
import { sets } from "./some-migrations.ts";

const { where, dieAt } = JSON.parse(process.argv[2] ?? "") as { where: string | Parameters<typeof openMysqlStore>[0]; dieAt: number };
const store = typeof where === "string" ? await openSqliteStore(where) : await openMysqlStore(where);
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
const dying: Store = { ...session(store), transaction: (work) => store.transaction((inner) => work(session(inner))), snapshot: (work) => store.snapshot(work), close: () => store.close() };
const ran = await migrate(dying, sets);
await store.close();
console.log(JSON.stringify({ ran, statements: count }));
