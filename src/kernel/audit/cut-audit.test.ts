// The old end of the audit: cut by its time, said in the chain, and whatever happens, what stays is proved.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { openMysqlStore } from "#plugins/stores/mysql.ts";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";
import type { Store } from "#sdk/store.ts";
import { noMariaDb, startMariaDb } from "#test/servers/mariadb.ts";
import type { MariaDb } from "#test/servers/mariadb.ts";
import { migrate } from "../store/migrate.ts";
import { AuditLog } from "./audit-log.ts";
import { auditTables } from "./audit-tables.ts";

const NEVER = new AbortController().signal;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const KEEP = 90 * DAY;
const START = Date.UTC(2026, 0, 1);

let server: MariaDb | undefined;
before(async () => {
  if (noMariaDb === false) server = await startMariaDb();
});
after(async () => server?.[Symbol.asyncDispose]());

interface House {
  readonly store: Store;
  readonly audit: AuditLog;
  readonly clock: { ms: number };
  readonly file: string;
  add(many: number): Promise<void>;
  problems(): Promise<unknown>;
  numbers(): Promise<number[]>;
}

async function house(work: (house: House) => Promise<void>, kind: "sqlite" | "mysql" = "sqlite"): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "dure-audit-cut-"));
  const file = join(dir, "dure.db");
  if (kind === "mysql") await server?.query("CREATE DATABASE cuts; CREATE USER 'cuts'@'127.0.0.1' IDENTIFIED BY 'x'; GRANT ALL ON cuts.* TO 'cuts'@'127.0.0.1'");
  const store = kind === "sqlite" ? await openSqliteStore(file) : await openMysqlStore({ host: "127.0.0.1", port: server?.port ?? 0, user: "cuts", password: "x", database: "cuts" });
  try {
    await migrate(store, [auditTables]);
    const clock = { ms: START };
    const audit = new AuditLog({ store: async () => store, agent: async () => "agent-1", now: () => clock.ms, keepMs: KEEP });
    await work({
      store,
      audit,
      clock,
      file,
      async add(many) {
        for (let count = 0; count < many; count += 1) await audit.append({ caller: { name: "홍길동", role: "admin", edge: "http" }, command: "users.create", params: { count, 이름: "😀" }, outcome: "ok" });
      },
      problems: async () => (await audit.verify(NEVER)).map(({ problem }) => problem),
      numbers: async () => (await store.all<{ number: number }>("SELECT number FROM dure_audit ORDER BY number")).map(({ number }) => Number(number)),
    });
  } finally {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

for (const [kind, skip] of [["sqlite", false], ["mysql", noMariaDb]] as const)
  test(`${kind}: rows whose time is over are cut, the chain says which, and the rest is proved`, { skip }, () =>
    house(async ({ store, audit, clock, add, problems, numbers }) => {
      for (let day = 0; day < 100; day += 1, clock.ms += DAY) await add(1);
      // With the 92nd: 91 days are what is kept, and a day that makes it worth while.
      const rows = await audit.list({ after: 0 }, 1000);
      const cuts = rows.filter(({ command }) => command === "audit.cut");
      assert.ok(0 < cuts.length);
      assert.deepEqual(await problems(), [undefined]);
      const last = cuts.at(-1)?.params as { lastNumber: number; hash: string; rows: number; fromMs: number; toMs: number };
      const [first] = rows;
      assert.equal(first?.number, last.lastNumber + 1);
      assert.ok(KEEP - DAY <= clock.ms - (first?.atMs ?? 0) && clock.ms - (first?.atMs ?? 0) <= KEEP + 2 * DAY);
      assert.equal(cuts.reduce((sum, { params }) => sum + (params as { rows: number }).rows, 0), last.lastNumber, "each row that went is said");
      const [chain] = await audit.verify(NEVER);
      assert.deepEqual([chain?.rows, chain?.cut?.number, chain?.cut?.hash], [rows.length, last.lastNumber, last.hash]);
      // Anybody can follow it with what the row says.
      assert.deepEqual(await numbers(), rows.map(({ number }) => number));
      for (const [sql, kind] of [
        ["UPDATE dure_audit SET entry = REPLACE(entry, '홍길동', '김') WHERE number = ?", "changed"],
        ["DELETE FROM dure_audit WHERE number = ?", "missing"],
      ] as const) {
        await store.run(sql, [last.lastNumber + 1]);
        assert.deepEqual(await problems(), [{ number: last.lastNumber + 1, kind }]);
      }
    }, kind));

test("whoever cuts rows off himself, or changes what is said of a cut, is found", () =>
  house(async ({ store, audit, clock, add, problems }) => {
    await add(5);
    clock.ms += KEEP + 2 * DAY;
    await add(1);
    const [said] = await audit.list({ command: "audit.cut" }, 1);
    assert.deepEqual([(said?.params as { lastNumber: number } | undefined)?.lastNumber, await problems()], [5, [undefined]]);
    await add(5);
    await store.run("DELETE FROM dure_audit WHERE number = 6");
    assert.deepEqual(await problems(), [{ number: 6, kind: "missing" }]);
    clock.ms += KEEP + 2 * DAY;
    assert.equal(await audit.cut(), 0, "what does not fit stays, to be looked at");
    await store.run(`UPDATE dure_audit SET entry = REPLACE(entry, '"lastNumber":5', '"lastNumber":6') WHERE command = 'audit.cut'`);
    assert.deepEqual(await problems(), [{ number: 7, kind: "changed" }]);
  }));

test("rows from nowhere before a cut, and a first row that was taken out, are found and not cut away", () =>
  house(async ({ store, clock, add, problems, numbers }) => {
    await add(3);
    clock.ms += KEEP + 2 * DAY;
    await add(1);
    await store.run("INSERT INTO dure_audit (agent, number, at_ms, who, command, subject, outcome, entry, hash) SELECT agent, 2, 0, 'kim', command, subject, outcome, entry, 'x' FROM dure_audit WHERE number = 4");
    assert.deepEqual(await problems(), [{ number: 3, kind: "added" }]);
    clock.ms += KEEP + 2 * DAY;
    await add(1);
    assert.ok((await numbers()).includes(2));
  }));

test("a clock that is ten years ahead for a while takes a month with it at most, and no more before an hour is over", () =>
  house(async ({ clock, audit, add, numbers, problems }) => {
    for (let day = 0; day < 60; day += 10, clock.ms += 10 * DAY) await add(1);
    const right = clock.ms;
    clock.ms += 3650 * DAY;
    await add(20);
    assert.equal(await audit.cut(), 0);
    clock.ms = right;
    await add(1);
    // Days 0, 10, 20 and 30; then the row that says so.
    assert.equal((await numbers())[0], 5);
    assert.deepEqual(await problems(), [undefined]);
  }));

test("whatever times rows have and whenever it is cut, the chain is whole and no row goes before its time", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.record({ rows: fc.integer({ min: 0, max: 4 }), days: fc.integer({ min: -40, max: 60 }) }), { maxLength: 12 }), (steps) =>
      house(async ({ clock, audit, add, numbers, problems, store }) => {
        let [added, latestMs] = [0, START];
        for (const { rows, days } of steps) {
          await add(rows);
          added += rows;
          clock.ms += days * DAY;
          latestMs = Math.max(latestMs, clock.ms);
          const young = (await store.all<{ number: number }>("SELECT number FROM dure_audit WHERE ? < at_ms", [clock.ms - KEEP])).map(({ number }) => number);
          await audit.cut();
          const there = new Set(await numbers());
          for (const number of young) assert.ok(there.has(number));
          assert.ok(((await problems()) as unknown[]).every((problem) => problem === undefined));
        }
        const said = (await audit.list({ command: "audit.cut" }, 500)).at(0)?.params as { lastNumber: number } | undefined;
        const there = await numbers();
        assert.equal((said?.lastNumber ?? 0) + there.length, there.at(-1) ?? 0);
        assert.ok(added <= (there.at(-1) ?? 0));
      }),
    ),
    { numRuns: 25 },
  ));

test("kill -9 before any statement of a cut: all of it is there, or none of it", { skip: process.platform === "win32" && "needs kill -9" }, () =>
  house(async ({ file, clock, add, numbers, problems }) => {
    await add(1200);
    clock.ms += KEEP + 2 * DAY;
    const whole = await numbers();
    let kills = 0;
    for (let dieAt = 0; ; dieAt += 1) {
      const child = fork(join(import.meta.dirname, "../../../test/security/audit-cutter.ts"), [file, String(clock.ms), String(KEEP), String(dieAt)], { execArgv: [] });
      const [, signal] = (await once(child, "exit")) as [number | null, string | null];
      assert.deepEqual(await problems(), [undefined]);
      if (signal === null) break;
      kills += 1;
      assert.deepEqual(await numbers(), whole);
    }
    assert.ok(4 < kills, `${kills} kills`);
    assert.deepEqual(await numbers(), [1201]);
  }));
