// How the command line asks a running agent: a socket beside its pid file that only its own user can open (on Windows a named pipe).
// One JSON object a line: `{id, method, params}` is answered by any number of `{id, event}` and one `{id, result}` or `{id, error}`;
// `{id, cancel: true}` ends one call that is under way, closing the connection all.
import { chmodSync, lstatSync, mkdirSync, rmSync, statSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { AppError } from "#base/errors.ts";
import type { Told } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import { nodeCrypto } from "#base/on-demand.ts";
import { failureFacts } from "./commands/failure.ts";
import type { FailureFacts } from "./commands/failure.ts";

export interface ControlCall {
  readonly params: Readonly<Record<string, JsonValue>>;
  /** Sends an event; false: the caller reads too slowly, and it was not sent. */
  emit(event: JsonValue): boolean;
  /** The caller has gone, or the agent ends. */
  readonly signal: AbortSignal;
}
/** Answers a call, or rejects with why not. */
export type ControlHandler = (method: string, call: ControlCall) => Promise<JsonValue>;

export interface ControlServer {
  close(): Promise<void>;
}

/** The agent refused, or did not understand. */
export class ControlError extends AppError {
  override readonly name = "ControlError";
  readonly code: string;
  /** What the agent said, whole. */
  readonly facts: Partial<FailureFacts>;
  constructor(code: string, { message, ...told }: Told, facts: Partial<FailureFacts> = {}) {
    super(message, told);
    this.code = code;
    this.facts = facts;
  }
}

/** Addresses of sockets are short: 103 bytes on macOS, 107 on Linux. */
const ADDRESS_BYTES_MAX = 100;
/** Of an address among others', what stands behind the folder: as much of a hash as keeps them apart. */
const HASH_LENGTH = 24;
const NAME_BYTES = `/${"0".repeat(HASH_LENGTH)}.sock`.length;
/** As much as over HTTP. */
const REQUEST_LENGTH_MAX = 4 << 20;
/** What the agent answers may be long: metrics of many series. */
const ANSWER_LENGTH_MAX = 64 << 20;
/** A caller that leaves so much unread gets no more events until it has read. */
const UNREAD_BYTES_MAX = 1 << 20;
/** A caller whose calls under way are so long together is read again when some are answered: what many ask at once waits with them, and not in our memory. */
const UNDER_WAY_LENGTH_MAX = 1 << 18;
const CALLERS_MAX = 64;

/** Where the agent with this pid file listens. */
export function controlAddress(pidFile: string, platform: NodeJS.Platform = process.platform): string {
  const beside = `${pidFile}.sock`;
  if (platform !== "win32" && Buffer.byteLength(beside) <= ADDRESS_BYTES_MAX) return beside;
  const { createHash } = nodeCrypto();
  const hash = createHash("sha256").update(pidFile).digest("hex").slice(0, HASH_LENGTH);
  return platform === "win32" ? `\\\\.\\pipe\\dure-${hash}` : join(folderAmongOthers(), `${hash}.sock`);
}

/** Listens; whoever had the address before is gone, for the pid file is ours. */
export async function serveControl(address: string, handler: ControlHandler): Promise<ControlServer> {
  const isPipe = address.startsWith("\\\\");
  if (!isPipe) {
    mkdirSync(dirname(address), { recursive: true, mode: 0o700 });
    refuseForeign(dirname(address));
    rmSync(address, { force: true });
  }
  const callers = new Set<Socket>();
  const server = createServer((socket) => {
    callers.add(socket);
    socket.once("close", () => callers.delete(socket));
    socket.on("error", () => {}); // Gone is gone.
    answer(socket, handler);
  });
  server.maxConnections = CALLERS_MAX;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Made for nobody else from the first moment on (it is made within this call): chmod alone would come too late.
  const before = isPipe ? undefined : process.umask(0o177);
  server.once("error", reject).listen(address, resolve);
  if (before !== undefined) process.umask(before);
  await promise;
  if (!isPipe) chmodSync(address, 0o600);
  server.unref();
  return {
    async close() {
      for (const socket of callers) socket.destroy();
      await new Promise<void>((closed) => server.close(() => closed()));
      if (!isPipe) rmSync(address, { force: true });
    },
  };
}

/** In a folder of somebody else's he could put a socket of his own in our place. */
function refuseForeign(dir: string): void {
  const { uid } = statSync(dir);
  const own = process.getuid?.() ?? uid;
  if (uid !== own && own !== 0) throw foreign(dir);
  refuseShared(dir);
}

/** Some systems and schedulers give each of their jobs a folder with a name so long that no socket can be in it. */
function folderAmongOthers(): string {
  const name = `dure-${process.getuid?.() ?? 0}`;
  const own = join(tmpdir(), name);
  return Buffer.byteLength(own) + NAME_BYTES <= ADDRESS_BYTES_MAX ? own : join("/tmp", name);
}

/**
 * Where everybody makes folders, somebody else may have made ours before us, root's too: then his socket would hear the passwords that are meant
 * for the agent. Asked by who listens and by who calls.
 */
function refuseShared(dir: string): void {
  if (process.platform === "win32" || dir !== folderAmongOthers()) return;
  const found = lstatSync(dir, { throwIfNoEntry: false });
  if (found === undefined) return; // Nobody listens there.
  const isOurs = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
  if (!isOurs) throw foreign(dir);
}

function foreign(dir: string): ControlError {
  return new ControlError("FOREIGN_FOLDER", {
    message: `the folder ${dir} belongs to another user, or others may write into it`,
    hint: "Remove it, or give `agent.data_dir` a shorter path.",
    ko: { message: `${dir} 폴더의 주인이 다른 사용자이거나, 다른 사용자도 쓸 수 있는 폴더입니다`, hint: "그 폴더를 지우거나 `agent.data_dir`을 더 짧은 경로로 정하세요." },
  });
}

function answer(socket: Socket, handler: ControlHandler): void {
  const underWay = new Map<string | number, AbortController>();
  let length = 0;
  socket.once("close", () => {
    for (const call of underWay.values()) call.abort();
  });
  const send = (message: Record<string, unknown>): void => void (socket.writable && socket.write(`${JSON.stringify(message)}\n`));
  eachLine(socket, (line) => {
    const request = requestOf(line);
    if (request === undefined) {
      send({ id: null, error: { code: "BAD_REQUEST", message: "a request is one line of JSON: {id, method, params}" } });
      return socket.destroySoon();
    }
    const { id, method, params } = request;
    if (method === undefined) return underWay.get(id)?.abort();
    const call = new AbortController();
    underWay.set(id, call);
    length += line.length;
    if (UNDER_WAY_LENGTH_MAX < length) socket.pause();
    const emit = (event: JsonValue): boolean => {
      if (UNREAD_BYTES_MAX < socket.writableLength) return false;
      send({ id, event });
      return true;
    };
    void handler(method, { params, emit, signal: call.signal })
      .then((result) => send({ id, result }), (thrown: unknown) => send({ id, error: failureFacts(thrown) }))
      .finally(() => {
        underWay.delete(id);
        length -= line.length;
        if (length <= UNDER_WAY_LENGTH_MAX && socket.isPaused()) socket.resume();
      });
  });
}

/** Asks the agent; resolves with the result. Rejects with ControlError, or with the system's error when nobody listens. */
export async function callControl(address: string, method: string, params: Readonly<Record<string, JsonValue>> = {}, { onEvent, signal }: { onEvent?: (event: JsonValue) => void; signal?: AbortSignal } = {}): Promise<JsonValue> {
  refuseShared(dirname(address));
  const aborted = new ControlError("ABORTED", { message: "not asked any longer" });
  if (signal?.aborted === true) throw aborted; // It says so once, and has.
  const request = `${JSON.stringify({ id: 1, method, params })}\n`;
  if (REQUEST_LENGTH_MAX < request.length) throw tooLong();
  const socket = createConnection(address);
  const { promise, resolve, reject } = Promise.withResolvers<JsonValue>();
  const stop = (): void => reject(aborted);
  signal?.addEventListener("abort", stop, { once: true });
  socket.once("error", reject);
  socket.once("close", () => reject(new ControlError("CLOSED", { message: "the agent closed the connection before it had answered", hint: "it has probably ended: see `dure status` and `dure logs`", ko: { message: "에이전트가 답하기 전에 연결을 끊었습니다", hint: "끝났을 수 있습니다: `dure status`, `dure logs`로 확인하세요" } })));
  eachLine(socket, (line) => {
    const message = JSON.parse(line) as { event?: JsonValue; result?: JsonValue; error?: FailureFacts };
    if (message.event !== undefined) onEvent?.(message.event);
    else if (message.error !== undefined) reject(new ControlError(message.error.code, message.error, message.error));
    else resolve(message.result ?? null);
  }, ANSWER_LENGTH_MAX);
  socket.write(request);
  try {
    return await promise;
  } finally {
    signal?.removeEventListener("abort", stop);
    socket.destroy();
  }
}

/** Said by who asks: the agent closes the connection, which tells nobody why. */
function tooLong(): ControlError {
  return new ControlError("INVALID", { message: "the request is too long", hint: "A command takes at most 4 MB.", ko: { message: "요청이 너무 깁니다", hint: "명령 하나에 4MB까지 보낼 수 있습니다." } });
}

/** Without a method it takes a call back. */
function requestOf(line: string): { id: string | number; method: string | undefined; params: Readonly<Record<string, JsonValue>> } | undefined {
  try {
    const { id, method, params = {}, cancel } = JSON.parse(line) as Record<string, unknown>;
    if (cancel === true && (typeof id === "number" || typeof id === "string")) return { id, method: undefined, params: {} };
    if ((typeof id !== "number" && typeof id !== "string") || typeof method !== "string" || typeof params !== "object" || params === null || Array.isArray(params)) return undefined;
    return { id, method, params: params as Readonly<Record<string, JsonValue>> };
  } catch {
    return undefined;
  }
}

/** Lines of at most so many characters; a longer one closes the socket. */
function eachLine(socket: Socket, take: (line: string) => void, lengthMax = REQUEST_LENGTH_MAX): void {
  let begun = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    const [first = "", ...rest] = text.split("\n");
    begun += first;
    for (const next of rest) {
      take(begun);
      begun = next;
    }
    if (lengthMax < begun.length) socket.destroy();
  });
}
