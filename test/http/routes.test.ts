// Every route of a real agent is asked: as nobody, as one whose role is too low, and as an admin, with parameters and without.
import assert from "node:assert/strict";
import { test } from "node:test";
import { allCommands } from "#edges/all-commands.ts";
import { pathFor, routeOf } from "#edges/http/route-of.ts";
import { roles } from "#kernel/access/caller.ts";
import { folder } from "../cli/run-dure.ts";
import { apiAgent } from "./agent.ts";
import type { ApiAgent } from "./agent.ts";

const skip = process.platform === "win32" && "the agent is stopped by a signal";
const CONFIG = "pipelines:\n  웹:\n    - in.Dummy: { record: hello, count: 0, rate: 5 }\n    - out.Null\n";
/** What they do takes long, or changes what the others see. */
const APART = ["agent.bundle", "agent.doctor", "agent.backup"];

type Declared = (typeof allCommands)[number];
const sent = (command: Declared, params: object): RequestInit => {
  const { method } = routeOf(command);
  return method === "GET" ? { method } : { method, body: JSON.stringify(params), headers: { "content-type": "application/json" } };
};

async function answerOf(agent: ApiAgent, command: Declared, init: Parameters<ApiAgent["ask"]>[1], query = ""): Promise<{ status: number; code: string | undefined; text: string; type: string }> {
  const gone = new AbortController();
  const response = await agent.ask(`${pathFor(command, "웹", allCommands)}${query}`, { ...init, signal: AbortSignal.any([gone.signal, AbortSignal.timeout(60_000)]) });
  const type = response.headers.get("content-type") ?? "";
  const text = type.startsWith("text/event-stream") ? "" : await response.text();
  gone.abort();
  return { status: response.status, type, text, code: response.ok ? undefined : (JSON.parse(text) as { error: { code: string } }).error.code };
}

test("routes: every command is asked over HTTP, and answers as its declaration says", { skip }, async () => {
  await using here = folder();
  const agent = await apiAgent(here, CONFIG);
  const asked = allCommands.filter(({ name }) => !APART.includes(name));
  assert.ok(20 < asked.length);
  for (const command of asked) {
    const what = command.name;
    const nobody = await answerOf(agent, command, { ...sent(command, {}), role: null });
    assert.deepEqual([nobody.status, nobody.code], [401, "UNAUTHENTICATED"], what);
    const below = roles[roles.indexOf(command.role) - 1];
    if (below !== undefined) {
      const low = await answerOf(agent, command, { ...sent(command, {}), role: below });
      assert.deepEqual([low.status, low.code], [403, "FORBIDDEN"], what);
    }
    const unknown = routeOf(command).method === "GET" ? await answerOf(agent, command, {}, "?no-such-parameter=1") : await answerOf(agent, command, sent(command, { "no-such-parameter": 1 }));
    assert.deepEqual([unknown.status, unknown.code], [400, "INVALID"], `${what}: ${unknown.text}`);
    if (command.effect === "change") continue;
    const plain = await answerOf(agent, command, sent(command, {}));
    assert.ok(plain.status === 200 || ["INVALID", "NOT_FOUND", "CONFLICT"].includes(plain.code ?? ""), `${what}: ${plain.status} ${plain.text}`);
    assert.match(plain.type, plain.status === 200 && command.event !== undefined ? /^text\/event-stream/ : /^application\/json/, what);
    if (plain.status === 200 && command.event === undefined) assert.ok(command.result.safeParse(JSON.parse(plain.text)).success, `${what}: the result is not what was declared: ${plain.text.slice(0, 300)}`);
  }
});

test("routes: what stands beside the table is there too", { skip }, async () => {
  await using here = folder();
  const agent = await apiAgent(here, CONFIG);
  for (const [path, role, status] of [
    ["/health", null, 200],
    ["/ready", null, 200],
    ["/metrics", null, 200],
    ["/api/session", null, 200],
    ["/api/openapi.json", "viewer", 200],
    ["/api/ws", "viewer", 404],
  ] as const) {
    const answer = await agent.ask(path, { role });
    assert.equal(answer.status, status, `${path}: ${await answer.text()}`);
  }
  assert.match(await (await agent.ask("/metrics", { role: null })).text(), /^dure_pipeline_state\{pipeline="웹",state="running"\} 1$/m);
  for (const [path, body] of [["/api/login", { name: "nobody", password: "not a password" }], ["/api/setup", { token: "x", name: "hong", password: "a long enough one" }], ["/api/logout", {}]] as const) {
    const answer = await agent.ask(path, { role: null, method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
    assert.ok(answer.status < 500, `${path}: ${answer.status}`);
  }
});
