// A Fluentd client that sends chunks of several MiB, each until it is acked, to an agent that is killed while it takes them: batch by
// batch, as the files behind it grow. Every record must be in the last file once.
import { existsSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Packr } from "msgpackr";
import type { Folder } from "../cli/run-dure.ts";
import { until } from "../cli/run-dure.ts";
import { freePort } from "../servers/free-port.ts";
import { startAgent } from "./agent.ts";
import { growthOf, lookUntil } from "./growth.ts";
import { randomNumbers } from "./random.ts";

export const CUT_CHUNK_PATHS = ["disk buffer", "file"] as const;
export type CutChunkPath = (typeof CUT_CHUNK_PATHS)[number];

export interface CutChunkResult {
  readonly sent: number;
  readonly missing: number;
  readonly again: number;
  /** Kills that came between two batches of a chunk: the agent that was started next took the rest. */
  readonly cut: number;
}

const RECORD_BYTES = 1000;
const FILLING = "로그 ".repeat(140);
const CHUNK_BYTES_MIN = 3 << 20;
const CHUNK_BYTES_MAX = 8 << 20;
/** A kill aims behind so much of what the chunk becomes in files; at more than 1 it comes when all is there, or the ack is under way. */
const AIM_MAX = 1.1;
const KILL_WITHIN_MS = 5000;
const SETTLED_MS = 60_000;

export async function cutChunkTrial(dir: Folder, { path, kills, seed }: { path: CutChunkPath; kills: number; seed: number }): Promise<CutChunkResult> {
  const next = randomNumbers(seed);
  const port = await freePort();
  const out = dir.file("out.log");
  const buffer = { "buffer.Size": { bytes: "1MB", timeout: "50ms", storage: "disk", fsync: next() < 0.5 ? "every" : "interval" } };
  const steps = [{ "in.Forward": { port } }, ...(path === "file" ? [] : [buffer]), { "out.File": { path: out, format: "json" } }];
  // Where it is kept first.
  const watched = path === "disk buffer" ? dir.file(".dure", "pipelines", "main", "buffer-1") : out;
  const client = new Client(port, next);
  let cut = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const agent = startAgent(dir, { main: steps });
    await agent.logged(/listening for the forward protocol/);
    const grownBy = growthOf(watched);
    const sending = client.sendOne();
    const aim = next() * AIM_MAX * client.openBytes;
    await lookUntil(() => aim <= grownBy() || !client.isSending, KILL_WITHIN_MS);
    await agent.kill();
    await sending;
    if (/came again: the rest of it is taken/.test(agent.log())) cut += 1;
  }
  const agent = startAgent(dir, { main: steps });
  await agent.logged(/listening for the forward protocol/);
  while (0 < client.openBytes) await client.sendOne();
  await until(() => new Set(numbersIn(out)).size === client.records, "every record in the file", SETTLED_MS).catch(() => undefined); // What is missing then is missing.
  await agent.stop();
  if (/came again: the rest of it is taken/.test(agent.log())) cut += 1;
  const numbers = numbersIn(out);
  const distinct = new Set(numbers);
  return { sent: client.records, missing: client.records - distinct.size, again: numbers.length - distinct.size, cut };
}

function numbersIn(out: string): number[] {
  return existsSync(out) ? [...readFileSync(out, "latin1").matchAll(/"message":"(\d+) /g)].map(([, number]) => Number(number)) : [];
}

/** Keeps a chunk until it is acked, under one id. */
class Client {
  records = 0;
  isSending = false;
  readonly #port: number;
  readonly #next: () => number;
  #chunks = 0;
  #open: Buffer | undefined;

  constructor(port: number, next: () => number) {
    this.#port = port;
    this.#next = next;
  }

  get openBytes(): number {
    return this.#open?.length ?? 0;
  }

  /** Sends the chunk that is not acked yet, or a new one; until the ack, or the end of the connection. */
  async sendOne(): Promise<void> {
    this.#open ??= this.#newChunk();
    this.isSending = true;
    const socket = connect(this.#port, "127.0.0.1");
    socket.on("error", () => {}); // "close" says enough.
    socket.once("data", () => {
      this.#open = undefined;
      socket.end();
    });
    socket.write(this.#open);
    await once(socket, "close").catch(() => undefined);
    this.isSending = false;
    await delay(1);
  }

  #newChunk(): Buffer {
    const bytes = CHUNK_BYTES_MIN + this.#next() * (CHUNK_BYTES_MAX - CHUNK_BYTES_MIN);
    const packr = new Packr({ useRecords: false });
    const entries: Buffer[] = [];
    for (let size = 0; size < bytes; size += RECORD_BYTES) entries.push(Buffer.from(packr.pack([1_700_000_000, { message: `${this.records++} ${FILLING}` }])));
    this.#chunks += 1;
    return packr.pack(["t", Buffer.concat(entries), { chunk: `chunk ${this.#chunks}`, size: entries.length }]);
  }
}
