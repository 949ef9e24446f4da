import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { UsageError } from "#base/errors.ts";
import type { Log } from "#sdk/plugin.ts";
import { roles } from "../access/caller.ts";
import type { Caller, Role } from "../access/caller.ts";
import { bindCommands, defineCommand } from "./command.ts";
import type { CommandDefinition } from "./command.ts";
import { createCommandTable } from "./table.ts";
import type { AuditedCall } from "./table.ts";

interface Port {
  readonly names: string[];
  readonly fault?: Error;
}

const define = defineCommand<Port>();
const list = define({ name: "things.list", summary: { en: "", ko: "" }, role: "viewer", effect: "read", params: z.strictObject({}), result: z.array(z.string()), run: (_params, _call, { names }) => names });
const rename = define({
  name: "things.rename",
  summary: { en: "", ko: "" },
  role: "operator",
  effect: "change",
  key: "name",
  params: z.strictObject({ name: z.string().min(1), to: z.string().min(1), password: z.string().optional(), given: z.json().optional() }),
  secret: ["password"],
  unaudited: ["given"],
  result: z.null(),
  run: ({ name, to }, { changed }, { names, fault }) => {
    if (fault !== undefined) throw fault;
    changed({ subject: name, before: { name }, after: { name: to, token: "canary" } });
    names[names.indexOf(name)] = to;
    return null;
  },
});
const wipe = define({ name: "things.wipe", summary: { en: "", ko: "" }, role: "admin", effect: "change", params: z.strictObject({}), result: z.null(), run: () => null });

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

const look = define({ name: "things.look", summary: { en: "", ko: "" }, role: "viewer", effect: "read", isAudited: true, params: z.strictObject({}), result: z.null(), run: (_params, _call, { fault }) => {
  if (fault !== undefined) throw fault;
  return null;
} });

function tableOf(port: Port, audit?: (call: AuditedCall) => Promise<void>, mayAudit = async (): Promise<void> => {}) {
  const audited: AuditedCall[] = [];
  const commands = bindCommands([list, rename, wipe, look] as readonly CommandDefinition<Port>[], port);
  const table = createCommandTable({ commands, log: SILENT, isStrict: true, mayAudit, audit: audit ?? (async (call) => void audited.push(call)) });
  return { table, audited };
}

function caller(role: Caller["role"], more: Partial<Caller> = {}): Caller {
  return { name: "hong", role, edge: "http", ...more };
}

test("table: who may do what is as declared, for each role and each command, and a refusal is written down", async () => {
  for (const role of roles) {
    const { table, audited } = tableOf({ names: ["a"] });
    const outcomes: Record<string, string> = {};
    for (const { name } of table.commands) {
      const params = name === "things.rename" ? { name: "a", to: "b" } : {};
      outcomes[name] = await table.call(name, params, caller(role)).then(() => "ok", (error: { code: string }) => error.code);
    }
    const rank = roles.indexOf(role);
    assert.deepEqual(outcomes, { "things.list": "ok", "things.look": "ok", "things.rename": 1 <= rank ? "ok" : "FORBIDDEN", "things.wipe": 2 <= rank ? "ok" : "FORBIDDEN" });
    assert.deepEqual(audited.map(({ command, outcome }) => [command, outcome]), [["things.rename", outcomes["things.rename"]], ["things.wipe", outcomes["things.wipe"]], ["things.look", "ok"]]);
  }
});

test("table: a token's scope narrows its role, and never widens it", async () => {
  const { table } = tableOf({ names: ["a"] });
  await table.call("things.list", {}, caller("viewer", { scope: ["things.*"] }));
  await assert.rejects(table.call("things.list", {}, caller("admin", { scope: ["other.*", "things.rename"] })), { code: "FORBIDDEN" });
  await assert.rejects(table.call("things.wipe", {}, caller("viewer", { scope: ["things.wipe"] })), { code: "FORBIDDEN" });
});

test("table: a change is written down with who, what, before and after, and without its secrets", async () => {
  const { table, audited } = tableOf({ names: ["a"] });
  await table.call("things.rename", { name: "a", to: "b", password: "canary", given: { access: "canary" } }, caller("operator", { address: "127.0.0.1" }));
  assert.deepEqual(audited[0], { caller: caller("operator", { address: "127.0.0.1" }), command: "things.rename", params: { name: "a", to: "b", password: "[hidden]", given: "[hidden]" }, subject: "a", before: { name: "a" }, after: { name: "b", token: "[hidden]" }, outcome: "ok" });
});

test("table: a change that cannot be written down is not made, and what is looked at is written down before", async () => {
  const port = { names: ["a"] };
  const away = Promise.reject(new UsageError("the store is away"));
  away.catch(() => {});
  await assert.rejects(tableOf(port, () => away, () => away).table.call("things.rename", { name: "a", to: "b" }, caller("admin")), { message: "the store is away" });
  assert.deepEqual(port.names, ["a"]);
  await assert.rejects(tableOf(port, () => away).table.call("things.look", {}, caller("admin")), { message: "the store is away" });
  const { table, audited } = tableOf({ names: [], fault: new UsageError("no") });
  await assert.rejects(table.call("things.look", {}, caller("admin")));
  assert.deepEqual(audited.map(({ outcome }) => outcome), ["ok", "INVALID"]);
});

test("table: a change that was made is not written down as one that failed, though it could not be written down at first", async () => {
  const port = { names: ["a"] };
  const written: string[] = [];
  const { table } = tableOf(port, async ({ outcome }) => {
    written.push(outcome);
    if (written.length === 1) throw new UsageError("the store is away");
  });
  await assert.rejects(table.call("things.rename", { name: "a", to: "b" }, caller("admin")), { message: "the store is away" });
  assert.deepEqual([port.names, written], [["b"], ["ok"]]);
});

test("table: who has gone is no fault of ours", async () => {
  const said: string[] = [];
  const gone = new AbortController();
  const wait = define({ name: "things.wait", summary: { en: "", ko: "" }, role: "viewer", effect: "read", params: z.strictObject({}), result: z.null(), run(_params, { signal }) {
    gone.abort();
    signal.throwIfAborted();
    return null;
  } });
  const log: Log = { ...SILENT, error: (message) => void said.push(message) };
  const table = createCommandTable({ commands: bindCommands([wait] as readonly CommandDefinition<Port>[], { names: [] }), log, mayAudit: async () => {}, audit: async () => {} });
  await assert.rejects(table.call("things.wait", {}, caller("viewer"), { signal: gone.signal }), { code: "UNAVAILABLE" });
  assert.deepEqual(said, []);
});

test("table: a viewer cannot fill the audit with what he may do, and an admin may do what he needs to", async () => {
  const { table, audited } = tableOf({ names: ["a"] });
  const outcomes = async (name: string, role: Role, user: string): Promise<string[]> => {
    const all: string[] = [];
    for (let count = 0; count < 70; count += 1) all.push(await table.call(name, {}, caller(role, { user })).then(() => "ok", (error: { code: string }) => error.code));
    return [...new Set(all)];
  };
  assert.deepEqual(await outcomes("things.look", "viewer", "kim"), ["ok", "BUSY"]);
  assert.deepEqual(await outcomes("things.look", "viewer", "hong"), ["ok", "BUSY"], "another has his own");
  assert.deepEqual(await outcomes("things.list", "viewer", "kim"), ["ok"], "what is not written down");
  assert.deepEqual(await outcomes("things.look", "admin", "root"), ["ok"]);
  assert.equal(audited.filter(({ outcome }) => outcome === "ok").length, 60 + 60 + 70);
});

test("table: what is no parameter of the command may be a mistyped secret, and is not written down", async () => {
  const { table, audited } = tableOf({ names: ["a"] });
  await assert.rejects(table.call("things.rename", { name: "a", to: "b", passwort: "canary" }, caller("admin")), { code: "INVALID" });
  await assert.rejects(table.call("things.rename", ["canary"], caller("admin")), { code: "INVALID" });
  assert.deepEqual(audited.map(({ params }) => params), [{ name: "a", to: "b", passwort: "[unknown]" }, "[no parameters]"]);
  assert.ok(!JSON.stringify(audited).includes("canary"));
});

test("table: parameters that do not fit are named, and nothing is done", async () => {
  const port = { names: ["a"] };
  const { table, audited } = tableOf(port);
  await assert.rejects(table.call("things.rename", { name: "a", two: "b" }, caller("admin")), (error: { code: string; issues: { path: string }[] }) => error.code === "INVALID" && error.issues.some(({ path }) => path === "to"));
  await assert.rejects(table.call("things.list", "no object", caller("admin")), { code: "INVALID" });
  assert.deepEqual(port.names, ["a"]);
  assert.equal(audited[0]?.outcome, "INVALID");
});

test("table: a parameter that does not fit is named in both languages, with the one that was meant", async () => {
  const { table } = tableOf({ names: ["a"] });
  const told = (params: unknown) => table.call("things.rename", params, caller("admin")).then(() => assert.fail(), ({ message, ko }: { message: string; ko: { message: string } }) => [message, ko.message]);
  assert.deepEqual(await told({ nane: "a", to: 7 }), ["things.rename: `name` is missing; `to` must be a text; unknown parameter `nane`; did you mean `name`?", "things.rename: `name` 매개변수가 없습니다; `to`에는 글자 값을 쓰세요; `nane` 매개변수를 알 수 없습니다. 혹시 `name`인가요?"]);
  assert.deepEqual(await told(["a"]), ["things.rename: the parameters are a map", "things.rename: 매개변수는 맵이어야 합니다"]);
});

test("table: a parameter beyond its bounds, or of another form, is told so in both languages", async () => {
  const params = z.strictObject({ count: z.int().min(1).max(100).optional(), key: z.string().min(1).max(3).optional(), ids: z.array(z.string()).min(1).optional(), day: z.iso.date().optional(), word: z.string().regex(/^a/).optional(), which: z.union([z.literal("all"), z.int().min(1)]).optional() });
  const put = define({ name: "things.put", summary: { en: "", ko: "" }, role: "viewer", effect: "read", params, result: z.null(), run: () => null });
  const table = createCommandTable({ commands: bindCommands([put] as readonly CommandDefinition<Port>[], { names: [] }), log: SILENT, mayAudit: async () => {}, audit: async () => {} });
  const told = (given: unknown) => table.call("things.put", given, { name: "somebody", role: "viewer", edge: "http" }).then(() => assert.fail(), ({ message, ko }: { message: string; ko: { message: string } }) => [message, ko.message].map((words) => words.slice("things.put: ".length)));
  assert.deepEqual(await told({ count: 0 }), ["`count` must be at least 1", "`count`는 1 이상이어야 합니다"]);
  assert.deepEqual(await told({ count: 101 }), ["`count` must be at most 100", "`count`는 100 이하여야 합니다"]);
  assert.deepEqual(await told({ key: "" }), ["`key` must not be empty", "`key`는 비어 있으면 안 됩니다"]);
  assert.deepEqual(await told({ key: "네글자다" }), ["`key` must have at most 3 characters", "`key`에는 3자 이하를 써야 합니다"]);
  assert.deepEqual(await told({ ids: [] }), ["`ids` must have at least 1 value", "`ids`에는 1개 이상을 써야 합니다"]);
  assert.deepEqual(await told({ day: "today" }), ["`day` is not a valid date", "`day`는 올바른 date 값이 아닙니다"]);
  assert.deepEqual(await told({ word: "b" }), ["`word` must match /^a/", "`word`는 /^a/ 형태여야 합니다"]);
  for (const [, words = ""] of [await told({ which: "none" }), await told({ which: 0 })]) assert.match(words, /[가-힣]/u);
});

test("table: a foreseen failure keeps its words; one that nobody foresaw says nothing of what is inside", async () => {
  const told = new UsageError("there is no `x`", { hint: "See the list.", ko: { message: "`x` 없음" } });
  await assert.rejects(tableOf({ names: [], fault: told }).table.call("things.rename", { name: "x", to: "y" }, caller("admin")), { code: "INVALID", message: "there is no `x`", hint: "See the list.", ko: { message: "`x` 없음" } });
  const unforeseen = new TypeError("cannot read canary of undefined");
  await assert.rejects(tableOf({ names: [], fault: unforeseen }).table.call("things.rename", { name: "x", to: "y" }, caller("admin")), (error: { code: string; message: string }) => error.code === "FAILED" && !error.message.includes("canary"));
});

test("table: a name that is no command is answered with the one that was meant; names from prototypes are none", async () => {
  const { table } = tableOf({ names: [] });
  await assert.rejects(table.call("things.lst", {}, caller("admin")), { code: "UNKNOWN_COMMAND", hint: "Did you mean `things.list`?" });
  for (const name of ["constructor", "__proto__", "toString"]) await assert.rejects(table.call(name, {}, caller("admin")), { code: "UNKNOWN_COMMAND" });
});

test("table: parameters nested beyond any stack are parameters that do not fit, not a fault of ours", async () => {
  const deep = JSON.parse(`${"[".repeat(200_000)}${"]".repeat(200_000)}`) as unknown;
  const audited: AuditedCall[] = [];
  const put = define({ name: "things.put", summary: { en: "", ko: "" }, role: "viewer", effect: "change", params: z.strictObject({ what: z.json() }), result: z.null(), run: () => null });
  const table = createCommandTable({ commands: bindCommands([put] as readonly CommandDefinition<Port>[], { names: [] }), log: SILENT, mayAudit: async () => {}, audit: async (call) => void audited.push(call) });
  await assert.rejects(table.call("things.put", { what: deep }, { name: "somebody", role: "viewer", edge: "http" }), { code: "INVALID", message: /nested too deeply/ });
  assert.deepEqual(audited.map(({ outcome }) => outcome), ["INVALID"]);
});
