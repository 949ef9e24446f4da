// What is said over the old operator's WebSocket, on a port of its own or at the address of the API: each message is answered as its queue would, pretty-printed, under
// the connection's own id.
import type { WebSocket } from "ws";
import { parseVerbatimJson } from "#base/json.ts";
import { orderedId } from "#base/ordered-id.ts";
import { within } from "#base/within.ts";
import type { Caller } from "#kernel/access/caller.ts";
import { failureFacts } from "#kernel/commands/failure.ts";
import type { CommandTable } from "#kernel/commands/table.ts";

export const MANAGEMENT_PATH = "/operator/mgmt";

/** Of one connection: whoever asks on without waiting is sent away. */
const CALLS_MAX = 32;
const UNREAD_BYTES_MAX = 8 << 20;
/** What is under way is answered before the goodbye. */
const ANSWER_MS = 2000;
const TOO_MANY = 1013;
const GOING_AWAY = 1001;

type Who = () => Promise<Caller | undefined>;

export class ManagementTalk {
  readonly #lead: () => Promise<{ readonly table: CommandTable }>;
  readonly #beatMs: number;
  readonly #sockets = new Set<WebSocket>();
  /** They were sent a ping, and have not answered yet. */
  readonly #silent = new WeakSet<WebSocket>();
  readonly #answers = new Set<Promise<unknown>>();
  #beating: NodeJS.Timeout | undefined;

  constructor(lead: () => Promise<{ readonly table: CommandTable }>, beatMs: number) {
    this.#lead = lead;
    this.#beatMs = beatMs;
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** `who`: asked again with each message, for a session can end while its connection stands. */
  serve(socket: WebSocket, who: Who): void {
    const id = orderedId(Date.now());
    let underWay = 0;
    socket.on("error", () => {}); // Gone is gone.
    socket.on("pong", () => this.#silent.delete(socket));
    socket.once("close", () => this.#leave(socket));
    socket.on("message", (bytes, isBinary) => {
      if (isBinary) return;
      if (CALLS_MAX <= underWay || UNREAD_BYTES_MAX < socket.bufferedAmount) return socket.close(TOO_MANY, "wait for answers");
      const message = addressed(String(bytes), id);
      if (message === undefined) return; // The old server dropped it as well.
      underWay += 1;
      const answered = this.#answer(message, who)
        .then((reply) => {
          if (reply !== undefined && socket.readyState === socket.OPEN) socket.send(reply);
        })
        .finally(() => {
          underWay -= 1;
          this.#answers.delete(answered);
        });
      this.#answers.add(answered);
    });
    this.#sockets.add(socket);
    this.#beating ??= setInterval(() => this.#beat(), this.#beatMs).unref();
  }

  /** What is under way is answered first; that of `stop management` is one of them. */
  async close(): Promise<void> {
    await within(ANSWER_MS, Promise.all(this.#answers));
    for (const socket of this.#sockets) socket.close(GOING_AWAY, "it is stopped");
  }

  async #answer(message: Readonly<Record<string, unknown>>, who: Who): Promise<string | undefined> {
    const refused = (why: string): string => JSON.stringify({ ...message, time: String(Math.floor(Date.now() / 1000)), direction: "2", success: "2", msg: why }, null, 2);
    try {
      const caller = await who();
      if (caller === undefined) return refused("log in first");
      const { table } = await this.#lead();
      const { reply } = (await table.call("jobs.message", { text: JSON.stringify(message) }, caller, { signal: new AbortController().signal, emit: () => true })) as { reply?: string };
      return reply === undefined ? undefined : JSON.stringify(parseVerbatimJson(reply), null, 2);
    } catch (error) {
      return refused(failureFacts(error).message);
    }
  }

  #beat(): void {
    for (const socket of this.#sockets) {
      if (UNREAD_BYTES_MAX < socket.bufferedAmount || this.#silent.has(socket)) {
        socket.terminate();
        continue;
      }
      this.#silent.add(socket);
      socket.ping();
    }
  }

  #leave(socket: WebSocket): void {
    this.#sockets.delete(socket);
    if (0 < this.#sockets.size) return;
    clearInterval(this.#beating);
    this.#beating = undefined;
  }
}

/** Undefined: it is no message. */
function addressed(text: string, id: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const message = parseVerbatimJson(text);
    return typeof message === "object" && message !== null && !Array.isArray(message) ? { ...message, client_channel_id: id } : undefined;
  } catch {
    return undefined;
  }
}
