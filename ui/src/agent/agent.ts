// The way to the agent: one WebSocket a tab. Calls are answered or fail; streams outlive a broken connection and go on after the last
// event they had. While the tab is hidden or the user holds the live view, streams are ended: a dashboard nobody looks at costs nothing.
import { computed, effect, signal } from "@preact/signals";
import type { CommandName, EventOf, ParamsOf, ResultOf, StreamName } from "#edges/all-commands.ts";
import { CallFailure, unreachable } from "./failure.ts";
import type { FailureFacts } from "./failure.ts";
import { askSession, forgetSession } from "./session.ts";

export interface StreamOptions<Event> {
  /** Where to go on after a break: goes into the call as `after`. */
  readonly after?: (event: Event) => number | string | undefined;
  readonly onFailure?: (failure: unknown) => void;
  /** Also while the user holds the live view: what has a hold of its own. */
  readonly isHeldApart?: boolean;
}

export const connection = signal<"idle" | "connecting" | "open" | "lost">("idle");
/** Grows when a lost connection stands again: what was answered before may be otherwise now, for it may be another run of the agent. */
export const comebacks = signal(0);
/** The user holds what moves. */
export const isHeld = signal(false);
const isHidden = signal(document.hidden);
document.addEventListener("visibilitychange", () => (isHidden.value = document.hidden));

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (failure: unknown) => void;
  readonly onEvent?: (event: unknown) => void;
}

const CALL_MS = 60_000;
const AGAIN_FIRST_MS = 300;
const AGAIN_MOST_MS = 10_000;

let socket: WebSocket | undefined;
let lastId = 0;
let tries = 0;
let again: ReturnType<typeof setTimeout> | undefined;
const waiting = new Map<number, Waiting>();
/** Streams that want to be open; each is told when it may begin (again). */
const wanted = new Set<{ begin(): void; lost(): void }>();
/** Calls made before the connection stood. */
const unsent = new Map<number, string>();

/** One command of the agent's table. Rejects with CallFailure. */
export function call<Name extends CommandName>(method: Name, params: ParamsOf<Name>, { signal: gone }: { readonly signal?: AbortSignal } = {}): Promise<ResultOf<Name>> {
  return new Promise<ResultOf<Name>>((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      gone?.removeEventListener("abort", abandon);
    };
    const id = open(method, params, {
      resolve: (result) => (end(), resolve(result as ResultOf<Name>)),
      reject: (failure) => (end(), reject(failure)),
    });
    const abandon = (): void => {
      end();
      cancel(id);
      reject(gone?.reason);
    };
    const timer = setTimeout(() => {
      cancel(id);
      end();
      reject(unreachable());
    }, CALL_MS);
    gone?.addEventListener("abort", abandon, { once: true });
  });
}

/** A stream of the agent's table until what comes back is called. */
export function stream<Name extends StreamName>(method: Name, params: ParamsOf<Name>, onEvent: (event: EventOf<Name>) => void, { after, onFailure, isHeldApart = false }: StreamOptions<EventOf<Name>> = {}): () => void {
  let id: number | undefined;
  let last: number | string | undefined;
  const isWanted = computed(() => !isHidden.value && (isHeldApart || !isHeld.value));
  const entry = {
    begin(): void {
      if (id !== undefined || !isWanted.peek()) return;
      id = open(method, last === undefined ? params : { ...params, after: last }, {
        onEvent(event) {
          last = after?.(event as EventOf<Name>) ?? last;
          onEvent(event as EventOf<Name>);
        },
        resolve: () => (id = undefined), // The agent ended it: it is asked again when the connection is new.
        reject(failure) {
          id = undefined;
          if (!(failure instanceof CallFailure && failure.code === "UNREACHABLE")) onFailure?.(failure);
        },
      });
    },
    lost: () => (id = undefined),
    pause(): void {
      if (id !== undefined) cancel(id);
      id = undefined;
    },
  };
  wanted.add(entry);
  const unwatch = effect(() => (isWanted.value ? entry.begin() : entry.pause()));
  return () => {
    unwatch();
    wanted.delete(entry);
    entry.pause();
  };
}

/** Ends the connection: after a logout. */
export function disconnect(): void {
  clearTimeout(again);
  again = undefined;
  tries = 0;
  unsent.clear();
  const old = socket;
  socket = undefined;
  connection.value = "idle";
  old?.close();
  failAll(unreachable());
}

/** Tries now instead of later. */
export function reconnectNow(): void {
  if (connection.value === "open") return;
  tries = 0;
  connect();
}
addEventListener("online", reconnectNow);

function open(method: string, params: object, entry: Waiting): number {
  lastId += 1;
  const id = lastId;
  waiting.set(id, entry);
  const message = JSON.stringify({ id, method, params });
  if (socket?.readyState === WebSocket.OPEN) socket.send(message);
  else {
    unsent.set(id, message);
    if (socket === undefined && again === undefined) connect();
  }
  return id;
}

function cancel(id: number): void {
  waiting.delete(id);
  if (unsent.delete(id)) return;
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ id, cancel: true }));
}

function connect(): void {
  clearTimeout(again);
  again = undefined;
  if (socket !== undefined && socket.readyState <= WebSocket.OPEN) return;
  if (connection.peek() !== "lost") connection.value = "connecting";
  const mine = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/ws`);
  socket = mine;
  mine.addEventListener("open", () => {
    tries = 0;
    if (connection.peek() === "lost") comebacks.value += 1;
    connection.value = "open";
    for (const message of unsent.values()) mine.send(message);
    unsent.clear();
    for (const entry of wanted) entry.begin();
  });
  mine.addEventListener("message", ({ data }) => receive(String(data)));
  mine.addEventListener("close", () => {
    if (socket !== mine) return;
    socket = undefined;
    connection.value = "lost";
    unsent.clear();
    failAll(unreachable());
    for (const entry of wanted) entry.lost();
    tries += 1;
    // Tabs must not all come back in the same moment.
    const waitMs = Math.min(AGAIN_MOST_MS, AGAIN_FIRST_MS * 2 ** tries) * (0.6 + Math.random() * 0.4);
    again = setTimeout(connect, waitMs);
    // A refused handshake shows no reason in a browser: it may be that the session has ended.
    void askSession().catch(() => undefined);
  });
}

function receive(text: string): void {
  const message = JSON.parse(text) as { id?: number; event?: unknown; result?: unknown; error?: FailureFacts };
  const entry = message.id === undefined ? undefined : waiting.get(message.id);
  if (message.id === undefined || entry === undefined) return;
  if ("event" in message) {
    entry.onEvent?.(message.event);
    return;
  }
  waiting.delete(message.id);
  if (message.error === undefined) entry.resolve(message.result);
  else {
    if (message.error.code === "UNAUTHENTICATED") forgetSession();
    entry.reject(new CallFailure(message.error));
  }
}

function failAll(failure: CallFailure): void {
  const failed = [...waiting.values()];
  waiting.clear();
  for (const { reject } of failed) reject(failure);
}
