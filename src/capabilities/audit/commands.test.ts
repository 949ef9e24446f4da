import assert from "node:assert/strict";
import { test } from "node:test";
import { createHash } from "node:crypto";
import { bindCommands } from "#kernel/commands/command.ts";
import { createCommandTable } from "#kernel/commands/table.ts";
import type { AuditedCall } from "#kernel/commands/table.ts";
import type { Caller } from "#kernel/access/caller.ts";
import type { Log } from "#sdk/plugin.ts";
import { testAccess } from "#test/security/test-access.ts";
import { auditCommands } from "./commands.ts";

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };
const HONG: Caller = { name: "홍길동", role: "admin", edge: "http" };

interface Exported {
  readonly text: string;
  readonly rows: number;
  readonly last?: number;
}

async function within(work: (call: (name: string, params?: unknown) => Promise<unknown>, append: (message: string, outcome?: AuditedCall["outcome"]) => Promise<void>) => Promise<void>): Promise<void> {
  await using all = await testAccess();
  const table = createCommandTable({ commands: bindCommands(auditCommands, all), log: SILENT, isStrict: true, audit: (call, begun) => all.audit.append(call, begun), mayAudit: (call) => all.audit.begin(call) });
  await work((name, params = {}) => table.call(name, params, HONG), (message, outcome = "CONFLICT") => all.audit.append({ caller: HONG, command: "users.create", subject: "kim", params: { a: 1 }, outcome, message }));
}

test("audit: an export can be taken page by page and its chain followed outside", () =>
  within(async (call, append) => {
    for (let index = 0; index < 25; index += 1) await append(`message ${index}`, "ok");
    let after: number | undefined = 0;
    let hash = "0".repeat(64);
    let rows = 0;
    while (after !== undefined && rows < 25) {
      const page = (await call("audit.export", { after, limit: 10 })) as Exported;
      for (const line of page.text.trimEnd().split("\n")) {
        const row = JSON.parse(line) as { hash: string; entry: string };
        hash = createHash("sha256").update(`${hash}\n${row.entry}`).digest("hex");
        assert.equal(row.hash, hash);
      }
      rows += page.rows;
      after = page.last;
    }
    assert.ok(25 <= rows);
    assert.equal((await call("audit.verify") as { isWhole: boolean }).isWhole, true);
  }));

test("audit: a spreadsheet opens the export, in Korean, and runs nothing of it", () =>
  within(async (call, append) => {
    await append('=HYPERLINK("http://evil.example","x")');
    await append('둘, "따옴표"\n줄바꿈');
    const { text } = (await call("audit.export", { format: "csv" })) as Exported;
    assert.ok(text.startsWith("\uFEFFid,agent,number,time,who,"));
    assert.ok(text.includes(`,CONFLICT,"'=HYPERLINK(""http://evil.example"",""x"")",`));
    assert.ok(text.includes('"둘, ""따옴표""\n줄바꿈"'));
    assert.ok(text.includes(",홍길동,admin,http,,users.create,kim,"));
  }));

test("audit: who takes the audit along stands in it, who reads it does not", () =>
  within(async (call) => {
    await call("audit.list");
    await call("audit.verify");
    await call("audit.export");
    assert.deepEqual(((await call("audit.list")) as { rows: { command: string }[] }).rows.map(({ command }) => command), ["audit.export"]);
    await assert.rejects(call("audit.list", { limit: 501 }), { code: "INVALID" });
  }));
