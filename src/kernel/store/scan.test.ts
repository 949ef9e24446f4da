import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";
import type { Store } from "#sdk/store.ts";
import { searchLines } from "../log-store/log-search.ts";
import { logTables } from "../log-store/log-tables.ts";
import { migrate } from "./migrate.ts";
import { scan } from "./scan.ts";

async function withStore(work: (store: Store) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "dure-scan-"));
  const store = await openSqliteStore(join(dir, "dure.db"));
  try {
    await work(store);
  } finally {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Each line has all trigrams of `abcde`, and none has the word: the index helps nobody. */
const filled = async (store: Store, lines: number): Promise<void> => {
  await migrate(store, [logTables]);
  await store.run("INSERT INTO dure_log_lines (agent, id, at_ms, level, message, fields) WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ?) SELECT 'a', x, x, 20, 'abcd bcde 주문 ' || x, '{}' FROM n", [lines]);
};

test("a search through everything lets others have their turn, and ends with its caller", () =>
  withStore(async (store) => {
    await filled(store, 12_000);
    let turns = 0;
    let isOver = false;
    const others = (async () => {
      while (!isOver) {
        await new Promise((resolve) => setImmediate(resolve));
        turns += 1;
      }
    })();
    assert.deepEqual(await searchLines(store, "a", { text: "abcde", limit: 100 }), { lines: [], hasMore: false });
    isOver = true;
    await others;
    assert.ok(5 <= turns, `${turns} turns of others`);

    const gone = new AbortController();
    let asked = 0;
    const counted: Store = { dialect: "sqlite", all: (sql, params) => ((asked += 1) === 5 && gone.abort(), store.all(sql, params)), run: store.run.bind(store), transaction: store.transaction.bind(store), snapshot: store.snapshot.bind(store), close: store.close.bind(store) };
    await assert.rejects(searchLines(counted, "a", { text: "abcde", limit: 100 }, { signal: gone.signal }), { code: "UNAVAILABLE" });
    assert.ok(asked < 8, `${asked} questions`);
  }));

test("a search that takes too long says so, and how to ask for less", () =>
  withStore(async (store) => {
    await filled(store, 5000);
    let nowMs = 0;
    await assert.rejects(searchLines(store, "a", { text: "abcde", limit: 100 }, { now: () => (nowMs += 15_000) }), (error: { code: string; hint: string; ko: { message: string } }) => error.code === "UNAVAILABLE" && /shorter time/.test(error.hint) && /2000줄/.test(error.ko.message));
    assert.equal((await searchLines(store, "a", { text: "주문 4999", limit: 100 })).lines.length, 1);
  }));

test("whatever is asked, a scan gives what one question would", () =>
  withStore(async (store) => {
    await store.run("CREATE TABLE numbers (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)");
    await store.run("INSERT INTO numbers WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 9000) SELECT x * 3, (x * 7919) % 1000 FROM n");
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 300 }), fc.constantFrom("ASC" as const, "DESC" as const), async (after, below, limit, direction) => {
        const found = await scan(store, { select: "SELECT l.id", from: "numbers l", known: { sql: ["l.id > ?"], params: [after] }, looked: { sql: ["l.n < ?"], params: [below] }, direction, limit });
        assert.deepEqual(found, await store.all(`SELECT l.id FROM numbers l WHERE l.id > ? AND l.n < ? ORDER BY l.id ${direction} LIMIT ?`, [after, below, limit]));
      }),
      { numRuns: 60 },
    );
  }));
