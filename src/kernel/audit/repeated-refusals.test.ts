// Somebody who is refused asks again and again: the audit says so, and how often, and is not filled by it.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";
import { StoreFailure } from "#sdk/store.ts";
import type { Store } from "#sdk/store.ts";
import { migrate } from "../store/migrate.ts";
import { AuditLog } from "./audit-log.ts";
import type { AuditFact } from "./audit-entry.ts";
import { auditTables } from "./audit-tables.ts";

const NEVER = new AbortController().signal;
const MINUTE = 60_000;
const refused = (name = "viewer", command = "users.create", address = "192.0.2.1", outcome: AuditFact["outcome"] = "FORBIDDEN"): AuditFact => ({ caller: { name, role: "viewer", edge: "http", address }, command, params: { name: "mallory" }, outcome, message: "needs the role admin" });
const done: AuditFact = { ...refused("admin"), outcome: "ok" };

async function within(work: (parts: { store: Store; audit: AuditLog; clock: { ms: number }; again(): AuditLog; sizes(): Promise<(number | undefined)[]> }) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "dure-refused-"));
  const store = await openSqliteStore(join(dir, "dure.db"));
  const clock = { ms: Date.UTC(2026, 0, 1) };
  const again = (): AuditLog => new AuditLog({ store: async () => store, agent: async () => "agent-1", now: () => clock.ms });
  try {
    await migrate(store, [auditTables]);
    const audit = again();
    await work({ store, audit, clock, again, sizes: async () => (await audit.list({ after: 0 }, 1000)).map(({ times }) => times) });
    await audit.close();
  } finally {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

test("a thousand refusals in a minute are five rows and a count, and another thousand are one more", () =>
  within(async ({ audit, clock, sizes }) => {
    const begunMs = clock.ms;
    for (let count = 0; count < 1000; count += 1, clock.ms += 10) await audit.append(refused());
    assert.deepEqual(await sizes(), [undefined, undefined, undefined, undefined, undefined]);
    clock.ms = begunMs + MINUTE;
    for (let count = 0; count < 1000; count += 1, clock.ms += 10) await audit.append(refused());
    clock.ms += MINUTE;
    const rows = await audit.list({ after: 0 }, 100);
    assert.deepEqual(rows.map(({ times }) => times), [undefined, undefined, undefined, undefined, undefined, 995, 1000]);
    assert.deepEqual([rows[5]?.who, rows[5]?.command, rows[5]?.outcome, rows[5]?.params, rows[5]?.firstMs, rows[5]?.lastMs], ["viewer", "users.create", "FORBIDDEN", { name: "mallory" }, begunMs + 50, begunMs + 9990]);
    assert.deepEqual((await audit.verify(NEVER)).map(({ rows: fit, problem }) => [fit, problem]), [[7, undefined]]);
  }));

test("what was done is written each time, and so is what another was refused, or for another reason", () =>
  within(async ({ audit, sizes }) => {
    for (let count = 0; count < 30; count += 1) await audit.append(done);
    for (let count = 0; count < 6; count += 1) for (const fact of [refused(), refused("kim"), refused("viewer", "users.remove"), refused("viewer", "users.create", "198.51.100.1"), refused("viewer", "users.create", "192.0.2.1", "INVALID")]) await audit.append(fact);
    assert.equal((await sizes()).length, 30 + 5 * 5);
  }));

test("one caller, whatever he asks from wherever, fills no more than a bounded number of rows a minute", () =>
  within(async ({ audit, clock, sizes }) => {
    for (let minute = 0; minute < 3; minute += 1, clock.ms += MINUTE) for (let count = 0; count < 500; count += 1) await audit.append(refused("viewer", `some.command${count % 70}`, `2001:db8:${count % 50}::1`));
    clock.ms += MINUTE;
    const all = await sizes();
    assert.ok(all.length < 60 + 3 * 12, `${all.length} rows`);
    assert.equal(all.reduce<number>((sum, times) => sum + (times ?? 1), 0), 1500);
    assert.equal((await audit.list({ command: "*", who: "viewer" }, 10)).length > 0, true);
  }));

test("whoever is refused whatever and whenever, each refusal is in one row and in no other", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.record({ who: fc.integer({ min: 0, max: 2 }), command: fc.integer({ min: 0, max: 13 }), many: fc.integer({ min: 1, max: 12 }), ms: fc.integer({ min: -90_000, max: 90_000 }) }), { maxLength: 40 }), (steps) =>
      within(async ({ audit, clock, sizes }) => {
        let said = 0;
        for (const { who, command, many, ms } of steps) {
          for (let count = 0; count < many; count += 1) await audit.append(refused(`user${who}`, `a.command${command}`));
          said += many;
          clock.ms += ms;
        }
        await audit.close();
        assert.equal((await sizes()).reduce<number>((sum, times) => sum + (times ?? 1), 0), said);
        assert.deepEqual((await audit.verify(NEVER)).map(({ problem }) => problem), steps.length === 0 ? [] : [undefined]);
      }),
    ),
    { numRuns: 30 },
  ));

test("after kill -9 more than half of what was counted is known, and that it may be more", () =>
  within(async ({ audit, again }) => {
    for (let count = 0; count < 105; count += 1) await audit.append(refused());
    // Nothing is closed: as a process that is killed leaves it. Another begins.
    const [row] = await again().list({}, 1);
    assert.deepEqual([row?.times, row?.command], [64, "users.create"]);
    assert.match(row?.message ?? "", /at least so many/);
    assert.notEqual((await again().list({}, 1))[0]?.number, 8, "said once");
    // This one lives on only because this is a test: it must not say it again.
    await audit.close();
  }));

test("a note that could not be committed is written with the next one", () =>
  within(async ({ store, clock, again }) => {
    let isFull = false;
    const transaction: Store["transaction"] = (work) =>
      store.transaction(async (session) => {
        const done = await work(session);
        if (isFull) throw new StoreFailure("full", { message: "full" });
        return done;
      });
    const audit = new AuditLog({ store: async () => ({ dialect: store.dialect, all: store.all.bind(store), run: store.run.bind(store), snapshot: store.snapshot.bind(store), close: store.close.bind(store), transaction }), agent: async () => "agent-1", now: () => clock.ms });
    for (let count = 0; count < 5; count += 1) await audit.append(refused());
    isFull = true;
    await assert.rejects(audit.append(refused()), { code: "STORE" });
    isFull = false;
    for (let count = 0; count < 63; count += 1) await audit.append(refused());
    // Nothing is closed: as a process that is killed leaves it.
    assert.equal((await again().list({}, 1))[0]?.times, 64);
    await audit.close();
  }));

test("a store that is away for a while loses no count", () =>
  within(async ({ store, clock }) => {
    let isAway = false;
    const away = async (): Promise<Store> => {
      if (isAway) throw new StoreFailure("away", { message: "away" });
      return store;
    };
    const audit = new AuditLog({ store: async () => ({ dialect: store.dialect, all: store.all.bind(store), run: store.run.bind(store), snapshot: store.snapshot.bind(store), close: store.close.bind(store), transaction: async (work) => (await away()).transaction(work) }), agent: async () => "agent-1", now: () => clock.ms });
    for (let count = 0; count < 20; count += 1) await audit.append(refused());
    clock.ms += MINUTE;
    isAway = true;
    await assert.rejects(audit.append(refused()), { code: "STORE" });
    isAway = false;
    clock.ms += MINUTE;
    await audit.append(done);
    await audit.close();
    assert.deepEqual((await audit.list({ after: 0 }, 100)).map(({ times }) => times), [undefined, undefined, undefined, undefined, undefined, 15, undefined]);
  }));
