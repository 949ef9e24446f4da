// Streams of the table as server-sent events: `data:` is an event in JSON, `id:` its number where it has one. Beside them come `lost` (events
// that a slow reader missed), `end` (the command's result) and `failure`.
import type { FastifyReply } from "fastify";
import type { JsonValue } from "#base/json.ts";
import { CommandFailure, failureFacts } from "#kernel/commands/failure.ts";
import { nobody, sendFailure, usualHeaders } from "./answers.ts";
import { jsonText } from "./json-text.ts";
import { SlowReader } from "./slow-reader.ts";
import type { ReaderLimits } from "./slow-reader.ts";

export interface StreamCall {
  readonly reply: FastifyReply;
  /** Whose it is. */
  readonly owner: string;
  /** Runs the command until the signal aborts. */
  run(emit: (event: JsonValue) => boolean, signal: AbortSignal): Promise<JsonValue>;
  /** Whether the reader may still read: asked now and then. Rejects when that cannot be told now: then he may. */
  isWelcome(): Promise<boolean>;
}

interface Stream {
  readonly owner: string;
  beat(): void;
  ask(): void;
  drop(): void;
}

const STREAMS_MAX = 1500;
/** Of one user, with his tokens: a thousand programs, and never so many that no place is left for others. */
const STREAMS_OWN_MAX = 1200;
/** What fails so soon is answered with its status; later the answer has begun. A reader that waits for an event knows by then that it is heard. */
const BEGIN_MS = 250;
const AGAIN_MS = 2000;

export class EventStreams {
  readonly #limits: ReaderLimits;
  readonly #streams = new Set<Stream>();
  readonly #owned = new Map<string, number>();
  #beating: NodeJS.Timeout | undefined;

  constructor(limits: ReaderLimits) {
    this.#limits = limits;
  }

  async serve({ reply, owner, run, isWelcome }: StreamCall): Promise<void> {
    if (reply.raw.destroyed) return; // He left while it was asked who he is: nobody will say so again.
    if (STREAMS_MAX <= this.#streams.size || STREAMS_OWN_MAX <= (this.#owned.get(owner) ?? 0)) return void sendFailure(reply, tooMany());
    const response = reply.raw;
    const gone = new AbortController();
    const reader = new SlowReader(this.#limits, () => response.writableLength);
    const begin = (): void => {
      if (response.headersSent || response.destroyed) return;
      reply.hijack();
      // Until the connection ends: without chunks each event is one write of a text that all readers share.
      response.useChunkedEncodingByDefault = false;
      response.writeHead(200, { ...usualHeaders, ...idOf(reply), "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store", "x-accel-buffering": "no", connection: "close" });
      response.write(`retry: ${AGAIN_MS}\n\n`);
    };
    const say = (name: string, value: JsonValue): void => void response.write(`event: ${name}\ndata: ${JSON.stringify(value)}\n\n`);
    const finish = (name: string, value: JsonValue): void => {
      begin();
      say(name, value);
      response.end();
    };
    const stream: Stream = {
      owner,
      beat() {
        if (reader.isStalled()) return stream.drop();
        if (response.headersSent && response.writableLength === 0) response.write(":\n\n");
        stream.ask();
      },
      ask: () =>
        void isWelcome().then((isStill) => {
          if (isStill || response.writableEnded) return;
          finish("failure", nobody as unknown as JsonValue);
          gone.abort();
        }, () => {}),
      drop: () => void response.destroy(),
    };
    const timer = setTimeout(begin, BEGIN_MS);
    response.once("close", () => gone.abort());
    this.#add(stream);
    try {
      const result = await run((event) => {
        if (gone.signal.aborted) return false;
        begin();
        const lost = reader.offer(event);
        if (lost === undefined) return false;
        if (0 < lost) say("lost", { lost });
        response.write(frameOf(event));
        return true;
      }, gone.signal);
      if (!gone.signal.aborted) finish("end", result);
    } catch (thrown) {
      if (gone.signal.aborted) return;
      if (response.headersSent) finish("failure", failureFacts(thrown) as unknown as JsonValue);
      else sendFailure(reply, thrown);
    } finally {
      clearTimeout(timer);
      this.#remove(stream);
    }
  }

  /** Somebody may have become less: whoever may not read any more is told so. */
  ask(): void {
    for (const stream of this.#streams) stream.ask();
  }

  close(): void {
    for (const stream of this.#streams) stream.drop();
  }

  #add(stream: Stream): void {
    this.#streams.add(stream);
    this.#owned.set(stream.owner, (this.#owned.get(stream.owner) ?? 0) + 1);
    this.#beating ??= setInterval(() => {
      for (const each of this.#streams) each.beat();
    }, this.#limits.beatMs).unref();
  }

  #remove(stream: Stream): void {
    this.#streams.delete(stream);
    const left = (this.#owned.get(stream.owner) ?? 1) - 1;
    if (left === 0) this.#owned.delete(stream.owner);
    else this.#owned.set(stream.owner, left);
    if (0 < this.#streams.size) return;
    clearInterval(this.#beating);
    this.#beating = undefined;
  }
}

const frames = new WeakMap<object, string>();

/** The same object is the same text for all its readers. */
function frameOf(event: JsonValue): string {
  const known = typeof event === "object" && event !== null ? frames.get(event) : undefined;
  if (known !== undefined) return known;
  const id = typeof event === "object" && event !== null && "id" in event && Number.isSafeInteger(event.id) ? `id: ${String(event.id)}\n` : "";
  const frame = `${id}data: ${jsonText(event)}\n\n`;
  if (typeof event === "object" && event !== null) frames.set(event, frame);
  return frame;
}

function idOf(reply: FastifyReply): Record<string, string> {
  return { "x-request-id": reply.request.id };
}

function tooMany(): CommandFailure {
  return new CommandFailure("BUSY", {
    message: `too many streams are open: ${STREAMS_OWN_MAX} of one user, or ${STREAMS_MAX} of all`,
    hint: "Close some, or read over one WebSocket.",
    ko: { message: `열린 스트림이 너무 많습니다 (사용자당 ${STREAMS_OWN_MAX}개, 모두 ${STREAMS_MAX}개까지)`, hint: "쓰지 않는 것을 닫거나 WebSocket 하나로 읽으세요." },
  });
}
