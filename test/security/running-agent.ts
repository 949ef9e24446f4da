// A real agent with its real edges, for tests of who gets in: asked over its control socket, over HTTP and over its WebSocket.
import { readFileSync } from "node:fs";
import type { JsonValue } from "#base/json.ts";
import type { Role } from "#kernel/access/caller.ts";
import { callControl, controlAddress } from "#kernel/control-socket.ts";
import { folder, until } from "#test/cli/run-dure.ts";
import type { Folder, RunningDure } from "#test/cli/run-dure.ts";
import { freePort } from "#test/servers/free-port.ts";

export const PASSWORD = "correct horse 배터리";
const ANSWER_MS_MAX = 60_000;
/** On a machine where much else runs. */
const START_MS_MAX = 60_000;

export interface RunningAgent extends AsyncDisposable {
  readonly folder: Folder;
  readonly process: RunningDure;
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Over the control socket; what is refused comes back as `{ code, … }`. */
  local(method: string, params?: Readonly<Record<string, JsonValue>>, more?: { readonly signal?: AbortSignal; readonly onEvent?: (event: JsonValue) => void }): Promise<JsonValue>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** As its own page does: JSON, with our origin. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** The cookie of a user who has logged in: `dure-8600=…`. */
  login(name: string, password?: string): Promise<string>;
  socket(headers: Readonly<Record<string, string>>): Promise<AgentSocket>;
}

export interface AgentSocket {
  call(method: string, params: unknown): Promise<JsonValue>;
  /** Everything that came. */
  readonly heard: readonly string[];
  send(message: unknown): void;
  readonly closed: Promise<void>;
  close(): void;
}

/** `pipelines`: a part of the config, beside `agent` and `http`. */
export async function runningAgent({ config, files = {}, env = {}, prepare }: { config: string; files?: Readonly<Record<string, string>>; env?: Record<string, string>; prepare?: (here: Folder) => void }): Promise<RunningAgent> {
  const here = folder();
  const port = await freePort();
  for (const [name, text] of Object.entries(files)) here.write(name, text);
  here.write("dure.yml", `agent: { data_dir: data, drain_timeout: 1s, log: { file: agent.log, level: debug } }\nhttp: ${port}\n${config}`);
  prepare?.(here);
  const started = here.spawn(["run"], { env });
  const address = controlAddress(here.file("data", "dure.pid"));
  const origin = `http://127.0.0.1:${port}`;
  const local: RunningAgent["local"] = async (method, params = {}, more = {}) => callControl(address, method, params, { ...more, signal: more.signal ?? AbortSignal.timeout(ANSWER_MS_MAX) });
  const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${origin}${path}`, { redirect: "manual", signal: AbortSignal.timeout(ANSWER_MS_MAX), ...init });
  const post: RunningAgent["post"] = (path, body, headers = {}) => ask(path, { method: "POST", headers: { "content-type": "application/json", origin, ...headers }, body: JSON.stringify(body) });
  const agent: RunningAgent = {
    folder: here,
    process: started,
    port,
    origin,
    local,
    fetch: ask,
    post,
    async login(name, password = PASSWORD) {
      const answer = await post("/api/login", { name, password });
      if (!answer.ok) throw new Error(`${name} could not log in: ${await answer.text()}`);
      return answer.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    },
    socket: (headers) => openSocket(`ws://127.0.0.1:${port}/api/ws`, headers),
    [Symbol.asyncDispose]: () => here[Symbol.asyncDispose](),
  };
  let end: object | undefined;
  void started.ended.then((ended) => (end = ended));
  try {
    await until(async () => {
      if (end !== undefined) throw new Error(`the agent ended: ${JSON.stringify(end)}`);
      // Either may be there first.
      return Promise.all([ask("/health"), local("agent.show")]).then(([{ ok }]) => ok, () => false);
    }, "the agent answers over HTTP and its control socket", START_MS_MAX);
  } catch (error) {
    await here[Symbol.asyncDispose]();
    throw error;
  }
  return agent;
}

/** One of each role, with PASSWORD. */
export async function addUsers(agent: RunningAgent, names: Readonly<Record<string, Role>>): Promise<void> {
  for (const [name, role] of Object.entries(names)) await agent.local("users.create", { name, role, password: PASSWORD });
}

/** All that the agent wrote into its log. */
export function logOf({ folder: here }: RunningAgent): string {
  return readFileSync(here.file("agent.log"), "utf8");
}

async function openSocket(url: string, headers: Readonly<Record<string, string>>): Promise<AgentSocket> {
  // Node's own takes headers, which a browser's does not.
  const socket = new WebSocket(url, { headers } as unknown as string[]);
  const heard: string[] = [];
  const waiting = new Map<number, PromiseWithResolvers<JsonValue>>();
  const closed = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  socket.addEventListener("open", () => opened.resolve());
  socket.addEventListener("error", () => opened.reject(new Error("the socket was refused")));
  socket.addEventListener("close", () => {
    opened.reject(new Error("the socket was closed"));
    for (const { reject } of waiting.values()) reject(new Error("the socket was closed"));
    closed.resolve();
  });
  socket.addEventListener("message", ({ data }) => {
    const text = String(data);
    heard.push(text);
    const { id, result, error } = JSON.parse(text) as { id: number; result?: JsonValue; error?: object };
    if (error !== undefined) waiting.get(id)?.reject(error as Error);
    else if (result !== undefined) waiting.get(id)?.resolve(result);
  });
  await opened.promise;
  let count = 0;
  return {
    heard,
    closed: closed.promise,
    send: (message) => socket.send(JSON.stringify(message)),
    call(method, params) {
      const answer = Promise.withResolvers<JsonValue>();
      waiting.set((count += 1), answer);
      socket.send(JSON.stringify({ id: count, method, params }));
      return answer.promise;
    },
    close: () => socket.close(),
  };
}
