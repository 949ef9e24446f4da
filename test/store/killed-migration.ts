// A process that brings a store up to date and ends itself by kill -9 before its n-th statement.
import { migrate } from "#kernel/store/migrate.ts";
import { openMysqlStore } from "#plugins/stores/mysql.ts";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";
import { dyingStore } from "./dying-store.ts";
import { sets } from "./some-migrations.ts";

const { where, dieAt } = JSON.parse(process.argv[2] ?? "") as { where: string | Parameters<typeof openMysqlStore>[0]; dieAt: number };
const { store, statements } = dyingStore(typeof where === "string" ? await openSqliteStore(where) : await openMysqlStore(where), dieAt);
const ran = await migrate(store, sets);
await store.close();
console.log(JSON.stringify({ ran, statements: statements() }));
