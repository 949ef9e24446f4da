// Secrets planted in every place where one can stand, then everything an edge gives away is searched for them: each command of the table
// through each edge, metrics, health, log, events, audit, errors. Made from the table: a new command is searched without a line here.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { strFromU8, unzipSync } from "fflate";
import type { JsonValue } from "#base/json.ts";
import { allCommands } from "#edges/all-commands.ts";
import { routeOf } from "#edges/http/route-of.ts";
import { optionSchema, propertiesOf } from "#kernel/option-schema.ts";
import { freePort } from "#test/servers/free-port.ts";
import { until } from "#test/cli/run-dure.ts";
import { addUsers, logOf, runningAgent } from "./running-agent.ts";
import type { RunningAgent } from "./running-agent.ts";

/** How long a stream is listened to. */
const STREAM_MS = 1200;
const config = (port: number): string => `
pipelines:
  flow:
    - in.FakeData: { type: people, count: 0, rate: 20 }
    - filter.Map: { set: { password: "'cAnArY-record'", link: "'http://u:cAnArY-link@h/'" } }
    - out.Null
  fluentd:
    - in.FakeData: { type: people, count: 0, rate: 5 }
    - out.Fluentd: { host: 127.0.0.1, port: 1, shared_key: "\${env:SOME_KEY}", username: u, password: cAnArY-literal }
  mysql:
    - in.FakeData: { type: people, count: 0, rate: 5 }
    - out.MySQL: { host: 127.0.0.1, port: 1, user: u, password: "\${file:secret.txt}", db: d, table: t, columns: { name: r.name } }
  http:
    - in.FakeData: { type: people, count: 0, rate: 5 }
    - out.Http: { url: "http://127.0.0.1:1/x", username: u, password: cAnArY-outhttp, headers: { X-Api-Key: cAnArY-apikey }, sign: { secret: cAnArY-sign } }
  s3:
    - in.FakeData: { type: people, count: 0, rate: 5 }
    - out.S3: { endpoint: "http://127.0.0.1:1", bucket: bbb, region: r, access_key_id: k, secret_access_key: cAnArY-s3key, session_token: cAnArY-session }
  elastic:
    - in.Http: { port: ${port}, username: u, password: cAnArY-inhttp, bearer_token: cAnArY-bearer }
    - out.Elasticsearch: { url: "http://127.0.0.1:1", index: i, api_key: cAnArY-elastic }
  amqp:
    - in.FakeData: { type: people, count: 0, rate: 5 }
    - out.Amqp: { hosts: ["127.0.0.1:1"], user: u, password: cAnArY-amqp, exchange: e }
`;

interface Heard {
  readonly where: string;
  readonly text: string;
}
type Params = Readonly<Record<string, JsonValue>>;
type Command = (typeof allCommands)[number];

/** What each parameter is called with: enough for most commands to do what they are for. */
const USUAL: Params = { name: "fluentd", pipeline: "flow", step: "2", isDiff: true, text: "x", from: "1", to: "file", revision: 1 };
/** Of a config; `config.format` gives whoever wrote it his own text back. */
const TEXT = "pipelines:\n  x:\n    - in.FakeDat: { type: people }\n    - out.Null:\n        password: cAnArY-intext\n";
/** What is there to be changed and removed; a pipeline whose output takes nothing would not be paused for long. */
const OF_NOUN: Readonly<Record<string, string>> = { users: "spare", tokens: "spare", pipelines: "flow" };

function paramsFor(command: Command): Params {
  const schema = optionSchema(command.params);
  const properties = propertiesOf(schema);
  const required = (schema as { required?: readonly string[] }).required ?? [];
  const [noun = ""] = command.name.split(".", 1);
  return Object.fromEntries(
    [...new Set([...required, ...Object.keys(properties).filter((name) => name in USUAL), ...(command.secret ?? [])])].map((name): [string, JsonValue] => {
      if (command.secret?.includes(name) === true && name !== "text") return [name, `cAnArY-typed ${command.name} 0123456789`];
      if (name === "name" && command.effect === "change" && noun in OF_NOUN) return [name, OF_NOUN[noun] ?? ""];
      if (name === "text" && noun === "config") return [name, command.name === "config.format" ? "pipelines: {}" : TEXT];
      if (name in USUAL) return [name, USUAL[name] ?? ""];
      const property = properties[name] as { type?: string; enum?: readonly JsonValue[] } | undefined;
      if (property?.enum !== undefined) return [name, property.enum[0] ?? ""];
      return [name, property?.type === "integer" || property?.type === "number" ? 1 : property?.type === "array" ? [] : property?.type === "boolean" ? true : "1"];
    }),
  );
}

async function overHttp(agent: RunningAgent, command: Command, params: Params, headers: Record<string, string>): Promise<string> {
  const { method, path } = routeOf(command);
  const rest = Object.fromEntries(Object.entries(params).filter(([name]) => name !== command.key || !path.includes(null)));
  const url = new URL(["/api", ...path.map((word) => word ?? encodeURIComponent(String(params[command.key ?? ""] ?? "1")))].join("/"), agent.origin);
  if (method === "GET") for (const [name, value] of Object.entries(rest)) url.searchParams.append(name, typeof value === "string" ? value : JSON.stringify(value));
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), command.event === undefined ? 60_000 : STREAM_MS);
  let text = "";
  try {
    const answer = await fetch(url, { method, signal: stop.signal, headers: { ...headers, ...(method === "GET" ? {} : { "content-type": "application/json" }) }, ...(method === "GET" ? {} : { body: JSON.stringify(rest) }) });
    text = JSON.stringify([...answer.headers]);
    for await (const part of (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) text += part;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
  return text;
}

async function locally(agent: RunningAgent, { name, event }: Command, params: Params): Promise<string> {
  const events: JsonValue[] = [];
  const answer = await agent.local(name, params, { signal: AbortSignal.timeout(event === undefined ? 60_000 : STREAM_MS), onEvent: (each) => void events.push(each) }).catch((error: unknown) => ({ ...(error as object), message: String(error) }));
  return JSON.stringify([events, answer]);
}

/** A zip within base64 hides what it holds. */
function unpacked(text: string): string {
  const zips = text.match(/UEsDB[A-Za-z0-9+/=]{100,}/g) ?? [];
  return zips.flatMap((zip) => Object.values(unzipSync(Buffer.from(zip, "base64"))).map((file) => strFromU8(file))).join("\n");
}

test("canaries: no secret of a config, a user or a program comes out of any edge", { skip: process.platform === "win32" && "the tests stop agents by signals", timeout: 240_000 }, async () => {
  const text = config(await freePort());
  await using agent = await runningAgent({ config: text, files: { "secret.txt": "cAnArY-fromfile\n" }, env: { SOME_KEY: "cAnArY-fromenv" } });
  assert.ok(12 <= new Set(text.match(/cAnArY-\w+/g)).size, "the canaries are there to be found");
  const heard: Heard[] = [];
  const hear = (where: string, found: string): void => void heard.push({ where, text: found }, { where: `${where}, unpacked`, text: unpacked(found) });

  const setup = (await agent.local("users.open-setup")) as { token: string };
  await addUsers(agent, { hong: "admin", spare: "viewer" });
  const cookie = await agent.login("hong");
  const { token } = (await agent.local("tokens.create", { name: "graf", role: "admin" })) as { token: string };
  const spare = (await agent.local("tokens.create", { name: "spare" })) as { token: string };
  const secrets = [setup.token, token, spare.token, cookie.split("=")[1] ?? "", "correct horse"];
  // A password in the wrong field, a token in a URL, a wrong one in a header: what people do.
  hear("a login by password as name", await (await agent.post("/api/login", { name: "cAnArY-asname", password: "cAnArY-wrongpassword" })).text());
  hear("a weak password", await (await agent.post("/api/setup", { token: "cAnArY-setup", name: "x", password: "cAnArY-weak", language: "ko" })).text());
  for (const path of ["/api/pipelines?token=cAnArY-inquery", "/api/users?password=cAnArY-inquery"]) await agent.fetch(path, { headers: { authorization: "Bearer cAnArY-badbearer" } });
  hear("not JSON", await (await agent.fetch("/api/users", { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: '{"password": "cAnArY-notjson' })).text());
  hear("a mistyped name of a parameter", await (await agent.fetch("/api/users", { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify({ name: "x", pasword: "cAnArY-mistyped" }) })).text());

  await until(async () => JSON.stringify(await agent.local("pipelines.list")).includes("failing"), "outputs have failed", 60_000);
  const shown = (await agent.local("config.show")) as { text: string; hash: string };
  hear("the config to be edited", shown.text);
  const more = "  more:\n    - in.FakeData: { type: people, count: 0, rate: 1 }\n    - out.Fluentd: { host: 127.0.0.1, port: 1, shared_key: cAnArY-applied }\n";
  hear("the config applied", JSON.stringify(await agent.local("config.apply", { text: `${shown.text}${more}`, base: shown.hash, note: "one more" })));
  assert.match(readFileSync(agent.folder.file("dure.yml"), "utf8"), /cAnArY-s3key[^]*cAnArY-applied/, "what was hidden is in the file as it was");
  hear("a config with a slip", JSON.stringify(await agent.local("config.check", { text: "pipelines:\n  x:\n    - out.Fluentd: { shared_key: cAnArY-slip, passwrd: cAnArY-slip2\n" })));

  const order = [...allCommands].sort((one, other) => Number(one.effect === "change") - Number(other.effect === "change"));
  for (const command of order) {
    const params = paramsFor(command);
    hear(`${command.name} over the control socket`, await locally(agent, command, params));
    hear(`${command.name} over HTTP`, await overHttp(agent, command, params, { authorization: `Bearer ${token}` }));
    if (command.event !== undefined || command.effect === "change") continue;
    hear(`${command.name} with nothing`, await locally(agent, command, {}));
  }
  const socket = await agent.socket({ authorization: `Bearer ${token}` });
  for (const command of order) {
    if (command.event === undefined) await socket.call(command.name, paramsFor(command)).catch(() => {});
    else socket.send({ id: `stream ${command.name}`, method: command.name, params: paramsFor(command) });
  }
  await until(() => ["pipelines.watch", "pipelines.tap"].every((name) => socket.heard.some((message) => message.startsWith(`{"id":"stream ${name}","event"`))), "the streams were heard", 60_000);
  socket.heard.forEach((message) => hear("the WebSocket", message));
  socket.close();

  for (const path of ["/metrics", "/health", "/ready", "/api/session", "/api/openapi.json", "/"]) hear(path, await (await agent.fetch(path, { headers: { authorization: `Bearer ${token}` } })).text());
  for (const args of [["ls", "--json"], ["status", "--json"], ["graph"], ["plan"], ["doctor", "--json"]]) {
    const { stdout, stderr } = await agent.folder.dure([...args, ...(args[0] === "graph" ? ["--format", "json"] : [])], { env: { SOME_KEY: "cAnArY-fromenv" } });
    hear(`dure ${args.join(" ")}`, stdout + stderr);
  }
  hear("the audit", JSON.stringify(await agent.local("audit.export")));
  hear("the events", JSON.stringify(await agent.local("events.list")));
  agent.process.child.kill("SIGKILL");
  const { stdout, stderr } = await agent.process.ended;
  hear("what the agent printed", stdout + stderr);
  hear("the agent's log", logOf(agent));

  const found = heard.flatMap(({ where, text: said }) => [...new Set([...(said.match(/cAnArY-\w+/g) ?? []), ...secrets.filter((secret) => said.includes(secret))])].map((secret) => `${where}: ${secret}`));
  assert.deepEqual(found, []);

  const store = readdirSync(agent.folder.file("data")).filter((name) => name.startsWith("dure.db")).map((name) => readFileSync(agent.folder.file("data", name), "latin1")).join("");
  for (const secret of [...secrets, "cAnArY-"]) assert.ok(!store.includes(Buffer.from(secret).toString("latin1")), `${secret} stands in the store's file`);
});
