// One agent tails a file that grows and is rotated, and sends it from a disk buffer to another, which writes a file. Either, or both at
// once, are killed with -9 at random instants and started again: at the end each line must be in that file once.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { folder } from "../cli/run-dure.ts";
import { freePort } from "../servers/free-port.ts";
import { startAgent } from "./agent.ts";
import type { Agent } from "./agent.ts";
import { writeRotating } from "./kill-trial.ts";
import { randomNumbers } from "./random.ts";

/** `merged`: as it comes, merged to a size. `cut`: groups that end inside what the tail read, and two branches that go to the same receiver. */
export const DURE_TO_DURE_PATHS = ["merged", "cut"] as const;
export type DureToDurePath = (typeof DURE_TO_DURE_PATHS)[number];

export interface DureToDureResult {
  readonly written: number;
  readonly missing: number;
  readonly again: number;
}

const LIFE_MS_MAX = 600;
/** Kills that come before an agent has started. */
const EARLY_SHARE = 0.2;
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
  const fluentd = { "out.Fluentd": { host: "127.0.0.1", port } };
  const tail = { "in.FileTail": { path: sending.file("logs", "app.log*"), tag: "t" } };
  const steps =
    path === "merged"
      ? [tail, { "buffer.Size": { bytes: next() < 0.5 ? "64k" : "4MB", timeout: "50ms", storage: "disk" } }, fluentd]
      : [tail, { "buffer.Lines": { lines: 300, timeout: "50ms", storage: "disk" } }, { route: [{ when: "Number(r.message) % 3 === 0", steps: [fluentd] }, { steps: [fluentd] }] }];
  const startSender = (): Agent => startAgent(sending, { trial: { retry: { first: "50ms", most: "200ms" }, steps } });
  const startReceiver = (): Agent => startAgent(receiving, { trial: [{ "in.Forward": { port } }, { "out.File": { path: out, format: "json" } }] });

  const writing = new AbortController();
  const writer = writeRotating(logs, writing.signal, 0);
  let sender = startSender();
  let receiver = startReceiver();
  for (let kill = 0; kill < kills; kill += 1) {
    if (EARLY_SHARE < next()) await Promise.all([sender.logged(/agent started/), receiver.logged(/agent started/)]);
    await delay(next() * LIFE_MS_MAX);
    const who = next();
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
