// The edges of a running agent, each asked as its own clients ask it: the control socket, HTTP, WebSocket and the command line.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { systemCode } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import { allCommands } from "#edges/all-commands.ts";
import { parametersOf } from "#edges/cli/derived/parameters.ts";
import { pathFor, routeOf } from "#edges/http/route-of.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { ControlError, callControl, controlAddress } from "#kernel/control-socket.ts";

export type Params = Readonly<Record<string, JsonValue>>;
/** What came back: a result, the first event of a stream, or a failure. `exitCode`: of the command line. */
export type Outcome = { readonly result: JsonValue } | { readonly event: JsonValue } | { readonly error: Readonly<Record<string, JsonValue>>; readonly exitCode?: number };

export interface EdgeClient {
  call(command: CommandDefinition, params: Params): Promise<Outcome>;
  close(): void;
}

export interface AgentPlace {
  readonly dir: string;
  readonly address: string;
  readonly token: string;
}

const EVENT_MS = 60_000;

export function controlSocket({ dir }: AgentPlace): EdgeClient {
  const address = controlAddress(join(dir, ".dure", "dure.pid"));
  return {
    async call({ name, event }, params) {
      const enough = new AbortController();
      let first: JsonValue | undefined;
      const onEvent = (each: JsonValue): void => {
        first ??= each;
        enough.abort();
      };
      try {
        return { result: await callControl(address, name, params, { onEvent, signal: AbortSignal.any([enough.signal, AbortSignal.timeout(EVENT_MS)]) }) };
      } catch (error) {
        if (event !== undefined && first !== undefined) return { event: first };
        if (error instanceof ControlError && systemCode(error) !== "ABORTED") return { error: error.facts as Record<string, JsonValue> };
        throw error;
      }
    },
    close() {},
  };
}

export function http({ address, token }: AgentPlace): EdgeClient {
  return {
    async call(command, params) {
      const { method, path, isAlsoPost } = routeOf(command);
      const { key = "" } = command;
      const isKeyed = path.includes(null);
      const rest = Object.fromEntries(Object.entries(params).filter(([name]) => !isKeyed || name !== key));
      const url = new URL(pathFor(command, String(params[key] ?? ""), allCommands), address);
      const isBody = method !== "GET" || (isAlsoPost && "text" in rest);
      if (!isBody) for (const [name, value] of Object.entries(rest)) url.searchParams.append(name, typeof value === "object" ? JSON.stringify(value) : String(value));
      const headers = { authorization: `Bearer ${token}`, ...(isBody ? { "content-type": "application/json" } : {}) };
      const response = await fetch(url, { method: isBody && method === "GET" ? "POST" : method, headers, ...(isBody ? { body: JSON.stringify(rest) } : {}), signal: AbortSignal.timeout(EVENT_MS) });
      if (!response.ok) return { error: ((await response.json()) as { error: Record<string, JsonValue> }).error };
      return command.event === undefined ? { result: (await response.json()) as JsonValue } : { event: await firstEvent(response) };
    },
    close() {},
  };
}

async function firstEvent({ body }: Response): Promise<JsonValue> {
  let text = "";
  for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    const found = /^data: (.*)\n\n/m.exec(text);
    if (found !== null) return JSON.parse(found[1] ?? "") as JsonValue;
  }
  throw new Error(`a stream without an event: ${text}`);
}

export async function webSocket({ address, token }: AgentPlace): Promise<EdgeClient> {
  const socket = new WebSocket(new URL("/api/ws", address.replace(/^http/, "ws")), { headers: { authorization: `Bearer ${token}` } } as never);
  const waiting = new Map<number, (message: Readonly<Record<string, JsonValue>>) => void>();
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as Record<string, JsonValue>;
    waiting.get(Number(message["id"]))?.(message);
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve, { once: true });
    socket.addEventListener("error", () => reject(new Error("the WebSocket cannot be opened")), { once: true });
  });
  let count = 0;
  return {
    async call({ name }, params) {
      const id = (count += 1);
      const { event, result, error } = await new Promise<Readonly<Record<string, JsonValue>>>((resolve) => {
        waiting.set(id, resolve);
        socket.send(JSON.stringify({ id, method: name, params }));
      });
      waiting.delete(id);
      if (error !== undefined) return { error: error as Record<string, JsonValue> };
      if (event === undefined) return { result: result ?? null };
      socket.send(JSON.stringify({ id, cancel: true }));
      return { event };
    },
    close: () => socket.close(),
  };
}

/** All lines run in one process, one after the other. */
export function commandLine({ dir }: AgentPlace): EdgeClient {
  const child = spawn(process.execPath, [fileURLToPath(new URL("./cli-lines.ts", import.meta.url))], { cwd: dir, stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, DURE_LANG: "en" } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let before: Promise<unknown> = Promise.resolve();
  const run = async (command: CommandDefinition, params: Params): Promise<Outcome> => {
    child.stdin.write(`${JSON.stringify(wordsFor(command, params, dir))}\n`);
    const answers: Record<string, JsonValue>[] = [];
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`the command line ended at ${command.name}`);
      const answer = JSON.parse(value) as Record<string, JsonValue>;
      if ("ended" in answer) break;
      answers.push(answer);
    }
    const [first = {}] = answers;
    if (first["error"] !== undefined) {
      const { exitCode, ...error } = first["error"] as Record<string, JsonValue>;
      return { error, exitCode: Number(exitCode) };
    }
    return "event" in first ? { event: first["event"] ?? null } : { result: first["result"] ?? null };
  };
  return {
    call: (command, params) => {
      const mine = before.then(() => run(command, params));
      before = mine.catch(() => {});
      return mine;
    },
    close: () => void child.kill(),
  };
}

function wordsFor(command: CommandDefinition, params: Params, dir: string): string[] {
  const words = parametersOf(command).flatMap(({ name, flag, kind, isSecret }) => {
    const value = params[name];
    if (value === undefined) return [];
    if (name === command.key) return [String(value)];
    if (isSecret) {
      const file = join(dir, `${name}.txt`);
      writeFileSync(file, typeof value === "string" ? value : JSON.stringify(value));
      return [`--${flag}-file=${file}`];
    }
    if (kind === "boolean" && typeof value === "boolean") return [value ? `--${flag}` : `--no-${flag}`];
    return (Array.isArray(value) ? (value as readonly JsonValue[]) : [value]).map((each) => `--${flag}=${typeof each === "object" ? JSON.stringify(each) : String(each)}`);
  });
  return [command.name, ...words, ...(command.event === undefined ? [] : ["--for=1500ms"]), "--json"];
}
