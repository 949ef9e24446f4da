// What every store promises, as tests of one.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { SqlValue, Store } from "../store.ts";
import { StoreFailure } from "../store.ts";

export interface StoreUnderTest {
  readonly name: string;
  readonly skip?: string | false;
  /** An empty store; `again` opens the same one once more, as another agent would. Both are closed with it. */
  fresh(): Promise<FreshStore>;
}

export interface FreshStore extends AsyncDisposable {
  readonly store: Store;
  again(): Promise<Store>;
}

const TABLE = {
  sqlite: "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, n INTEGER, x REAL, b BLOB)",
  mysql: "CREATE TABLE t (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(200) COLLATE utf8mb4_bin UNIQUE, n BIGINT, x DOUBLE, b LONGBLOB) CHARACTER SET utf8mb4",
};

/**
 * Registers tests of a store with node:test: what is written is read as it was; a transaction is whole or not at all, and alone, even among
 * several agents; a reader sees one moment; failures say which they are.
 */
export function storeConformance({ name, skip = false, fresh }: StoreUnderTest): void {
  const conforms = (what: string, body: (store: Store, again: () => Promise<Store>) => Promise<void>): void => {
    test(`${name} conforms: ${what}`, { skip }, async () => {
      await using opened = await fresh();
      await opened.store.run(TABLE[opened.store.dialect]);
      await body(opened.store, opened.again);
    });
  };

  conforms("values come back as they were, whatever they are", async (store) => {
    const text = fc.string({ unit: "binary", maxLength: 40 }).filter((value) => !value.includes("\0"));
    await fc.assert(
      fc.asyncProperty(text, fc.option(fc.maxSafeInteger()), fc.option(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 })), fc.option(fc.uint8Array({ maxLength: 50 })), async (words, n, x, bytes) => {
        await store.run("DELETE FROM t");
        const { changes, lastId } = await store.run("INSERT INTO t (name, n, x, b) VALUES (?, ?, ?, ?)", [words, n, x, bytes]);
        assert.equal(changes, 1);
        const [row] = await store.all<{ id: number; name: string; n: number | null; x: number | null; b: Uint8Array | null }>("SELECT * FROM t WHERE id = ? AND name = ?", [lastId, words]);
        assert.deepEqual([row?.id, row?.name, row?.n, row?.b === null ? null : [...(row?.b ?? [])]], [lastId, words, n, bytes === null ? null : [...bytes]]);
        assert.ok(row?.x === x || Math.abs((row?.x ?? 0) - (x ?? 0)) <= Math.abs(x ?? 0) * 1e-15, `${row?.x} for ${x}`);
      }),
      { numRuns: 60 },
    );
  });

  conforms("Korean, emoji, quotes and backslashes are plain text, also in LIKE", async (store) => {
    const texts = ["한글", "가나다 'x' \"y\"", "a\\b", "100%", "_", "🙂", "'; DROP TABLE t; --", "a\nb"];
    for (const text of texts) await store.run("INSERT INTO t (name) VALUES (?)", [text]);
    for (const text of texts) {
      const pattern = `%${text.replaceAll(/[!%_]/g, "!$&")}%`;
      const found = await store.all<{ name: string }>("SELECT name FROM t WHERE name LIKE ? ESCAPE '!'", [pattern]);
      assert.ok(found.some(({ name: word }) => word === text), text);
    }
    assert.deepEqual(await store.all("SELECT name FROM t WHERE name = ?", ["한"]), []);
  });

  conforms("counts, sums and limits are numbers", async (store) => {
    for (const n of [1, 2, 2 ** 40]) await store.run("INSERT INTO t (n) VALUES (?)", [n]);
    const [row] = await store.all<{ many: number; total: number; mean: number; most: number }>("SELECT COUNT(*) AS many, SUM(n) AS total, AVG(n) AS mean, MAX(n) AS most FROM t");
    assert.deepEqual([row?.many, row?.total, row?.most, typeof row?.mean], [3, 3 + 2 ** 40, 2 ** 40, "number"]);
    assert.equal((await store.all("SELECT id FROM t ORDER BY id LIMIT ? OFFSET ?", [1, 1])).length, 1);
  });

  conforms("`changes` counts the rows that fit, and keys grow", async (store) => {
    const first = await store.run("INSERT INTO t (n) VALUES (1), (1)");
    const second = await store.run("INSERT INTO t (n) VALUES (1)");
    assert.deepEqual([first.changes, second.changes], [2, 1]);
    assert.ok(first.lastId < second.lastId);
    assert.equal((await store.run("UPDATE t SET n = 1")).changes, 3);
    assert.equal((await store.run("UPDATE t SET n = 2 WHERE n = 5")).changes, 0);
    assert.equal((await store.run("DELETE FROM t")).changes, 3);
  });

  conforms("a transaction is whole or not at all", async (store) => {
    const thrown = new Error("no");
    await assert.rejects(
      store.transaction(async (session) => {
        await session.run("INSERT INTO t (name) VALUES ('lost')");
        assert.equal((await session.all("SELECT id FROM t")).length, 1);
        throw thrown;
      }),
      (error) => error === thrown,
    );
    assert.deepEqual(await store.all("SELECT id FROM t"), []);
    assert.equal(await store.transaction(async (session) => (await session.run("INSERT INTO t (name) VALUES ('kept')")).changes), 1);
    assert.equal((await store.all("SELECT id FROM t")).length, 1);
    await assert.rejects(store.transaction((session) => session.run("INSERT INTO nothing VALUES (1)")), StoreFailure);
    assert.equal((await store.run("INSERT INTO t (name) VALUES ('after')")).changes, 1);
  });

  conforms("transactions come one after the other, even of several agents", async (store, again) => {
    await store.run("INSERT INTO t (n) VALUES (0)");
    const other = await again();
    const add = (to: Store): Promise<void> =>
      to.transaction(async (session) => {
        const [row] = await session.all<{ n: number }>("SELECT n FROM t");
        await new Promise((resolve) => setImmediate(resolve));
        await session.run("UPDATE t SET n = ?", [(row?.n ?? 0) + 1]);
      });
    // SQLite waits for the other file handle within the statement, which in one process would wait for itself: there, each in its turn.
    if (store.dialect === "sqlite") for (let round = 0; round < 10; round += 1) for (const to of [store, other]) await add(to);
    else await Promise.all(Array.from({ length: 20 }, (_, at) => add(at % 2 === 0 ? store : other)));
    assert.deepEqual((await other.all<{ n: number }>("SELECT n FROM t")).map(({ n }) => n), [20]);
  });

  conforms("whoever asks at once is answered, and sees what he wrote", async (store) => {
    await Promise.all(
      Array.from({ length: 60 }, async (_, at) => {
        await store.run("INSERT INTO t (name, n) VALUES (?, ?)", [`row ${at}`, at]);
        assert.deepEqual((await store.all<{ n: number }>("SELECT n FROM t WHERE name = ?", [`row ${at}`])).map(({ n }) => n), [at]);
      }),
    );
    assert.equal((await store.all("SELECT id FROM t")).length, 60);
  });

  conforms("a snapshot is of one moment, while others go on writing", async (store) => {
    await store.run("INSERT INTO t (n) VALUES (1)");
    const seen = await store.snapshot(async (session) => {
      await store.run("INSERT INTO t (n) VALUES (2)");
      const before = await session.all("SELECT id FROM t");
      await store.transaction((writing) => writing.run("DELETE FROM t"));
      return [before.length, (await session.all("SELECT id FROM t")).length];
    });
    assert.deepEqual(seen, [1, 1]);
    assert.deepEqual(await store.all("SELECT id FROM t"), []);
  });

  conforms("failures say which they are", async (store) => {
    const faultOf = async (sql: string, params: SqlValue[] = []): Promise<string> => {
      try {
        await store.run(sql, params);
        return "none";
      } catch (error) {
        assert.ok(error instanceof StoreFailure, String(error));
        return error.fault;
      }
    };
    await store.run("INSERT INTO t (id, name) VALUES (7, 'one')");
    assert.equal(await faultOf("INSERT INTO t (name) VALUES (?)", ["one"]), "duplicate");
    assert.equal(await faultOf("INSERT INTO t (id) VALUES (7)"), "duplicate");
    assert.equal(await faultOf("SELEKT 1"), "wrong");
    assert.equal(await faultOf("INSERT INTO t (nothing) VALUES (1)"), "wrong");
    await store.close();
    assert.equal(await faultOf("DELETE FROM t"), "away");
    await store.close();
  });
}
