// Malformed calls to a real agent, over HTTP and WebSocket, made from the schemas that it publishes: each is refused in words, none of them
// brings it down, and no answer holds a stack. What happens to fit after all is sent only where it does no harm.
import { request } from "node:http";
import { allCommands } from "#edges/all-commands.ts";
import { pathFor, routeOf } from "#edges/http/route-of.ts";
import { optionSchema, propertiesOf } from "#kernel/option-schema.ts";
import type { OptionSchema } from "#kernel/option-schema.ts";
import { folder } from "../cli/run-dure.ts";
import { apiAgent } from "../http/agent.ts";
import type { ApiAgent } from "../http/agent.ts";
import { Dice } from "./dice.ts";

export interface ApiTrialResult {
  readonly calls: number;
  readonly failures: readonly string[];
  readonly byStatus: Readonly<Record<string, number>>;
}

const CONFIG = "pipelines:\n  웹:\n    - in.Dummy: { record: hello, count: 0, rate: 5 }\n    - out.Null\n";
const AT_ONCE = 8;
const FAILURES_MAX = 20;
/** Only what is never answered takes so long. */
const ANSWER_MS = 60_000;
/** They start processes of their own: what they check is checked before those. */
const APART = new Set(["agent.doctor", "agent.bundle", "agent.backup"]);
const commands = allCommands.filter(({ name }) => !APART.has(name));

const ODD: readonly unknown[] = [null, true, false, 0, -1, 1.5, 1e308, 2 ** 53, "", " ", "x", "0", "true", "null", "가".repeat(200), "\u0000", "\ud800", "../../../etc/passwd", "%2e%2e%2f", "<script>alert(1)</script>", "' OR 1=1 --", "${env:HOME}", "__proto__", "a".repeat(70_000), [], [[]], {}, { a: 1 }, JSON.parse('{"__proto__": {"role": "admin"}, "constructor": {"prototype": {}}}'), Array(2000).fill(0)];
const TYPES = ["application/json", "application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/JSON", "application/xml", ""];
const METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "PROPFIND"];

export async function apiTrial({ calls, seed }: { readonly calls: number; readonly seed: number }): Promise<ApiTrialResult> {
  await using here = folder();
  const agent = await apiAgent(here, CONFIG);
  const failures: string[] = [];
  const byStatus: Record<string, number> = {};
  const took = (status: number | string): void => void (byStatus[status] = (byStatus[status] ?? 0) + 1);
  let next = 0;
  const worker = async (): Promise<void> => {
    using socket = await callsSocket(agent);
    while (next < calls && failures.length < FAILURES_MAX) {
      const index = (next += 1);
      const dice = new Dice(seed + index);
      try {
        const { what, status, body } = dice.chance(0.25) ? await socket.call(dice) : await overHttp(agent, dice);
        took(status);
        const problem = problemOf(status, body);
        if (problem !== undefined) failures.push(`seed ${seed + index}: ${what}: ${problem}: ${body.slice(0, 300)}`);
      } catch (error) {
        failures.push(`seed ${seed + index}: no answer: ${String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const alive = await agent.ask("/health", { role: null }).then(({ status }) => status, (error: unknown) => String(error));
  if (alive !== 200) failures.push(`afterwards it does not answer: ${alive}`);
  const { stderr } = await ended(agent);
  if (/uncaught|unhandled/i.test(stderr)) failures.push(`the agent said: ${stderr.slice(-500)}`);
  return { calls: next, failures, byStatus };
}

/** Why an answer is not as it should be. */
function problemOf(status: number | string, body: string): string | undefined {
  if (/\n\s+at |node_modules|\.ts:\d|file:\/\/\//.test(body)) return "it holds a stack or a path of ours";
  if (typeof status === "string") return status === "FAILED" || status === "UNAVAILABLE" ? "a failure that nobody foresaw" : undefined;
  if (500 <= status) return `status ${status}`;
  if (status < 400 || body === "") return undefined;
  return /^\{"error":\{"code":"[A-Z_]+","message":"/.test(body) ? undefined : "it says not why";
}

interface Answer {
  readonly what: string;
  readonly status: number | string;
  readonly body: string;
}

/** By hand: fetch refuses to send half of it. */
function overHttp(agent: ApiAgent, dice: Dice): Promise<Answer> {
  const command = dice.pick(commands);
  const params = hurtParams(dice, command.params);
  const isHarmless = command.effect === "read" || !command.params.safeParse(params).success;
  const { method: own } = routeOf(command);
  const method = dice.chance(0.9) ? own : dice.pick(METHODS);
  const key = command.key === undefined ? "" : textOf(params[command.key] ?? dice.pick(ODD)).slice(0, 3000);
  const path = dice.chance(0.95) ? pathOf(command, key) : `/api/${dice.pick(["", "%", "%00", "..", "a/b/c/d", "pipelines/../../x", "api"])}`;
  const isQuery = method === "GET" || dice.chance(0.05);
  const query = isQuery ? `?${Object.entries(params).map(([name, value]) => `${encoded(name)}=${encoded(textOf(value))}`).join("&")}`.slice(0, 12_000) : "";
  const text = JSON.stringify(isHarmless ? params : { ...params, "no-such-parameter": 1 }) ?? "";
  const body = isQuery ? undefined : dice.chance(0.85) ? text : dice.pick([text.slice(0, dice.below(text.length + 1)), `${text}}`, "", "null", "[]", '"x"', "{".repeat(5000), `{"a":${"[".repeat(5000)}`, text.replaceAll('"', "'")]);
  const headers = { authorization: `Bearer ${dice.chance(0.95) ? agent.tokens[dice.pick(["viewer", "operator", "admin"] as const)] : dice.pick(["", "x", "dure_x", `dure_${"A".repeat(43)}`])}`, ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body), "content-type": dice.chance(0.9) ? "application/json" : dice.pick(TYPES) }) };
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const what = `${method} ${path}${query} ${body ?? ""}`.slice(0, 300);
  const asked = request(`${agent.url}${path}${query}`, { method, headers, agent: false, signal: AbortSignal.timeout(ANSWER_MS) }, (response) => {
    const status = response.statusCode ?? 0;
    if (response.headers["content-type"]?.startsWith("text/event-stream") === true) {
      response.destroy(); // A stream that fits goes on until we go.
      return resolve({ what, status, body: "" });
    }
    response.toArray().then((pieces) => resolve({ what, status, body: Buffer.concat(pieces as Buffer[]).toString() }), reject);
  });
  asked.on("error", reject).end(body);
  return promise;
}

async function callsSocket(agent: ApiAgent) {
  const socket = new WebSocket(`${agent.url.replace("http", "ws")}/api/ws`, { headers: { authorization: `Bearer ${agent.tokens.admin}` } } as never);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error("the WebSocket was refused")));
  });
  let lastId = 0;
  const waiting = new Map<number, (text: string) => void>();
  socket.addEventListener("message", ({ data }) => {
    const text = String(data);
    const { id } = JSON.parse(text) as { id: number | null };
    if (id !== null) waiting.get(id)?.(text);
    else for (const hear of waiting.values()) hear(text);
  });
  socket.addEventListener("close", ({ code }) => {
    for (const hear of waiting.values()) hear(`{"error":{"code":"CLOSED ${code}","message":"closed"}}`);
  });
  return {
    async call(dice: Dice): Promise<Answer> {
      const command = dice.pick(commands);
      const hurt = hurtParams(dice, command.params);
      const params = command.effect === "read" || !command.params.safeParse(hurt).success ? hurt : { ...hurt, "no-such-parameter": 1 };
      const id = (lastId += 1);
      const message = JSON.stringify(dice.pick<unknown>([{ id, method: command.name, params }, { id, method: command.name, params }, { id, method: command.name, params: dice.pick(ODD) }, { id, method: dice.pick(ODD), params }, { id: dice.pick([null, {}, [], true]), method: command.name }]));
      const { promise, resolve } = Promise.withResolvers<string>();
      waiting.set(id, resolve);
      socket.send(dice.chance(0.95) ? message : message.slice(0, dice.below(message.length)));
      if (command.event !== undefined) socket.send(JSON.stringify({ id, cancel: true })); // One that fits would else go on without end.
      const patience = setTimeout(() => resolve('{"error":{"code":"UNAVAILABLE","message":"no answer"}}'), ANSWER_MS);
      const text = await promise;
      clearTimeout(patience);
      waiting.delete(id);
      const { error } = JSON.parse(text) as { error?: { code: string } };
      return { what: `websocket ${message.slice(0, 300)}`, status: error?.code ?? "ok", body: text };
    },
    [Symbol.dispose]: () => socket.close(),
  };
}

/** Parameters as the schema has them, most of them hurt. */
function hurtParams(dice: Dice, params: (typeof allCommands)[number]["params"]): Record<string, unknown> {
  const hurt: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(propertiesOf(optionSchema(params)))) if (dice.chance(0.7)) hurt[name] = dice.chance(0.5) ? dice.pick(ODD) : fitting(dice, schema);
  if (dice.chance(0.3)) hurt[dice.pick(["x", "no-such-parameter", "__proto__x", "constructor", "toString"])] = dice.pick(ODD);
  return hurt;
}

function fitting(dice: Dice, schema: OptionSchema): unknown {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) return fitting(dice, dice.pick(alternatives));
  if (schema.enum !== undefined) return dice.pick(schema.enum);
  if (schema.const !== undefined) return schema.const;
  if (schema.items !== undefined) return [fitting(dice, schema.items)];
  if (schema.type === "integer" || schema.type === "number") return dice.pick([0, 1, 2, 10, 100, 1000, 1e6]);
  if (schema.type === "boolean") return dice.chance(0.5);
  return dice.pick(["웹", "1", "none", "test-viewer", "pipelines: {}"]);
}

function pathOf(command: (typeof allCommands)[number], key: string): string {
  try {
    return pathFor(command, key, allCommands);
  } catch {
    return "/api/%ED%A0%80"; // Half a surrogate pair stands in no URL.
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function ended({ running }: ApiAgent): Promise<{ readonly stderr: string }> {
  running.child.kill("SIGTERM");
  return running.ended;
}
