import assert from "node:assert/strict";
import { test } from "node:test";
import { bindCommands } from "#kernel/commands/command.ts";
import { createCommandTable } from "#kernel/commands/table.ts";
import type { Caller } from "#kernel/access/caller.ts";
import type { Log } from "#sdk/plugin.ts";
import { PASSWORD, testAccess, userIn, visitor } from "#test/security/test-access.ts";
import type { TestAccess } from "#test/security/test-access.ts";
import { accessCommands } from "./commands.ts";

const LOCAL: Caller = { name: "local:root", role: "admin", edge: "local" };
const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

interface Called extends TestAccess {
  call(name: string, params: unknown, caller: Caller): Promise<Record<string, unknown>>;
}

async function testCommands(): Promise<Called> {
  const all = await testAccess();
  const commands = bindCommands(accessCommands, { access: all.access, address: () => "http://127.0.0.1:8600/", commandNames: () => ["metrics.list", "pipelines.list", "pipelines.tap"] });
  const table = createCommandTable({ commands, log: SILENT, isStrict: true, audit: (call, begun) => all.audit.append(call, begun), mayAudit: (call) => all.audit.begin(call) });
  return { ...all, call: (name, params, caller) => table.call(name, params, caller) as Promise<Record<string, unknown>>, [Symbol.asyncDispose]: () => all[Symbol.asyncDispose]() };
}

async function loggedIn(all: TestAccess, name: string, password = PASSWORD): Promise<Caller> {
  const { secret } = await all.access.login({ name, password, ...visitor });
  const caller = await all.access.authenticate({ cookie: secret, edge: "http", address: visitor.address });
  assert.ok(caller !== undefined);
  return caller;
}

test("users: created, changed and removed, with before and after in the audit and no password anywhere", async () => {
  await using all = await testCommands();
  await all.call("users.create", { name: "hong", role: "admin", password: PASSWORD }, LOCAL);
  await all.call("users.create", { name: "kim", password: PASSWORD, language: "en" }, LOCAL);
  await all.call("users.update", { name: "KIM", role: "operator" }, LOCAL);
  await assert.rejects(all.call("users.update", { name: "lee", role: "operator" }, LOCAL), { code: "NOT_FOUND" });
  await assert.rejects(all.call("users.create", { name: "lee", password: "canary" }, LOCAL), { code: "INVALID" });
  const { users } = (await all.call("users.list", {}, LOCAL)) as { users: { name: string; role: string }[] };
  assert.deepEqual(users.map(({ name, role }) => [name, role]), [["hong", "admin"], ["kim", "operator"]]);
  await all.call("users.remove", { name: "kim" }, LOCAL);
  const rows = await all.audit.list({ after: 0 }, 100);
  assert.deepEqual(rows.map(({ command, subject, outcome }) => [command, subject, outcome]), [["users.create", "hong", "ok"], ["users.create", "kim", "ok"], ["users.update", "kim", "ok"], ["users.update", "lee", "NOT_FOUND"], ["users.create", "lee", "INVALID"], ["users.remove", "kim", "ok"]]);
  assert.deepEqual([rows[2]?.before, rows[2]?.after], [{ role: "viewer", language: "en", isDisabled: false }, { role: "operator", language: "en", isDisabled: false }]);
  assert.ok(!JSON.stringify(rows).includes(PASSWORD) && !JSON.stringify(rows).includes("canary"));
});

test("users: one's own password needs the old one, and guessing at it is slowed down; somebody else's needs an admin", async () => {
  await using all = await testCommands();
  await userIn(all, "hong", "admin");
  await userIn(all, "kim");
  const kim = await loggedIn(all, "kim");
  const password = "another passphrase";
  await assert.rejects(all.call("users.set-password", { name: "hong", password }, kim), { code: "FORBIDDEN" });
  await assert.rejects(all.call("users.set-password", { name: "nobody", password }, kim), { code: "FORBIDDEN" });
  await assert.rejects(all.call("users.set-password", { name: "kim", password }, kim), { code: "FORBIDDEN" });
  await all.call("users.set-password", { name: "kim", password, oldPassword: PASSWORD }, kim);
  await assert.rejects(loggedIn(all, "kim"), { code: "UNAUTHENTICATED" });
  const again = await loggedIn(all, "kim", password);
  const codes: string[] = [];
  for (let attempt = 0; attempt < 7; attempt += 1) codes.push(await all.call("users.set-password", { name: "kim", password, oldPassword: `guess ${attempt}` }, again).then(() => "ok", ({ code }: { code: string }) => code));
  assert.deepEqual(codes, [...Array<string>(5).fill("FORBIDDEN"), "BUSY", "BUSY"]);
  const hong = await loggedIn(all, "hong");
  await assert.rejects(all.call("users.set-password", { name: "hong", password }, hong), { code: "FORBIDDEN" });
  await all.call("users.set-password", { name: "kim", password: PASSWORD }, hong);
  await assert.rejects(all.call("users.set-password", { name: "hong", password: "short", oldPassword: PASSWORD }, hong), { code: "INVALID" });
});

test("users: the set-up link is for whoever starts the agent, until there is a user", async () => {
  await using all = await testCommands();
  const { token, link } = await all.call("users.open-setup", {}, LOCAL);
  assert.equal(link, `http://127.0.0.1:8600/setup#${String(token)}`);
  await all.access.setUp({ token: String(token), name: "hong", password: PASSWORD, language: "ko", ...visitor });
  await assert.rejects(all.call("users.open-setup", {}, LOCAL), { code: "CONFLICT" });
  assert.ok(!JSON.stringify(await all.audit.list({}, 100)).includes(String(token)));
});

test("tokens and sessions: everybody has his own, an admin sees and ends all", async () => {
  await using all = await testCommands();
  await userIn(all, "hong", "admin");
  await userIn(all, "kim");
  await userIn(all, "lee");
  const [hong, kim, lee] = [await loggedIn(all, "hong"), await loggedIn(all, "kim"), await loggedIn(all, "lee")];
  const made = await all.call("tokens.create", { name: "graf", scope: ["pipelines.*", "metrics.list"], days: 1 }, kim);
  assert.equal((await all.access.authenticate({ bearer: String(made["token"]), edge: "http" }))?.name, "token:graf");
  await assert.rejects(all.call("tokens.create", { name: "up", role: "admin" }, kim), { code: "FORBIDDEN" });
  await assert.rejects(all.call("tokens.create", { name: "odd", scope: ["pipelines.lst"] }, kim), { code: "INVALID", issues: [{ path: "scope", message: "there is no command pipelines.lst" }] });
  await assert.rejects(all.call("tokens.create", { name: "all", scope: ["*"] }, kim), { code: "INVALID" });
  const tokensOf = async (caller: Caller): Promise<string[]> => ((await all.call("tokens.list", {}, caller)) as { tokens: { name: string }[] }).tokens.map(({ name }) => name);
  assert.deepEqual([await tokensOf(kim), await tokensOf(lee), await tokensOf(hong)], [["graf"], [], ["graf"]]);
  await assert.rejects(all.call("tokens.remove", { name: "graf" }, lee), { code: "NOT_FOUND" });

  const sessionsOf = async (caller: Caller): Promise<unknown[][]> => ((await all.call("sessions.list", {}, caller)) as { sessions: { id: number; user: string; isCurrent: boolean }[] }).sessions.map(({ id, user, isCurrent }) => [id, user, isCurrent]);
  assert.deepEqual(await sessionsOf(kim), [[2, "kim", true]]);
  assert.deepEqual(await sessionsOf(hong), [[3, "lee", false], [2, "kim", false], [1, "hong", true]]);
  await assert.rejects(all.call("sessions.remove", { id: 1 }, kim), { code: "NOT_FOUND" });
  await all.call("sessions.remove", { id: 2 }, hong);
  await all.call("tokens.remove", { name: "graf" }, hong);
  assert.equal(await all.access.authenticate({ bearer: String(made["token"]), edge: "http" }), undefined);
  assert.ok(!JSON.stringify(await all.audit.list({}, 100)).includes(String(made["token"])));
});
