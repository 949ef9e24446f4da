// One agent tails a file that grows and is rotated, and sends it from a disk buffer to another, which writes a file. Either, or both at
// once, are killed with -9 at random instants and started again: at the end each line must be in that file once.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { folder } from "../cli/run-dure.ts";
import { freePort } from "../servers/free-port.ts";
import { startAgent } from "./agent.ts";
import type { Agent } from "./agent.ts";
import { growthOf, lookUntil } from "./growth.ts";
import { writeRotating } from "./kill-trial.ts";
import { randomNumbers } from "./random.ts";

/**
 * `merged`: as it comes, merged to a size. `cut`: groups that end inside what the tail read, and two branches that go to the same receiver.
 * `kept`: merged to so much that a chunk is several batches for the receiver, which has a disk buffer as well.
 */
export const DURE_TO_DURE_PATHS = ["merged", "cut", "kept"] as const;
export type DureToDurePath = (typeof DURE_TO_DURE_PATHS)[number];

export interface DureToDureResult {
  readonly written: number;
  readonly missing: number;
  readonly again: number;
}

const LIFE_MS_MAX = 600;
/** Kills that come before an agent has started. */
const EARLY_SHARE = 0.2;
/** Of a chunk for the receiver that keeps it: it is killed between two batches, often enough. */
const CHUNK_BYTES = 1_000_000;
const CHUNK_WITHIN_MS = 2000;
const SETTLE_SECONDS_MAX = 120;
const WAIT_MS = 250;

export async function dureToDureTrial({ path, kills, seed }: { path: DureToDurePath; kills: number; seed: number }): Promise<DureToDureResult> {
  const next = randomNumbers(seed);
  await using sending = folder();
  await using receiving = folder();
  const logs = sending.file("logs");
  mkdirSync(logs);
  const port = await freePort();
  const out = receiving.file("out.log");
  const kept = receiving.file(".dure", "pipelines", "trial", "buffer-1");
  const fluentd = { "out.Fluentd": { host: "127.0.0.1", port } };
  const tail = { "in.FileTail": { path: sending.file("logs", "app.log*"), tag: "t" } };
  const steps =
    path !== "cut"
      ? [tail, { "buffer.Size": { bytes: path === "kept" ? "8MB" : next() < 0.5 ? "64k" : "4MB", timeout: path === "kept" ? "500ms" : "50ms", storage: "disk" } }, fluentd]
      : [tail, { "buffer.Lines": { lines: 300, timeout: "50ms", storage: "disk" } }, { route: [{ when: "Number(r.message) % 3 === 0", steps: [fluentd] }, { steps: [fluentd] }] }];
  const startSender = (): Agent => startAgent(sending, { trial: { retry: { first: "50ms", most: "200ms" }, steps } });
  const startReceiver = (): Agent => startAgent(receiving, { trial: [{ "in.Forward": { port } }, ...(path === "kept" ? [{ "buffer.Size": { bytes: "256k", timeout: "50ms", storage: "disk", fsync: "every" } }] : []), { "out.File": { path: out, format: "json" } }] });

  const writing = new AbortController();
  const writer = writeRotating(logs, writing.signal, 0);
  let sender = startSender();
  let receiver = startReceiver();
  for (let kill = 0; kill < kills; kill += 1) {
    if (EARLY_SHARE < next()) await Promise.all([sender.logged(/agent started/), receiver.logged(/agent started/)]);
    await delay(next() * LIFE_MS_MAX);
    const who = next();
    if (path === "kept") {
      const grownBy = growthOf(kept);
      const aim = next() * CHUNK_BYTES;
      await lookUntil(() => aim < grownBy(), CHUNK_WITHIN_MS);
    }
    await Promise.all([who < 0.6 ? sender.kill() : undefined, 0.4 < who ? receiver.kill() : undefined]);
    if (0.4 < who) receiver = startReceiver();
    if (who < 0.6) sender = startSender();
  }
  writing.abort();
  const written = await writer;
  for (let waits = 0; new Set(numbersIn(out)).size < written && waits < (SETTLE_SECONDS_MAX * 1000) / WAIT_MS; waits += 1) await delay(WAIT_MS);
  await sender.stop();
  await receiver.stop();
  const numbers = numbersIn(out);
  const distinct = new Set(numbers);
  return { written, missing: written - distinct.size, again: numbers.length - distinct.size };
}

function numbersIn(out: string): number[] {
  return existsSync(out) ? [...readFileSync(out, "latin1").matchAll(/"message":"(\d+)"/g)].map(([, number]) => Number(number)) : [];
}
