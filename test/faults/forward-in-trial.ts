// A Fluentd client that keeps every chunk until it is acked, before an agent that is killed again and again: what was acked
// must be in the file, and once, whatever was sent again (the client loses its connection now and then, and acks with it). Or behind a disk buffer: a receiver that is away half of the
// time must have got what was acked.
import { readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Packr, Unpackr } from "msgpackr";
import type { Folder } from "../cli/run-dure.ts";
import { until } from "../cli/run-dure.ts";
import { startForwardReceiver } from "../receivers/forward-receiver.ts";
import { startAgent } from "./agent.ts";
import { randomNumbers } from "./random.ts";
import { freePort } from "../servers/free-port.ts";

export interface ForwardInResult {
  readonly ackedLines: number;
  readonly missing: number;
  /** Lines that are there twice though their chunk was sent once. Behind a disk buffer they are what was under way. */
  readonly againUnasked: number;
  readonly again: number;
}

export type ForwardInPath = "file" | "disk buffer";

const LINES_A_CHUNK = 200;
const IN_FLIGHT_MAX = 4;
const LIFE_MS_MAX = 600;
const CONNECTION_MS_MIN = 20;
const ACK_MS = 60_000;

export async function forwardInTrial(dir: Folder, { to, kills, seed }: { to: ForwardInPath; kills: number; seed: number }): Promise<ForwardInResult> {
  const next = randomNumbers(seed);
  const port = await freePort();
  const out = dir.file("out.log");
  writeFileSync(out, "");
  const receiver = to === "file" ? undefined : await startForwardReceiver();
  const rest = receiver === undefined ? [{ "out.File": { path: out, format: "json" } }] : [{ "buffer.Size": { storage: "disk" } }, { "out.Fluentd": { host: "127.0.0.1", port: receiver.port } }];
  const pipelines = { main: [{ "in.Forward": { port } }, ...rest] };
  const numbers = (): number[] => (receiver === undefined ? [...readFileSync(out, "latin1").matchAll(/"message":"(\d+)"/g)].map(([, number]) => Number(number)) : receiver.lines().map(Number));
  const client = new Client(port, next);
  const stop = new AbortController();
  const sending = client.run(stop.signal);
  for (let kill = 0; kill < kills; kill += 1) {
    const agent = startAgent(dir, pipelines);
    await receiver?.down();
    if (next() < 0.5) await receiver?.up();
    await agent.logged(/agent started/);
    await delay(next() * LIFE_MS_MAX);
    await agent.kill();
  }
  await receiver?.down();
  await receiver?.up();
  const agent = startAgent(dir, pipelines);
  // On a busy machine the others may not have lived until they listened.
  await until(() => 0 < client.acked.size, "a chunk is acked", ACK_MS);
  stop.abort();
  // The client may have nothing left to send: whoever is told to stop before he listens to signals dies of it.
  await agent.logged(/agent started/);
  await until(() => client.isDone, "every chunk that was sent is acked", ACK_MS);
  await sending;
  // Behind a buffer it may still be on its way. What is missing in the end is missing.
  const hasAll = (): boolean => {
    const there = new Set(numbers());
    return [...client.acked].every((chunk) => Array.from({ length: LINES_A_CHUNK }, (_, line) => chunk * LINES_A_CHUNK + line).every((number) => there.has(number)));
  };
  await until(hasAll, "all that was acked is there", ACK_MS).catch(() => undefined);
  await agent.stop();
  const count = new Map<number, number>();
  for (const number of numbers()) count.set(number, (count.get(number) ?? 0) + 1);
  await receiver?.close();
  const result = { ackedLines: client.acked.size * LINES_A_CHUNK, missing: 0, againUnasked: 0, again: 0 };
  for (const chunk of client.acked) {
    for (let number = chunk * LINES_A_CHUNK; number < (chunk + 1) * LINES_A_CHUNK; number += 1) {
      const times = count.get(number) ?? 0;
      if (times === 0) result.missing += 1;
      result.again += Math.max(0, times - 1);
      if (1 < times && client.sentTimes.get(chunk) === 1) result.againUnasked += 1;
    }
  }
  return result;
}

/** Sends numbered chunks, a few at a time, over whatever connection there is; a chunk that got no ack is sent again. */
class Client {
  readonly acked = new Set<number>();
  readonly sentTimes = new Map<number, number>();
  readonly #port: number;
  readonly #next: () => number;
  readonly #packr = new Packr({ useRecords: false });
  #nextChunk = 0;
  #open = new Set<number>();

  constructor(port: number, next: () => number) {
    this.#port = port;
    this.#next = next;
  }

  isDone = false;

  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted || 0 < this.#open.size) {
      const socket = connect(this.#port, "127.0.0.1");
      socket.on("error", () => {}); // "close" says enough.
      const closed = once(socket, "close").catch(() => undefined);
      const cut = setTimeout(() => socket.destroy(), CONNECTION_MS_MIN + this.#next() * LIFE_MS_MAX);
      socket.once("connect", () => {
        for (const chunk of this.#open) this.#send(socket, chunk);
        this.#fill(socket, stop);
      });
      let held: Buffer = Buffer.alloc(0);
      socket.on("data", (bytes: Buffer) => {
        held = Buffer.concat([held, bytes]);
        const { values, rest } = wholeValues(held);
        held = rest;
        for (const { ack } of values) {
          this.acked.add(Number(ack));
          this.#open.delete(Number(ack));
        }
        this.#fill(socket, stop);
        if (stop.aborted && this.#open.size === 0) socket.end();
      });
      await closed;
      clearTimeout(cut);
      await delay(20);
    }
    this.isDone = true;
  }

  #fill(socket: Socket, stop: AbortSignal): void {
    while (!stop.aborted && this.#open.size < IN_FLIGHT_MAX) {
      this.#open.add(this.#nextChunk);
      this.#send(socket, this.#nextChunk);
      this.#nextChunk += 1;
    }
  }

  #send(socket: Socket, chunk: number): void {
    this.sentTimes.set(chunk, (this.sentTimes.get(chunk) ?? 0) + 1);
    const entries = Array.from({ length: LINES_A_CHUNK }, (_, line) => [1_700_000_000, { message: String(chunk * LINES_A_CHUNK + line) }]);
    socket.write(this.#packr.pack(["t", entries, { chunk: String(chunk) }]));
  }
}

function wholeValues(bytes: Buffer): { values: { ack: string }[]; rest: Buffer } {
  const values: { ack: string }[] = [];
  let end = 0;
  try {
    new Unpackr({ useRecords: false }).unpackMultiple(bytes, (value: { ack: string }, _start?: number, valueEnd?: number) => {
      values.push(value);
      end = valueEnd ?? end;
    });
  } catch (error) {
    if (!(error instanceof Error && "incomplete" in error)) throw error;
  }
  return { values, rest: bytes.subarray(end) };
}
