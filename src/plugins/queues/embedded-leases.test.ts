import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { JobStore } from "#sdk/job-store.ts";
import type { Delivery } from "#sdk/queue.ts";
import { openEmbeddedQueue } from "./embedded.ts";

/** What the test itself knows of a job. */
interface Known {
  attempt: number;
  losses: number;
  /** Undefined: it waits. */
  held: Delivery | undefined;
  end: "succeeded" | "failed" | "cancelled" | undefined;
}

type Step =
  | { readonly does: "publish"; readonly count: number; readonly priority: number; readonly rule: string; readonly isLarge: boolean }
  | { readonly does: "settle"; readonly which: number; readonly as: "succeeded" | "failed" | "retry" | "lost" | "released" }
  | { readonly does: "cancel"; readonly which: number }
  | { readonly does: "look" | "crash" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant("publish" as const), count: fc.integer({ min: 1, max: 8 }), priority: fc.integer({ min: 3, max: 5 }), rule: fc.constantFrom("a:b", "c:d"), isLarge: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ does: fc.constant("settle" as const), which: fc.nat(), as: fc.constantFrom("succeeded" as const, "failed" as const, "retry" as const, "lost" as const, "released" as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("cancel" as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom("look" as const, "crash" as const) }) },
);

test("embedded: whatever happens to jobs, in whatever order, the table tells of each what is true, also after a crash", { timeout: 110_000 }, async () => {
  const seed = Number(process.env["DURE_TEST_SEED"] ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}`);
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.array(step, { minLength: 5, maxLength: 40 }), holds), { seed, numRuns: 60 });
});

test("embedded: of more jobs than memory holds each is leased once, in their order", { timeout: 60_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "dure-leases-"));
  const queue = await openEmbeddedQueue({ file: join(dir, "jobs.db") });
  try {
    const jobs = await queue.publish(Array.from({ length: 1500 }, (_, number) => ({ rule: "a:b", data: String(number), from: "test" })));
    const taken: string[] = [];
    const held: Delivery[] = [];
    queue.consume({ slots: 400, name: "me", take: (delivery) => void (taken.push(delivery.job.data), held.push(delivery)), lost: () => assert.fail("no lease expires here") });
    await queue.forget([]);
    while (0 < held.length) await Promise.all(held.splice(0, 7).map((delivery) => delivery.settle({ type: "succeeded", result: "1" })));
    assert.deepEqual(taken, jobs.map((_, number) => String(number)));
  } finally {
    await queue.close();
    rmSync(dir, { recursive: true, force: true });
  }
});

async function holds(slots: number, steps: readonly Step[]): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "dure-leases-"));
  const known = new Map<string, Known>();
  let queue = await opened(dir, slots, known);
  try {
    for (const each of steps) {
      if (each.does === "crash") {
        await queue.close(); // Nothing of the leases is given back, as after kill -9.
        for (const job of known.values()) {
          if (job.held === undefined) continue;
          job.held = undefined;
          job.attempt += 1;
          job.losses += 1;
        }
        queue = await opened(dir, slots, known);
      } else await done(queue, known, each);
      await agrees(queue, known, slots, each.does === "look");
    }
    await agrees(queue, known, slots, true);
  } finally {
    await queue.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function opened(dir: string, slots: number, known: Map<string, Known>): Promise<JobStore> {
  const queue = await openEmbeddedQueue({ file: join(dir, "jobs.db") });
  const take = (delivery: Delivery): void => {
    const { id, attempt, losses } = delivery.job;
    const job = known.get(id) ?? { attempt: 1, losses: 0, held: undefined, end: undefined };
    known.set(id, job);
    assert.deepEqual([attempt, losses, job.held, job.end], [job.attempt, job.losses, undefined, undefined], "one that waits, as it was left");
    job.held = delivery;
  };
  queue.consume({ slots, name: "me", take, lost: () => assert.fail("no lease expires here") });
  return queue;
}

async function done(queue: JobStore, known: Map<string, Known>, each: Step): Promise<void> {
  if (each.does === "publish") {
    const data = JSON.stringify("x".repeat(each.isLarge ? 2000 : 10));
    for (const { id } of await queue.publish(Array.from({ length: each.count }, () => ({ rule: each.rule, data, priority: each.priority, from: "test" })))) if (!known.has(id)) known.set(id, { attempt: 1, losses: 0, held: undefined, end: undefined });
  } else if (each.does === "settle") {
    const held = [...known.values()].filter((job) => job.held !== undefined);
    const job = held[each.which % held.length];
    const delivery = job?.held;
    if (job === undefined || delivery === undefined) return;
    job.held = undefined;
    const error = { kind: "E", message: "so it is" };
    if (each.as === "retry" || each.as === "lost") job.attempt += 1;
    if (each.as === "lost") job.losses += 1;
    if (each.as === "succeeded" || each.as === "failed") job.end = each.as;
    const isOurs = await delivery.settle(each.as === "succeeded" ? { type: "succeeded", result: "1" } : each.as === "failed" ? { type: "failed", error } : each.as === "released" ? { type: "released" } : { type: each.as, afterMs: 0, error });
    assert.ok(isOurs);
    if (job.end !== undefined) assert.equal(await delivery.settle({ type: "succeeded", result: "2" }), false, "the second word counts for nothing");
  } else if (each.does === "cancel") {
    const [id, job] = [...known][each.which % Math.max(1, known.size)] ?? [];
    if (id === undefined || job === undefined) return;
    const waits = job.held === undefined && job.end === undefined;
    assert.deepEqual(await queue.cancel([id], "test"), waits ? [id] : [], "only what waits");
    if (waits) job.end = "cancelled";
  }
}

async function agrees(queue: JobStore, known: ReadonlyMap<string, Known>, slots: number, isLooked: boolean): Promise<void> {
  await queue.forget([]); // One more commit: all that is free is leased.
  const jobs = [...known.values()];
  const [open, held] = [jobs.filter(({ end }) => end === undefined).length, jobs.filter((job) => job.held !== undefined).length];
  assert.equal(held, Math.min(open, slots), "no slot is idle while jobs wait");
  const depth = await queue.depth();
  assert.deepEqual([depth?.queued, depth?.running], [open - held, held]);
  if (!isLooked) return;
  const { jobs: rows } = await queue.list({ limit: 1000 });
  assert.deepEqual(
    new Map(rows.map(({ id, state, attempt, losses }) => [id, { state, attempt, losses }])),
    new Map([...known].toReversed().map(([id, { attempt, losses, held: lease, end }]) => [id, { state: end ?? (lease === undefined ? "queued" : "running"), attempt, losses }])),
  );
}
