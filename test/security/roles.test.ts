// Every command × every role × every edge: allowed or FORBIDDEN exactly as the command declares. Made from the table: a new command is held
// to it without a line here. Each call has a parameter that no command takes, so that what is allowed is answered INVALID and does nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { allCommands } from "#edges/all-commands.ts";
import { routeOf } from "#edges/http/route-of.ts";
import { mayCall, roles } from "#kernel/access/caller.ts";
import type { Role } from "#kernel/access/caller.ts";
import { addUsers, runningAgent } from "./running-agent.ts";
import type { RunningAgent } from "./running-agent.ts";

const CONFIG = "pipelines:\n  a:\n    - in.FakeData: { type: people, count: 0, rate: 1 }\n    - out.Null\n";
const ODD = "no-such-parameter";
const skip = process.platform === "win32" && "the tests stop agents by signals";

/** Changes that everybody may make of his own; what is somebody else's they refuse themselves. */
const OWN = new Set(["users.set-password", "tokens.create", "tokens.remove", "sessions.remove"]);

test("roles: no change is a viewer's but of what is his own, and what runs code or lets people in is an admin's", () => {
  assert.ok(10 < allCommands.length);
  for (const { name, role, effect } of allCommands) {
    if (effect === "change" && !OWN.has(name)) assert.notEqual(role, "viewer", name);
    if (/^(?:config|audit)\.|^users\.(?!set-password)/.test(name)) assert.equal(role, "admin", name);
  }
});

async function overHttp(agent: RunningAgent, command: (typeof allCommands)[number], headers: Record<string, string>): Promise<string> {
  const { method, path } = routeOf(command);
  const url = ["/api", ...path.map((word) => word ?? "1")].join("/");
  const answer = await agent.fetch(method === "GET" ? `${url}?${ODD}=1` : url, { method, headers: { ...headers, ...(method === "GET" ? {} : { "content-type": "application/json" }) }, ...(method === "GET" ? {} : { body: JSON.stringify({ [ODD]: 1 }) }) });
  const { error } = (await answer.json()) as { error?: { code: string } };
  return error?.code ?? "ok";
}

const codeOf = async (asked: Promise<unknown>): Promise<string> => asked.then(() => "ok", ({ code }: { code: string }) => code);

test("roles: each edge lets each role do exactly what each command declares", { skip }, async () => {
  await using agent = await runningAgent({ config: CONFIG });
  await addUsers(agent, { admin: "admin", operator: "operator", viewer: "viewer" });
  const expected = (role: Role, scope?: readonly string[]): Record<string, string> => Object.fromEntries(allCommands.map((command) => [command.name, mayCall({ name: "", role, edge: "http", ...(scope === undefined ? {} : { scope }) }, command) ? "INVALID" : "FORBIDDEN"]));
  const through = async (one: (command: (typeof allCommands)[number]) => Promise<string>): Promise<Record<string, string>> => {
    const outcomes: Record<string, string> = {};
    for (const command of allCommands) outcomes[command.name] = await one(command);
    return outcomes;
  };

  assert.deepEqual(await through(({ name }) => codeOf(agent.local(name, { [ODD]: 1 }))), expected("admin"), "the control socket");
  for (const role of roles) {
    const cookie = await agent.login(role);
    const token = ((await agent.local("tokens.create", { name: `t-${role}`, role })) as { token: string }).token;
    const bearer = { authorization: `Bearer ${token}` };
    const byLogin = { cookie, origin: agent.origin };
    assert.deepEqual(await through((command) => overHttp(agent, command, bearer)), expected(role), `${role}: HTTP with a token`);
    assert.deepEqual(await through((command) => overHttp(agent, command, byLogin)), expected(role), `${role}: HTTP with a login`);
    for (const headers of [bearer, byLogin]) {
      const socket = await agent.socket(headers);
      assert.deepEqual(await through(({ name }) => codeOf(socket.call(name, { [ODD]: 1 }))), expected(role), `${role}: WebSocket`);
      socket.close();
      await socket.closed;
    }
  }

  const scope = ["metrics.list", "users.*"];
  const { token } = (await agent.local("tokens.create", { name: "narrow", role: "admin", scope })) as { token: string };
  const narrow = { authorization: `Bearer ${token}` };
  assert.deepEqual(await through((command) => overHttp(agent, command, narrow)), expected("admin", scope), "a narrow token over HTTP");
  const socket = await agent.socket(narrow);
  assert.deepEqual(await through(({ name }) => codeOf(socket.call(name, { [ODD]: 1 }))), expected("admin", scope), "a narrow token over the WebSocket");
  socket.close();

  for (const nobody of [{}, { authorization: "Bearer dure_nobody" }, { authorization: `Bearer dure_${"A".repeat(43)}` }, { cookie: `dure-${agent.port}=${"A".repeat(43)}`, origin: agent.origin }]) {
    assert.deepEqual(await through((command) => overHttp(agent, command, nobody as Record<string, string>)), Object.fromEntries(allCommands.map(({ name }) => [name, "UNAUTHENTICATED"])), "nobody");
    await assert.rejects(agent.socket(nobody as Record<string, string>));
  }
});
