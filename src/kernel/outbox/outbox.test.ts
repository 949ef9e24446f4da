// Notices that are written with their fact: handed on once that is kept, over a crash at any point, and while the store or the receiver is away.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openMysqlStore } from "#plugins/stores/mysql.ts";
import { until } from "#test/cli/run-dure.ts";
import { noMariaDb, startMariaDb } from "#test/servers/mariadb.ts";
import { storeFolder } from "#test/store/lazy.ts";
import type { StoreFolder } from "#test/store/lazy.ts";
import { outboxTables } from "./outbox-tables.ts";
import { Outbox } from "./outbox.ts";
import type { OutboxEntry } from "./outbox.ts";

const SOON = { firstMs: 1, mostMs: 5 };

for (const [name, folderOf] of [
  ["SQLite", async () => ({ folder: storeFolder([outboxTables]), end: async () => {} })],
  ["MariaDB", async () => {
    const server = await startMariaDb();
    await server.query("CREATE DATABASE o; CREATE USER 'o'@'127.0.0.1' IDENTIFIED BY 'x'; GRANT ALL ON o.* TO 'o'@'127.0.0.1'");
    return { folder: storeFolder([outboxTables], () => openMysqlStore({ host: "127.0.0.1", port: server.port, user: "o", password: "x", database: "o" })), end: () => server[Symbol.asyncDispose]() };
  }],
] as const) {
  test(`outbox: a notice is there if and only if its fact is, and is handed on in order (${name})`, { skip: name === "MariaDB" && noMariaDb }, async () => {
    const { folder, end } = await folderOf();
    const box = await outbox(folder);
    const store = await box.store.get();
    await assert.rejects(store.transaction(async (session) => {
      await box.outbox.write(session, [entry("00-lost")]);
      throw new Error("the fact was not kept");
    }), /not kept/);
    await store.transaction((session) => box.outbox.write(session, [entry("01"), entry("02"), entry("01")]));
    assert.deepEqual(box.handed, [], "nobody said yet that it is kept");
    box.outbox.wake();
    await box.until(2);
    await store.transaction((session) => box.outbox.write(session, Array.from({ length: 450 }, (_, at) => entry(`1${String(at).padStart(3, "0")}`))));
    box.outbox.wake();
    await box.until(452);
    assert.deepEqual(box.handed.map(({ id }) => id), ["01", "02", ...Array.from({ length: 450 }, (_, at) => `1${String(at).padStart(3, "0")}`)]);
    assert.deepEqual(box.handed[0], entry("01"));
    await box.close();
    folder[Symbol.dispose]();
    await end();
  });
}

test("outbox: who is killed before a row is deleted hands it on again, under its old id; nothing is left out", async () => {
  using folder = storeFolder([outboxTables]);
  const first = await outbox(folder);
  first.refuses = "after";
  const store = await first.store.get();
  await store.transaction((session) => first.outbox.write(session, [entry("a"), entry("b")]));
  first.outbox.wake();
  await first.until(2);
  await first.close();
  const second = await outbox(folder);
  await second.store.get();
  await second.until(2);
  assert.deepEqual(second.handed.map(({ id }) => id), ["a", "b"]);
  await second.close();
  const third = await outbox(folder);
  assert.deepEqual(await (await third.store.get()).all("SELECT id FROM dure_outbox"), []);
  await third.close();
});

test("outbox: while nobody takes them they wait, and are said to wait once", async () => {
  using folder = storeFolder([outboxTables]);
  const box = await outbox(folder);
  box.refuses = "before";
  const store = await box.store.get();
  await store.transaction((session) => box.outbox.write(session, [entry("a")]));
  box.outbox.wake();
  await box.asked(5);
  box.refuses = undefined;
  await box.until(1);
  assert.equal(folder.records.filter(({ message }) => message.startsWith("notices wait")).length, 1);
  await box.close();
});

function entry(id: string): OutboxEntry {
  return { id, notifier: "ops", notice: { subject: "s", text: "글", atMs: 1000, host: "h", data: { id } } };
}

async function outbox(folder: StoreFolder) {
  const store = folder.open();
  const handed: OutboxEntry[] = [];
  let asked = 0;
  const box = {
    store,
    handed,
    /** `after`: it has them, and the answer is lost. */
    refuses: undefined as "before" | "after" | undefined,
    outbox: new Outbox({
      store,
      agent: "here",
      log: folder.log,
      againMs: SOON,
      async hand(entries) {
        asked += 1;
        if (box.refuses === "before") throw new Error("no room");
        handed.push(...entries);
        if (box.refuses === "after") throw new Error("killed");
      },
    }),
    until: (count: number) => until(() => count <= handed.length, `${count} are handed over`),
    asked: (count: number) => until(() => count <= asked, `asked ${count} times`),
    async close(): Promise<void> {
      await box.outbox.close();
      await store.close();
    },
  };
  return box;
}
