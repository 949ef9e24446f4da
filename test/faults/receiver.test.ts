// Receivers that are down, slow, stuck or talk nonsense, and come back: every line arrives, and what came twice was under way.
import assert from "node:assert/strict";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { folder, until } from "../cli/run-dure.ts";
import { startForwardReceiver } from "../receivers/forward-receiver.ts";
import type { Behaviour } from "../receivers/forward-receiver.ts";
import { startAgent } from "./agent.ts";
import type { Agent } from "./agent.ts";
import { appendNumbered, assertAllArrived, distinctOf, numbersIn, numbersOf, repeatedOf } from "./numbered.ts";

const WIDTH = 1000;
/** Four batches of at most 1 MiB are under way at once. */
const WINDOW_LINES = Math.ceil((4 << 20) / WIDTH);
const RETRY = { first: "50ms", most: "250ms" };

const faults: readonly (Behaviour | "down")[] = [
  "down",
  "slow",
  "half-open",
  "garbage",
  "late",
  "wrong-chunk",
  "never-ack",
  "close-mid-frame",
  "close-before-ack",
  "reset",
];

/** Found out at once, or not at fault: what a busy machine acks late afterwards must not be sent again. */
const NEEDS_NO_TIMEOUT: ReadonlySet<string> = new Set(["down", "slow", "reset"]);

test("a receiver that misbehaves and recovers gets every line, and twice only what was under way", { timeout: 120_000 }, async (context) => {
  await using dir = folder();
  const log = dir.file("app.log");
  const total = 7_000;
  const later = 500;
  appendNumbered(log, 0, total, WIDTH);
  const receivers = await Promise.all(faults.map((fault) => startForwardReceiver(fault === "down" ? {} : { behaviour: fault })));
  const byFault = faults.map((fault, at) => ({ fault, receiver: receivers[at] ?? assert.fail() }));
  try {
    for (const { fault, receiver } of byFault) if (fault === "down") await receiver.down();
    const pipelines = Object.fromEntries(
      byFault.map(({ fault, receiver }) => [
        fault,
        {
          retry: RETRY,
          steps: [
            { "in.FileTail": { path: log, tag: fault } },
            { "out.Fluentd": { host: "127.0.0.1", port: receiver.port, ack_timeout: NEEDS_NO_TIMEOUT.has(fault) ? "60s" : "1s", connect_timeout: "10s" } },
          ],
        },
      ]),
    );
    const agent = startAgent(dir, pipelines);
    for (const { fault, receiver } of byFault) {
      // One that is only slow does no wrong: it gets everything in its time, which a busy machine makes long.
      if (fault === "slow") await until(() => 0 < receiver.entries.length, "something comes to the slow receiver", 60_000);
      else await agent.logged(refused(fault));
    }
    const firstTime = byFault.map(({ fault, receiver }) => ({ fault, got: distinctOf(numbersOf(receiver.lines())) }));
    appendNumbered(log, total, total + later, WIDTH);
    for (const { fault, receiver } of byFault) {
      if (fault === "down") await receiver.up();
      receiver.behaviour = "ack";
      receiver.releaseAcks();
    }
    for (const { fault, receiver } of byFault) {
      await until(() => distinctOf(numbersOf(receiver.lines())) === total + later, `every line comes to the receiver that was ${fault}`, 60_000).catch(
        (error: Error) =>
          Promise.reject(new Error(`${error.message}: ${distinctOf(numbersOf(receiver.lines()))} of ${total + later}\n${agent.log().slice(-3000)}`)),
      );
    }
    await agent.stop();
    for (const { fault, receiver } of byFault) {
      const numbers = numbersOf(receiver.lines());
      assertAllArrived(numbers, total + later, fault);
      const repeated = repeatedOf(numbers);
      context.diagnostic(`${fault}: ${repeated.size} lines came twice`);
      assert(repeated.size <= WINDOW_LINES, `${fault}: ${repeated.size} lines came twice; ${WINDOW_LINES} may be under way`);
      if (fault === "down" || fault === "slow" || fault === "reset") assert.equal(repeated.size, 0, `${fault}: nothing can have come twice`);
    }
    for (const { fault, got } of firstTime) if (fault !== "slow") assert(got <= WINDOW_LINES, `${fault}: ${got} lines were sent though none was acked`);
  } finally {
    for (const receiver of receivers) await receiver.close();
  }
});

test("all receivers away for longer than a buffer holds: the reader waits, memory stays flat, and nothing is lost", { timeout: 120_000 }, async (context) => {
  await using dir = folder();
  const log = dir.file("app.log");
  const total = 24_000;
  appendNumbered(log, 0, total / 2, WIDTH);
  await using receiver = await startForwardReceiver();
  await receiver.down();
  const paths = {
    none: [],
    memory: [{ "buffer.Size": { bytes: "256KB", max_bytes: "2MB" } }],
    disk: [{ "buffer.Size": { bytes: "256KB", max_bytes: "2MB", storage: "disk" } }],
  };
  const agent = startAgent(
    dir,
    Object.fromEntries(
      Object.entries(paths).map(([name, buffer]) => [
        name,
        { retry: RETRY, steps: [{ "in.FileTail": { path: log, tag: name } }, ...buffer, { "out.Fluentd": { host: "127.0.0.1", port: receiver.port } }] },
      ]),
    ),
  );
  for (const name of Object.keys(paths)) await agent.logged(refused(name));
  await agent.logged(/ disk .*buffer is full: its input waits/);

  // Ten times as much as the buffers hold comes meanwhile.
  const samples: number[] = [];
  for (let part = 0; part < 10; part += 1) {
    const from = total / 2 + (part * total) / 20;
    appendNumbered(log, from, from + total / 20, WIDTH);
    await new Promise((resolve) => setTimeout(resolve, 150)); // Time for the agent to read on if it wanted to.
    samples.push(agent.memoryMiB() ?? 0);
  }
  context.diagnostic(`RSS ${samples.map((mib) => mib.toFixed(0)).join(" ")} MiB`);
  assertFlat(samples);
  const held = sizeBelow(dir.file(".dure", "pipelines", "disk"));
  assert(held < 3 << 20, `the disk buffer holds ${held} bytes; it may hold 2 MB and what is just written`);
  assert.equal(receiver.entries.length, 0);

  await receiver.up();
  const of = (tag: string): number[] => numbersOf(receiver.entries.filter((entry) => entry.tag === tag).map(({ record }) => String(record["message"])));
  for (const name of Object.keys(paths))
    await until(() => distinctOf(of(name)) === total, `all lines of ${name}`, 60_000).catch((error: Error) =>
      Promise.reject(new Error(`${error.message}: ${distinctOf(of(name))}\n${agent.log().slice(-3000)}`)),
    );
  assertFlat([...samples, agent.memoryMiB() ?? 0]);
  await agent.stop();
  for (const name of Object.keys(paths)) {
    assertAllArrived(of(name), total, name);
    assert.equal(repeatedOf(of(name)).size, 0, `${name}: nobody took a frame before, so nothing can come twice`);
  }
});

test("failover: a and b down, the last output takes over; a is used again when it is back, then b when a goes", { timeout: 120_000 }, async () => {
  await using dir = folder();
  const log = dir.file("app.log");
  const last = dir.file("failed.txt");
  writeFileSync(log, "");
  await using a = await startForwardReceiver();
  await using b = await startForwardReceiver();
  await a.down();
  await b.down();
  let written = 0;
  const add = (lines: number): void => appendNumbered(log, written, (written += lines), WIDTH);
  const at = (of: { lines(): string[] }): number[] => numbersOf(of.lines());
  const out = (port: number) => ({ "out.Fluentd": { host: "127.0.0.1", port, connect_timeout: "1s" } });
  const agent = startAgent(dir, {
    main: {
      retry: RETRY,
      steps: [
        { "in.FileTail": log },
        { failover: { outputs: [out(a.port), out(b.port)], last: { "out.File": { path: last } }, start_by: "ordered", recheck: "300ms" } },
      ],
    },
  });
  add(3000);
  await until(() => numbersIn(last).length === 3000, "the last output has what came while both were down", 60_000);

  await a.up();
  await until(() => (add(10), 0 < a.entries.length), "a is used again", 60_000);
  const back = written;
  add(1000);
  await until(() => at(a).includes(written - 1), "what comes after goes to a");
  assert(!numbersIn(last).some((number) => back <= number), "nothing goes to the file any more");

  await b.up();
  await a.down();
  // Until the next look at b, the last output takes what comes.
  await until(() => (add(10), 0 < b.entries.length), "b is used", 60_000);
  add(1000);
  await until(() => at(b).includes(written - 1), "what comes now goes to b", 60_000);
  await agent.stop();
  const all = [...numbersIn(last), ...at(a), ...at(b)];
  assertAllArrived(all, written, "the three outputs together");
  assertFailoverLog(agent);
});

function refused(pipeline: string): RegExp {
  return new RegExp(` ${pipeline} .*the output refused a batch`);
}

/** Says once that an output failed, and once that it works again. */
function assertFailoverLog(agent: Agent): void {
  const said = (text: string): number => agent.log().split(text).length - 1;
  assert(said("failover: an output failed; the next one takes over") <= 6, agent.log());
  assert(0 < said("failover: an output works again"), agent.log());
}

/** Below the bound, and not growing from the first half of the samples to the second. */
function assertFlat(samples: readonly number[]): void {
  if (samples.every((sample) => sample === 0)) return; // Only Linux tells.
  const half = samples.length >> 1;
  const [first, second] = [Math.max(...samples.slice(0, half)), Math.max(...samples.slice(half))];
  assert(Math.max(...samples) < 160, `resident memory ${Math.max(...samples)} MiB`);
  assert(second < first + 16, `resident memory grows: ${first} MiB, then ${second} MiB`);
}

function sizeBelow(dir: string): number {
  return readdirSync(dir, { recursive: true, withFileTypes: true }).reduce(
    (bytes, entry) => bytes + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
    0,
  );
}
