import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";
import { StoreFailure } from "#sdk/store.ts";
import type { Store } from "#sdk/store.ts";
import { migrate } from "../store/migrate.ts";
import { AuditLog } from "./audit-log.ts";
import type { AuditFact } from "./audit-entry.ts";
import { auditTables } from "./audit-tables.ts";

const NEVER = new AbortController().signal;
const fact = (number: number, more: Partial<AuditFact> = {}): AuditFact => ({ caller: { name: "hong", role: "admin", edge: "http", address: "127.0.0.1" }, command: "users.create", params: { number, 이름: "홍길동" }, subject: `user${number}`, outcome: "ok", ...more });

async function opened(file: string, agent = "agent-1"): Promise<{ store: Store; audit: AuditLog }> {
  const store = await openSqliteStore(file);
  await migrate(store, [auditTables]);
  return { store, audit: new AuditLog({ store: async () => store, agent: async () => agent }) };
}

async function within(work: (all: { store: Store; audit: AuditLog; file: string }) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "dure-audit-"));
  const all = await opened(join(dir, "dure.db"));
  try {
    await work({ ...all, file: join(dir, "dure.db") });
  } finally {
    await all.store.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

test("rows that many add at once make one chain, and anybody can follow it", () =>
  within(async ({ audit }) => {
    await Promise.all(Array.from({ length: 50 }, (_, index) => audit.append(fact(index, index % 2 === 0 ? {} : { before: { z: 1, a: [2, { y: null, b: "둘" }] }, subject: "half \uD800 a character", message: `${"가".repeat(1999)}😀` }))));
    assert.deepEqual((await audit.verify(NEVER)).map(({ rows, problem }) => [rows, problem]), [[50, undefined]]);
    let hash = "0".repeat(64);
    for (const { row, entry } of await audit.entries({ after: 0 }, 100)) {
      hash = createHash("sha256").update(`${hash}\n${entry}`).digest("hex");
      assert.equal(row.hash, hash);
    }
    assert.equal((await audit.verify(NEVER))[0]?.hash, hash);
  }));

const tampering: readonly (readonly [string, string, number, string])[] = [
  ["an entry is changed", "UPDATE dure_audit SET entry = REPLACE(entry, 'hong', 'kim') WHERE number = 7", 7, "changed"],
  ["who it was is changed where it is searched", "UPDATE dure_audit SET who = 'kim' WHERE number = 7", 7, "changed"],
  ["a time is changed", "UPDATE dure_audit SET at_ms = at_ms - 1 WHERE number = 1", 1, "changed"],
  ["a row is taken out", "DELETE FROM dure_audit WHERE number = 7", 7, "missing"],
  ["the first row is taken out", "DELETE FROM dure_audit WHERE number = 1", 1, "missing"],
  ["the last rows are taken out", "DELETE FROM dure_audit WHERE 15 < number", 16, "cut off"],
  ["all rows are taken out", "DELETE FROM dure_audit", 1, "cut off"],
  ["two rows change places", "UPDATE dure_audit SET number = 100 WHERE number = 3; UPDATE dure_audit SET number = 3 WHERE number = 4; UPDATE dure_audit SET number = 4 WHERE number = 100", 3, "changed"],
  ["a row is put in at the end", "INSERT INTO dure_audit (agent, number, at_ms, who, command, subject, outcome, entry, hash) SELECT agent, 21, at_ms, who, command, subject, outcome, entry, hash FROM dure_audit WHERE number = 20", 21, "changed"],
  ["rows are taken out and the head is put back", "DELETE FROM dure_audit WHERE 15 < number; UPDATE dure_audit_heads SET number = 15", 15, "changed"],
  ["the head is put back", "UPDATE dure_audit_heads SET number = 15, hash = (SELECT hash FROM dure_audit WHERE number = 15)", 16, "added"],
];
for (const [what, sql, number, kind] of tampering)
  test(`it shows when ${what}`, () =>
    within(async ({ audit, store }) => {
      for (let index = 1; index <= 20; index += 1) await audit.append(fact(index));
      for (const statement of sql.split("; ")) await store.run(statement);
      assert.deepEqual((await audit.verify(NEVER)).map(({ problem }) => problem), [{ number, kind }]);
    }));

test("what another hand has left in the store stops nobody: it is shown for what it is, and the audit goes on", () =>
  within(async ({ audit, store, file }) => {
    for (let index = 1; index <= 3; index += 1) await audit.append(fact(index));
    await store.run("UPDATE dure_audit SET entry = '{\"agent\":' WHERE number = 2");
    for (const text of ["{", "7", "{}", '{"caller":"hong"}']) {
      await store.run("INSERT INTO dure_audit_begun (agent, at_ms, fact) VALUES ('agent-1', 1, ?)", [text]);
      await store.run("INSERT INTO dure_audit_repeated (agent, fact, times, first_ms, last_ms) VALUES ('agent-1', ?, 2, 1, 1)", [text]);
    }
    assert.deepEqual((await audit.list({ after: 0 }, 10)).map(({ number, who, command, outcome }) => [number, who, command, outcome]), [1, 2, 3].map((number) => [number, "hong", "users.create", "ok"]));
    const again = await opened(file);
    await again.audit.append(fact(4));
    assert.deepEqual((await again.audit.list({}, 2)).map(({ number, command }) => [number, command]), [[12, "users.create"], [11, "unknown"]]);
    await again.store.close();
  }));

test("where nothing can be written, what is there can be read", () =>
  within(async ({ audit, store }) => {
    await audit.append(fact(1));
    await audit.begin(fact(2));
    const full: Store = { dialect: store.dialect, all: store.all.bind(store), run: store.run.bind(store), snapshot: store.snapshot.bind(store), close: store.close.bind(store), transaction: () => Promise.reject(new StoreFailure("full", { message: "full" })) };
    const again = new AuditLog({ store: async () => full, agent: async () => "agent-1" });
    assert.deepEqual((await again.list({}, 10)).map(({ number }) => number), [1]);
    await assert.rejects(again.append(fact(3)), { code: "STORE" });
  }));

test("each agent that shares a store has a chain of its own", () =>
  within(async ({ audit, store }) => {
    const other = new AuditLog({ store: async () => store, agent: async () => "agent-2" });
    await Promise.all([audit, other, audit, other, other].map((each, index) => each.append(fact(index))));
    assert.deepEqual((await audit.verify(NEVER)).map(({ agent, rows }) => [agent, rows]), [["agent-1", 2], ["agent-2", 3]]);
    await store.run("DELETE FROM dure_audit WHERE agent = 'agent-2' AND number = 2");
    assert.deepEqual((await audit.verify(NEVER)).map(({ problem }) => problem?.number), [undefined, 2]);
  }));

test("rows are found by who, what, outcome, time and text, a page at a time", () =>
  within(async ({ audit }) => {
    for (let index = 1; index <= 5; index += 1) await audit.append(fact(index));
    await audit.append(fact(6, { command: "config.apply", outcome: "CONFLICT", message: "100% sure_ly!" }));
    await audit.append(fact(7, { caller: { name: "token:x", role: "viewer", edge: "websocket" }, command: "users.remove", outcome: "FORBIDDEN" }));
    const found = async (filter: Parameters<AuditLog["list"]>[0], limit = 100): Promise<number[]> => (await audit.list(filter, limit)).map(({ number }) => number);
    assert.deepEqual(await found({}, 3), [7, 6, 5]);
    assert.deepEqual(await found({ before: 5 }, 2), [4, 3]);
    assert.deepEqual(await found({ after: 0 }, 2), [1, 2]);
    assert.deepEqual(await found({ who: "token:x" }), [7]);
    assert.deepEqual(await found({ command: "users.*", outcome: "ok" }, 2), [5, 4]);
    assert.deepEqual(await found({ command: "config.apply" }), [6]);
    assert.deepEqual(await found({ outcome: "failed" }), [7, 6]);
    assert.deepEqual(await found({ subject: "user3" }), [3]);
    assert.deepEqual(await found({ text: "홍길" }, 1), [7]);
    assert.deepEqual(await found({ text: "100% sure_ly!" }), [6]);
    assert.deepEqual(await found({ text: "%" }), [6]);
    assert.deepEqual(await found({ untilMs: 1 }), []);
  }));

test("of what is too long its length is kept, and the chain holds", () =>
  within(async ({ audit }) => {
    await audit.append(fact(1, { after: { text: "가".repeat(100_000) } }));
    const [row] = await audit.list({}, 1);
    assert.deepEqual([row?.after, row?.params], [{ tooLong: 100_011 }, { number: 1, 이름: "홍길동" }]);
    assert.equal((await audit.verify(NEVER))[0]?.problem, undefined);
  }));

test("kill -9 at any moment leaves a whole chain with every row that was said to be written", () =>
  within(async ({ audit, file }) => {
    let said = 0;
    for (let kill = 0; kill < 8; kill += 1) {
      const child = fork(join(import.meta.dirname, "../../../test/security/audit-appender.ts"), [file], { execArgv: [] });
      const enough = 1 + kill * 7;
      let here = 0;
      child.on("message", (count: number) => {
        here = count;
        if (here === enough) child.kill("SIGKILL");
      });
      await once(child, "exit");
      said += here;
      const [chain] = await audit.verify(NEVER);
      assert.equal(chain?.problem, undefined);
      assert.ok(said <= (chain?.rows ?? 0), `${said} were said, ${chain?.rows} are there`);
      said = chain?.rows ?? 0;
    }
  }));

test("a change in which the agent is killed stands in the chain when it runs again, once, and one that ended does not stand there twice", () =>
  within(async ({ audit, file }) => {
    const child = fork(join(import.meta.dirname, "../../../test/security/audit-appender.ts"), [file, "begin"], { execArgv: [] });
    await once(child, "message");
    child.kill("SIGKILL");
    await once(child, "exit");
    await audit.append(fact(1), await audit.begin(fact(1)));
    const rows = await audit.list({ after: 0 }, 10);
    assert.deepEqual(rows.map(({ number, command, outcome, params }) => [number, command, outcome, params]), [[1, "users.remove", "unknown", { name: "kim" }], [2, "users.create", "ok", { number: 1, 이름: "홍길동" }]]);
    assert.match(rows[0]?.message ?? "", /the agent ended while it did this; it had begun at 20/);
    assert.equal((await audit.verify(NEVER))[0]?.problem, undefined);
    const again = await opened(file);
    assert.equal((await again.audit.list({}, 10)).length, 2);
    await again.store.close();
  }));
