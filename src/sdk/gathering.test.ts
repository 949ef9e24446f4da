// What a pipeline may count on of any step that holds records back.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonValue } from "#base/json.ts";
import type { Batch } from "#dataplane/batch.ts";
import { MemoryFullError } from "#dataplane/memory.ts";
import { gatheringStep } from "./gathering.ts";
import type { Gathering } from "./gathering.ts";
import type { Delivery } from "./plugin.ts";
import { linesBatch, recordsOf, testContext } from "./testing.ts";

const neverSettles = async (): Promise<void> => undefined;
const never = new AbortController().signal;

/** Holds each batch until the next one comes. */
class HoldsOne implements Gathering {
  readonly dueAt = undefined;
  held_: Batch | undefined;
  fullTimes = 0;

  add(batch: Batch): Batch[] {
    if (0 < this.fullTimes) {
      this.fullTimes -= 1;
      throw new MemoryFullError("full");
    }
    const before = this.held_;
    this.held_ = batch;
    return before === undefined ? [] : [before];
  }
  flush(): Batch[] {
    const before = this.held_;
    this.held_ = undefined;
    return before === undefined ? [] : [before];
  }
  changes(): Record<string, JsonValue> {
    return { held: this.held_ === undefined ? null : String(recordsOf(this.held_)[0]?.["message"]) };
  }
  held(): { bytes: number; batches: number } {
    return { bytes: 0, batches: this.held_ === undefined ? 0 : 1 };
  }
}

test("what comes out has no id: it is made of several batches, or only a part of one", async () => {
  await using context = await testContext();
  const step = gatheringStep(new HoldsOne(), context);
  await step.append({ batch: linesBatch(context.pool, "a", { tag: "t", seconds: 0, nanoseconds: 0, id: "first" }) }, neverSettles);
  step.end();
  const delivery = await step.read(never);
  assert.equal(delivery?.batch.facts.id, undefined);
  delivery?.batch.release();
  await step.close();
});

test("positions and acks go with the next batch given on, together with what is held behind it", async () => {
  await using context = await testContext();
  const step = gatheringStep(new HoldsOne(), context);
  const acks: string[] = [];
  const send = (text: string, isPartial = false): Promise<boolean> => step.append({ batch: linesBatch(context.pool, text), positions: { at: text }, isPartial, ack: () => void acks.push(text) }, neverSettles);
  const read = async (): Promise<unknown> => {
    const delivery = await step.read(never);
    await delivery?.ack?.();
    const said = delivery === undefined ? undefined : [recordsOf(delivery.batch)[0]?.["message"], delivery.positions ?? {}, delivery.isPartial ?? false];
    delivery?.batch.release();
    return said;
  };
  await send("a");
  await send("b");
  assert.deepEqual(await read(), ["a", { at: "b", held: "b" }, false]);
  assert.deepEqual(acks, ["a", "b"]);
  // What came in part moves nothing: its source would send again what is held.
  await send("c", true);
  assert.deepEqual(await read(), ["b", {}, true]);
  await send("d");
  assert.deepEqual(await read(), ["c", { at: "d", held: "d" }, false]);
  step.end();
  assert.deepEqual(await read(), ["d", { held: null }, false]);
  assert.equal(await read(), undefined);
  assert.deepEqual(acks, ["a", "b", "c", "d"]);
  assert.equal(context.pool.usedBytes, 0);
});

test("who sends waits while nobody reads, and is told when the step is closed", async () => {
  await using context = await testContext();
  const gathering = new HoldsOne();
  const step = gatheringStep(gathering, context);
  let nacks = 0;
  const delivery = (): Delivery => ({ batch: linesBatch(context.pool, "x"), nack: () => void (nacks += 1) });
  const sent = Array.from({ length: 5 }, () => step.append(delivery(), neverSettles));
  assert.deepEqual(await Promise.all(sent.slice(0, 3)), [true, true, true]);
  let isTaken = false;
  void sent[3]?.then(() => (isTaken = true));
  for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isTaken, false);
  (await step.read(never))?.batch.release();
  assert.equal(await sent[3], true);
  await step.close();
  assert.equal(await sent[4], false);
  assert.equal(nacks, 2, "those that nobody had read; the last one is the sender's still");
  gathering.held_?.release();
  assert.equal(context.pool.usedBytes, 0);
});

test("a full memory is waited for", async () => {
  await using context = await testContext();
  const gathering = new HoldsOne();
  gathering.fullTimes = 2;
  const step = gatheringStep(gathering, context);
  assert.equal(await step.append({ batch: linesBatch(context.pool, "x") }, neverSettles), true);
  step.end();
  (await step.read(never))?.batch.release();
  assert.equal(context.pool.usedBytes, 0);
});
