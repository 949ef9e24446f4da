// The WebSocket at `/api/ws` speaks as the control socket does: `{id, method, params}` is answered by any number of `{id, event}` and one
// `{id, result}` or `{id, error}`; `{id, cancel: true}` ends a call. An event after some that a slow reader missed says so: `{id, event, lost}`.
import type { WebSocket } from "@fastify/websocket";
import type { JsonValue } from "#base/json.ts";
import { mayCall } from "#kernel/access/caller.ts";
import type { Caller } from "#kernel/access/caller.ts";
import { CommandFailure, failureFacts } from "#kernel/commands/failure.ts";
import type { FailureFacts } from "#kernel/commands/failure.ts";
import type { CommandTable } from "#kernel/commands/table.ts";
import { nobody, refusal } from "./answers.ts";
import { jsonText, resultText } from "./json-text.ts";
import { SlowReader } from "./slow-reader.ts";
import type { ReaderLimits } from "./slow-reader.ts";

export interface SocketParts {
  readonly table: CommandTable;
  readonly limits: ReaderLimits;
}

const SOCKETS_MAX = 256;
/** Of one user, with his tokens: many tabs, and never so many that no place is left for others. */
const SOCKETS_OWN_MAX = 64;
/** Of one connection, streams among them. */
const CALLS_MAX = 64;
/** Answers come whether they are read or not, up to this: then whoever asks on is sent away. */
const UNREAD_BYTES_MAX = 32 << 20;
/** It stands in each answer. */
const ID_LENGTH_MAX = 100;
const GOING_AWAY = 1001;
const NOT_TEXT = 1003;
const NOT_WELCOME = 4401;
const TOO_MANY = 1013;

interface UnderWay {
  readonly method: string;
  readonly call: AbortController;
}

interface Visitor {
  readonly owner: string;
  beat(): void;
  ask(): void;
  close(): void;
}

export class CallsSocket {
  readonly #table: CommandTable;
  readonly #limits: ReaderLimits;
  readonly #visitors = new Set<Visitor>();
  #beating: NodeJS.Timeout | undefined;

  constructor({ table, limits }: SocketParts) {
    this.#table = table;
    this.#limits = limits;
  }

  /** `owner`: whose it is. `who`: asked again with each call, for a session can end while its connection stands. */
  serve(socket: WebSocket, owner: string, who: () => Promise<Caller | undefined>): void {
    socket.on("error", () => {}); // Gone is gone.
    const own = [...this.#visitors].filter((visitor) => visitor.owner === owner).length;
    if (SOCKETS_MAX <= this.#visitors.size || SOCKETS_OWN_MAX <= own) return socket.close(TOO_MANY, "too many connections");
    const underWay = new Map<string | number, UnderWay>();
    let isThere = true;
    const visitor: Visitor = {
      owner,
      beat: () => {
        if (!isThere || UNREAD_BYTES_MAX < socket.bufferedAmount) return socket.terminate();
        isThere = false;
        socket.ping();
        visitor.ask();
      },
      ask: () =>
        void who().then(
          (caller) => {
            if (caller === undefined) return socket.close(NOT_WELCOME, "logged out");
            for (const { method, call } of underWay.values()) if (!this.#may(caller, method)) call.abort();
          },
          () => {}, // Who it is cannot be told now; the next call says so.
        ),
      close: () => socket.close(GOING_AWAY, "the agent ends"),
    };
    socket.on("pong", () => (isThere = true));
    socket.once("close", () => {
      for (const { call } of underWay.values()) call.abort();
      this.#leave(visitor);
    });
    const send = (text: string): void => {
      if (socket.readyState === socket.OPEN) socket.send(text);
    };
    const fail = (id: string | number | null, facts: FailureFacts): void => send(JSON.stringify({ id, error: facts }));
    /** Not only at each beat: in those seconds a flood of questions, or of pings, would fill the memory with what is not read. */
    const isFlooded = (): boolean => {
      if (socket.bufferedAmount <= UNREAD_BYTES_MAX) return false;
      socket.terminate();
      return true;
    };
    socket.on("ping", isFlooded);
    socket.on("message", (bytes, isBinary) => {
      if (isFlooded()) return;
      isThere = true;
      if (isBinary) return socket.close(NOT_TEXT, "messages are text");
      const message = messageOf(String(bytes));
      if (message === undefined) return fail(null, NO_MESSAGE);
      const { id, method, params } = message;
      if (method === undefined) return underWay.get(id)?.call.abort();
      if (underWay.has(id)) return fail(id, SAME_ID);
      if (CALLS_MAX <= underWay.size) return fail(id, failureFacts(tooManyCalls()));
      const call = new AbortController();
      underWay.set(id, { method, call });
      void this.#call(method, params, who, call.signal, eventSender(socket, id, this.#limits))
        .then((result) => send(`{"id":${JSON.stringify(id)},"result":${resultText(result)}}`), (thrown: unknown) => fail(id, failureFacts(thrown)))
        .finally(() => underWay.delete(id));
    });
    this.#enter(visitor);
  }

  /** Somebody may have become less: whoever is nobody any more is sent away. */
  ask(): void {
    for (const visitor of this.#visitors) visitor.ask();
  }

  close(): void {
    for (const visitor of this.#visitors) visitor.close();
  }

  async #call(method: string, params: unknown, who: () => Promise<Caller | undefined>, signal: AbortSignal, emit: (event: JsonValue) => boolean): Promise<JsonValue> {
    const caller = await who();
    if (caller === undefined) throw new CommandFailure("UNAUTHENTICATED", nobody);
    return this.#table.call(method, params, caller, { signal, emit });
  }

  #may(caller: Caller, method: string): boolean {
    const command = this.#table.find(method);
    return command !== undefined && mayCall(caller, command);
  }

  #enter(visitor: Visitor): void {
    this.#visitors.add(visitor);
    this.#beating ??= setInterval(() => {
      for (const each of this.#visitors) each.beat();
    }, this.#limits.beatMs).unref();
  }

  #leave(visitor: Visitor): void {
    this.#visitors.delete(visitor);
    if (0 < this.#visitors.size) return;
    clearInterval(this.#beating);
    this.#beating = undefined;
  }
}

function eventSender(socket: WebSocket, id: string | number, limits: ReaderLimits): (event: JsonValue) => boolean {
  const reader = new SlowReader(limits, () => socket.bufferedAmount);
  const before = `{"id":${JSON.stringify(id)},"event":`;
  return (event) => {
    if (socket.readyState !== socket.OPEN) return false;
    const lost = reader.offer(event);
    if (lost === undefined) return false;
    socket.send(`${before}${jsonText(event)}${lost === 0 ? "" : `,"lost":${lost}`}}`);
    return true;
  };
}

/** Without a method it takes a call back. */
function messageOf(text: string): { readonly id: string | number; readonly method: string | undefined; readonly params: unknown } | undefined {
  try {
    const message = JSON.parse(text) as unknown;
    if (typeof message !== "object" || message === null) return undefined;
    const { id, method, params = {}, cancel } = message as Record<string, unknown>;
    if (typeof id !== "number" && (typeof id !== "string" || ID_LENGTH_MAX < id.length)) return undefined;
    if (cancel === true) return { id, method: undefined, params };
    return typeof method === "string" ? { id, method, params } : undefined;
  } catch {
    return undefined;
  }
}

const NO_MESSAGE = refusal("INVALID", "a message is JSON: {id, method, params} or {id, cancel: true}", "메시지는 JSON입니다: {id, method, params} 또는 {id, cancel: true}");
const SAME_ID = refusal("INVALID", "a call with this id is under way", "같은 id의 호출이 진행 중입니다", "Give each call an id of its own.", "호출마다 다른 id를 쓰세요.");

function tooManyCalls(): CommandFailure {
  return new CommandFailure("BUSY", {
    message: `${CALLS_MAX} calls of this connection are under way`,
    hint: "Wait for an answer, or cancel a stream.",
    ko: { message: `이 연결에서 호출 ${CALLS_MAX}개가 진행 중입니다`, hint: "답을 기다리거나 스트림을 끝내세요." },
  });
}
