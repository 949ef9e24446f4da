// One table, many edges: no edge knows a command that the table does not, and each command answers alike through all of them, in its result and in
// its failure. Written over the table, so that a new command is held to it by being there.
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { JsonValue } from "#base/json.ts";
import { allCommands } from "#edges/all-commands.ts";
import { commands } from "#edges/cli/commands.ts";
import { derivedCommands } from "#edges/cli/derived/derived-commands.ts";
import { parametersOf } from "#edges/cli/derived/parameters.ts";
import { pathText, routeOf } from "#edges/http/route-of.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { folder } from "#test/cli/run-dure.ts";
import type { Folder } from "#test/cli/run-dure.ts";
import { commandLine, controlSocket, http, webSocket } from "./each-edge.ts";
import type { AgentPlace, EdgeClient, Outcome, Params } from "./each-edge.ts";

const skip = process.platform === "win32" && "the agent is stopped by a signal";
const CONFIG = "http: { port: 0 }\npipelines:\n  web:\n    - in.FileTail: { path: app.log, start: beginning }\n    - parse.Json\n    - out.File: { path: out.jsonl }\n  other:\n    - in.FileTail: nothing.log\n    - out.Null\n";
let here: Folder;
let place: AgentPlace;
let edges: Readonly<Record<string, EdgeClient>>;
let writing: NodeJS.Timeout | undefined;

before(async () => {
  here = folder();
  if (skip !== false) return;
  here.write("dure.yml", CONFIG);
  here.write("app.log", '{"a":1}\n');
  const { address } = JSON.parse((await here.dure(["start", "--json"])).stdout) as { address: string };
  const { result } = JSON.parse((await here.dure(["tokens", "create", "parity", "--role", "admin", "--json"])).stdout) as { result: { token: string } };
  place = { dir: here.path, address, token: result.token };
  edges = { socket: controlSocket(place), http: http(place), websocket: await webSocket(place), cli: commandLine(place) };
  writing = setInterval(() => appendFileSync(here.file("app.log"), '{"a":1}\n'), 50);
});

after(async () => {
  clearInterval(writing);
  for (const edge of Object.values(edges ?? {})) edge.close();
  if (skip === false) await here.dure(["stop"]);
  await here[Symbol.asyncDispose]();
});

test("parity: the command line has each command of the table and no other, under its own name or a view's", async () => {
  const names = allCommands.map(({ name }) => name);
  assert.deepEqual((await derivedCommands()).map(({ of }) => of), names);
  for (const { name, of, tableVerbs = [], actions = [] } of commands) {
    if (of !== undefined) assert.ok(names.includes(of), `dure ${name} shows \`${of}\`, which the table does not have`);
    const verbs = names.filter((each) => each.startsWith(`${name}.`)).map((each) => each.slice(name.length + 1));
    assert.deepEqual(tableVerbs.filter((verb) => !verbs.includes(verb)), [], name);
    assert.deepEqual(verbs.filter((verb) => !tableVerbs.includes(verb) && !actions.includes(verb)), [], `\`dure ${name}\` hides these verbs of the table: they go into its tableVerbs`);
  }
});

test("parity: HTTP has each command of the table and no other, and its description names them", { skip }, async () => {
  const response = await fetch(new URL("/api/openapi.json", place.address), { headers: { authorization: `Bearer ${place.token}` } });
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, unknown>> };
  const described = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  const routes = allCommands.map((command) => ({ ...routeOf(command), key: command.key }));
  const derived = routes.map((route) => `${route.method} ${pathText(route, route.key)}`);
  assert.deepEqual(derived.filter((route) => !described.includes(route)), []);
  assert.equal(new Set(derived).size, derived.length);
  const beside = ["/api/login", "/api/logout", "/api/setup", "/api/session", "/api/openapi.json", "/api/ws"];
  const posts = routes.filter(({ isAlsoPost }) => isAlsoPost).map((route) => `POST ${pathText(route, route.key)}`);
  assert.deepEqual(described.filter((route) => !derived.includes(route) && !posts.includes(route) && !beside.some((path) => route.endsWith(path))), []);
});

test("parity: a command that is none fails alike", { skip }, async () => {
  const none = { ...allCommands[0], name: "pipelines.lst" } as CommandDefinition;
  const [socket, websocket] = await Promise.all([edges["socket"]?.call(none, {}), edges["websocket"]?.call(none, {})]);
  assert.deepEqual(websocket, socket);
  assert.equal((socket as { error: { code: string } }).error.code, "UNKNOWN_COMMAND");
  assert.equal((await fetch(new URL("/api/pipelines/lst/lst", place.address), { headers: { authorization: `Bearer ${place.token}` } })).status, 404);
});

/** Which value a required parameter may have, by its name. */
const VALUES: Readonly<Record<string, JsonValue>> = { pipeline: "web", text: CONFIG, base: "none", id: 1, revision: 1, records: [{ a: 1 }], step: "2", processes: ["nobody-of-this-name"], from: ["nobody-of-this-name"], to: ["nobody-of-this-name"] };
const NAMES: Readonly<Record<string, JsonValue>> = { pipelines: "web", users: "nobody-of-this-name", tokens: "none-of-this-name" };

function sampleOf(command: CommandDefinition): Params {
  const noun = command.name.split(".")[0] ?? "";
  const fixed: Params = command.name === "events.follow" ? { after: 0 } : {};
  const required = parametersOf(command).filter(({ isRequired }) => isRequired);
  return { ...fixed, ...Object.fromEntries(required.map(({ name, choices, kind }) => [name, choices?.[0] ?? fitting(name === "name" ? NAMES[noun] : VALUES[name], kind) ?? (kind === "number" ? 1 : kind === "list" || kind === "json" ? [] : "sample")])) };
}

function fitting(value: JsonValue | undefined, kind: string): JsonValue | undefined {
  return kind === "text" && typeof value === "number" ? String(value) : value;
}

/** Parameters that the command refuses, and that can be written on every edge; undefined where it has none. */
function refusedBy(command: CommandDefinition): Params | undefined {
  const parameters = parametersOf(command);
  const typed = parameters.find(({ name, kind, isSecret, choices }) => !isSecret && name !== command.key && kind === "number" && choices === undefined);
  if (typed !== undefined) return { ...sampleOf(command), [typed.name]: "many" };
  if (command.key === undefined || command.event !== undefined) return undefined;
  const key = parameters.find(({ name }) => name === command.key);
  return { ...sampleOf(command), [command.key]: key?.kind === "number" ? 999_999_999 : "nothing-of-this-name" };
}

/** Without what differs from one moment to the next, or by who asks: counts, times, ids; lists as the kinds of things in them. */
function steady(value: JsonValue, key = ""): JsonValue {
  if (typeof value === "number") return 0;
  if (typeof value === "string") return key === "base64" || 2000 < value.length ? "long" : value.replaceAll(/local:\S+|token:parity/g, "caller").replaceAll(/\b(?:local|http|websocket)\b/g, "edge").replaceAll(/[\d.]+/g, "0");
  if (Array.isArray(value)) return [...new Set((value as readonly JsonValue[]).map((item) => JSON.stringify(steady(item))))].sort().map((text) => JSON.parse(text) as JsonValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, one]) => [name, steady(one, name)]));
}

/** Between two calls something may happen: what is not alike is looked at again. */
const TRIES = 3;

async function alike(command: CommandDefinition, params: Params, names: readonly string[] = Object.keys(edges)): Promise<Outcome> {
  for (let left = TRIES; ; left -= 1) {
    const outcomes: Outcome[] = [];
    for (const name of names) outcomes.push((await edges[name]?.call(command, params)) as Outcome);
    const [first] = outcomes.map(comparable);
    try {
      for (const [index, outcome] of outcomes.entries()) assert.deepEqual(comparable(outcome), first, `${command.name} through ${names[index]} is not as through ${names[0]}`);
      return outcomes.at(-1) as Outcome;
    } catch (error) {
      if (left <= 1) throw error;
    }
  }
}

function comparable(outcome: Outcome): JsonValue {
  if ("result" in outcome) return steady({ result: outcome.result });
  // Which event comes first is chance: the kind of thing that it is is not.
  if ("event" in outcome) return { event: Object.keys(outcome.event ?? {}).filter((name) => name !== "before").sort() };
  // What is said in Korean, a program on the command line has in its own language only.
  const { ko: _, ...error } = outcome.error;
  return steady({ error });
}

const EXITS: Readonly<Record<string, number>> = { INVALID: 2, NOT_FOUND: 1, CONFLICT: 1, CONFIG_INVALID: 78, UNAVAILABLE: 69, BUSY: 75, FORBIDDEN: 77 };

for (const command of allCommands) {
  const { name, effect, event } = command;
  test(`parity: ${name} refuses a parameter that it does not have, alike`, { skip }, async () => {
    const outcome = await alike(command, { ...sampleOf(command), nonsense: "1" }, ["socket", "http", "websocket"]);
    assert.equal((outcome as { error: { code: string } }).error.code, "INVALID");
  });

  const refused = refusedBy(command);
  if (refused !== undefined)
    test(`parity: ${name} fails alike`, { skip }, async () => {
      const outcome = await alike(command, refused);
      assert.ok("error" in outcome, JSON.stringify(outcome));
      assert.equal(outcome.exitCode, EXITS[String(outcome.error["code"])], JSON.stringify(outcome));
    });

  if (effect === "read") test(`parity: ${name} ${event === undefined ? "answers" : "streams"} alike`, { skip }, async () => void (await alike(command, sampleOf(command))));
}

/** Changes that can be taken back, done once through each edge. */
const CHANGES: readonly (readonly [name: string, params: Params])[] = [
  ["users.create", { name: "kim", password: "a long password of kim", role: "operator" }],
  ["users.update", { name: "kim", role: "viewer", isDisabled: true }],
  ["users.set-password", { name: "kim", password: "another long password" }],
  ["users.remove", { name: "kim" }],
  ["tokens.create", { name: "grafana", scope: ["metrics.list", "pipelines.*"], days: 3 }],
  ["tokens.remove", { name: "grafana" }],
  ["pipelines.pause", { name: "other" }],
  ["pipelines.resume", { name: "other" }],
  ["agent.reload", {}],
];

test("parity: changes answer alike through every edge", { skip }, async () => {
  const answers: Record<string, JsonValue[]> = {};
  for (const [edge, client] of Object.entries(edges)) {
    answers[edge] = [];
    for (const [name, params] of CHANGES) {
      const outcome = await client.call(allCommands.find((each) => each.name === name) as CommandDefinition, params);
      assert.ok("result" in outcome, `${edge} ${name} ${JSON.stringify(outcome)}`);
      answers[edge].push(steady(JSON.parse(JSON.stringify(outcome.result).replace(/dure_[\w-]+/, "dure_token")) as JsonValue));
    }
  }
  for (const [edge, each] of Object.entries(answers)) assert.deepEqual(each, answers["socket"], edge);
});
