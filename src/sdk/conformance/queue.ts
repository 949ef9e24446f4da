// What every queue of jobs promises, as tests of one.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Consuming, Delivery, NewJob, Outcome, Queue, QueueDepth } from "../queue.ts";

export interface QueueUnderTest {
  readonly name: string;
  readonly skip?: string | false;
  /** Published again with its id or key, a job is the one that was there. A broker does not look. */
  readonly knowsTwins: boolean;
  /** Rules at their limit stay in the queue. A broker cannot pick. */
  readonly canPick: boolean;
  /** An empty queue. `again` closes it and opens the same one once more. */
  fresh(): Promise<FreshQueue>;
}

export interface FreshQueue extends AsyncDisposable {
  readonly queue: Queue;
  again(): Promise<Queue>;
}

const WITHIN_MS = 60_000;
const FAULT = { kind: "Error", message: "펑" } as const;
const job = (data: unknown, more: Partial<NewJob> = {}): NewJob => ({ rule: "test.module:TestClass.callme", data: JSON.stringify(data), from: "test", ...more });

/** Takes what comes, and keeps it until a test settles it. */
class Hand {
  readonly taken: Delivery[] = [];
  readonly lost: Delivery[] = [];
  readonly consuming: Consuming;
  #wake = Promise.withResolvers<void>();

  constructor(queue: Queue, slots: number, onTake: (delivery: Delivery) => void = () => {}) {
    this.consuming = queue.consume({
      slots,
      name: "test",
      take: (delivery) => {
        this.taken.push(delivery);
        onTake(delivery);
        this.#wake.resolve();
      },
      lost: (delivery) => {
        this.lost.push(delivery);
        this.#wake.resolve();
      },
    });
  }

  async until(isSo: () => boolean, what: string): Promise<void> {
    const timer = setTimeout(() => this.#wake.reject(new Error(`${what}: not within ${WITHIN_MS} ms`)), WITHIN_MS);
    try {
      while (!isSo()) {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async get(count: number): Promise<readonly Delivery[]> {
    await this.until(() => count <= this.taken.length, `${count} jobs`);
    return this.taken.slice(0, count);
  }
}

/** Registers tests of a queue with node:test. */
export function queueConformance({ name, skip = false, knowsTwins, canPick, fresh }: QueueUnderTest): void {
  /** What the medium cannot do is not promised of it. */
  const conforms = (what: string, body: (queue: Queue, again: () => Promise<Queue>) => Promise<void>, isPromised = true): void => {
    if (!isPromised) return;
    test(`${name} conforms: ${what}`, { skip }, async () => {
      await using opened = await fresh();
      await body(opened.queue, opened.again);
    });
  };

  conforms("a job is handed over as it was published", async (queue) => {
    const [published] = await queue.publish([job({ 이름: "길동\n", n: 1.5 }, { key: "k/1", labels: { 회사: "1" }, priority: 7, envelope: '{"a":"길동"}' })]);
    const [delivery] = await new Hand(queue, 1).get(1);
    const { id, rule, data, priority, attempt, losses, key, labels, envelope, from, createdMs } = delivery?.job ?? assert.fail("nothing came");
    assert.deepEqual({ id, rule, data: JSON.parse(data), priority, attempt, losses, key, labels, envelope, from }, { id: published?.id, rule: "test.module:TestClass.callme", data: { 이름: "길동\n", n: 1.5 }, priority: 7, attempt: 1, losses: 0, key: "k/1", labels: { 회사: "1" }, envelope: '{"a":"길동"}', from: "test" });
    assert.ok(Math.abs(Date.now() - createdMs) < WITHIN_MS);
    assert.equal(await delivery?.settle({ type: "succeeded", result: "1" }), true);
  });

  conforms("no more are handed over than there are slots, and none twice", async (queue) => {
    await queue.publish(Array.from({ length: 20 }, (_, n) => job(n)));
    const hand = new Hand(queue, 5);
    await hand.get(5);
    await queue.depth(); // A turn or more, in which others could have come.
    assert.equal(hand.taken.length, 5);
    for (let next = 0; next < 20; next += 1) {
      await hand.get(next + 1);
      assert.equal(await hand.taken[next]?.settle({ type: "succeeded", result: "null" }), true);
      assert.ok(hand.taken.length <= next + 6, `${hand.taken.length} after ${next + 1}`);
    }
    assert.equal(new Set(hand.taken.map(({ job: { id } }) => id)).size, 20);
  });

  conforms("more slots bring more, none bring none", async (queue) => {
    await queue.publish(Array.from({ length: 6 }, (_, n) => job(n)));
    const hand = new Hand(queue, 0);
    hand.consuming.setSlots(2);
    await hand.get(2);
    hand.consuming.setSlots(6);
    await hand.get(6);
    assert.equal(new Set(hand.taken.map(({ job: { id } }) => id)).size >= 6, true);
  });

  conforms("the older comes first, the more urgent before it", async (queue) => {
    await queue.publish([...[0, 1, 2].map((n) => job(n)), job("urgent", { priority: 9 })]);
    const order: unknown[] = [];
    const hand = new Hand(queue, 1, (delivery) => {
      order.push(JSON.parse(delivery.job.data));
      void delivery.settle({ type: "succeeded", result: "1" });
    });
    await hand.get(4);
    assert.deepEqual(order.filter((each) => each !== "urgent"), [0, 1, 2]);
    assert.ok(order.indexOf("urgent") <= 1, `${order.join()}`); // A broker may have handed one over before it looked.
  });

  for (const [what, outcome, next] of [
    ["a retry is the next attempt", { type: "retry", afterMs: 0, error: FAULT }, { attempt: 2, losses: 0 }],
    ["a retry with a delay is the next attempt, not before it", { type: "retry", afterMs: 300, error: FAULT }, { attempt: 2, losses: 0 }],
    ["what was lost has one more loss", { type: "lost", afterMs: 0, error: FAULT }, { attempt: 2, losses: 1 }],
    ["what was released is as it was", { type: "released" }, { attempt: 1, losses: 0 }],
    ["what was released for later is as it was", { type: "released", afterMs: 200 }, { attempt: 1, losses: 0 }],
  ] as const) {
    conforms(what, async (queue) => {
      await queue.publish([job("again", { labels: { a: "b" } })]);
      const hand = new Hand(queue, 3);
      const [first] = await hand.get(1);
      const settledAt = performance.now();
      assert.equal(await first?.settle(outcome as Outcome), true);
      await hand.get(2);
      const { job: second } = hand.taken[1] ?? assert.fail();
      assert.deepEqual({ id: second.id, attempt: second.attempt, losses: second.losses, labels: second.labels }, { id: first?.job.id, ...next, labels: { a: "b" } });
      const afterMs = "afterMs" in outcome ? outcome.afterMs : 0;
      assert.ok(afterMs - 110 <= performance.now() - settledAt, "it came too early");
    });
  }

  conforms("a delivery is settled once: whoever comes later is refused", async (queue) => {
    await queue.publish([job(1)]);
    const hand = new Hand(queue, 1);
    const [delivery] = await hand.get(1);
    assert.equal(await delivery?.settle({ type: "succeeded", result: "1" }), true);
    assert.equal(await delivery?.settle({ type: "succeeded", result: "2" }), false);
    assert.equal(await delivery?.settle({ type: "retry", afterMs: 0, error: FAULT }), false);
  });

  conforms("an older lease of a job is refused when there is a newer one", async (queue) => {
    await queue.publish([job(1)]);
    const hand = new Hand(queue, 2);
    const [first] = await hand.get(1);
    await first?.settle({ type: "lost", afterMs: 0, error: FAULT });
    await hand.get(2);
    assert.equal(await first?.settle({ type: "succeeded", result: '"of the dead"' }), false);
    assert.equal(await hand.taken[1]?.settle({ type: "succeeded", result: '"of the living"' }), true);
  });

  conforms("what is given up is a dead letter", async (queue) => {
    await queue.publish([job(1), job(2)]);
    const hand = new Hand(queue, 2);
    for (const delivery of await hand.get(2)) await delivery.settle({ type: "failed", error: FAULT });
    const { failed, running } = await depthWhen(queue, ({ failed: count }) => count === 2);
    assert.deepEqual({ failed, running }, { failed: 2, running: 0 });
  });

  conforms("a delayed job comes when it is due", async (queue) => {
    const dueMs = Date.now() + 400;
    await queue.publish([job("late", { runAtMs: dueMs }), job("soon")]);
    const hand = new Hand(queue, 5);
    await hand.get(2);
    assert.deepEqual(hand.taken.map(({ job: { data } }) => JSON.parse(data)), ["soon", "late"]);
    assert.ok(dueMs <= Date.now() + 110);
  });

  conforms("what was accepted is there when the queue is opened again, what was settled is not", async (queue, again) => {
    await queue.publish(Array.from({ length: 10 }, (_, n) => job(n)));
    const hand = new Hand(queue, 4);
    const [first, second] = await hand.get(4);
    await first?.settle({ type: "succeeded", result: "1" });
    await second?.settle({ type: "succeeded", result: "1" });
    const done = [first?.job.id, second?.job.id];
    const next = new Hand(await again(), 100);
    await next.get(8);
    assert.equal(new Set(next.taken.map(({ job: { id } }) => id)).size, 8);
    assert.ok(next.taken.every(({ job: { id } }) => !done.includes(id)));
  });

  conforms("a job with an id or a key that is there is that one", async (queue) => {
    assert.deepEqual(await queue.publish([job(1, { id: "a1", key: "k1" })]), [{ id: "a1", isNew: true }]);
    assert.deepEqual(await queue.publish([job(2, { id: "a1" }), job(3, { id: "a3", key: "k1" }), job(4, { id: "a4" })]), [{ id: "a1", isNew: false }, { id: "a1", isNew: false }, { id: "a4", isNew: true }]);
    const hand = new Hand(queue, 10);
    await hand.get(2);
    assert.deepEqual(hand.taken.map(({ job: { data } }) => JSON.parse(data)), [1, 4]);
  }, knowsTwins);

  conforms("what waits can be taken away", async (queue) => {
    await queue.publish([job(1, { id: "c1" }), job(2, { id: "c2" })]);
    assert.deepEqual(await queue.cancel(["c1", "c1", "nobody"], "test"), ["c1"]);
    const hand = new Hand(queue, 10);
    await hand.get(1);
    assert.equal(hand.taken[0]?.job.id, "c2");
    assert.deepEqual(await queue.cancel(["c2"], "test"), []);
  }, canPick);

  conforms("a rule at its limit lets others pass, and goes on when there is room", async (queue) => {
    await queue.publish([...Array.from({ length: 5 }, (_, n) => job(n, { rule: "a:one" })), job("b", { rule: "b:two" })]);
    const hand = new Hand(queue, 0);
    hand.consuming.setLimits(new Map([["a:one", 1]]));
    hand.consuming.setSlots(4);
    await hand.get(2);
    assert.deepEqual(hand.taken.map(({ job: { rule } }) => rule).toSorted(), ["a:one", "b:two"]);
    for (let next = 0; next < 5; next += 1) {
      await hand.until(() => next < hand.taken.filter(({ job: { rule } }) => rule === "a:one").length, `the ${next + 1}. of the limited rule`);
      await hand.taken.filter(({ job: { rule } }) => rule === "a:one")[next]?.settle({ type: "succeeded", result: "1" });
    }
  }, canPick);

  conforms("10,000 jobs are each handed over and settled once", async (queue) => {
    const settled: Promise<boolean>[] = [];
    const seen: number[] = [];
    const hand = new Hand(queue, 200, (delivery) => {
      seen.push(Number(delivery.job.data));
      settled.push(delivery.settle({ type: "succeeded", result: delivery.job.data }));
    });
    await Promise.all(Array.from({ length: 100 }, (_, group) => queue.publish(Array.from({ length: 100 }, (__, n) => job(group * 100 + n)))));
    await hand.get(10_000);
    assert.ok((await Promise.all(settled)).every(Boolean));
    assert.equal(new Set(seen).size, 10_000);
    assert.equal(seen.length, 10_000);
  });

  conforms("whatever comes of them, each job ends once, after as many attempts as it was told", async (queue) => {
    const ends = fc.array(fc.constantFrom("retry" as const, "lost" as const, "released" as const), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(ends, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 8 }), async (plans, slots) => {
        const run = Math.random().toString(36).slice(2);
        const ended = new Map<string, number>();
        const left = plans.map((plan) => [...plan]);
        const expected = plans.map((plan) => ({ attempt: 1 + plan.filter((each) => each !== "released").length, losses: plan.filter((each) => each === "lost").length }));
        const hand = new Hand(queue, slots, (delivery) => {
          const [of, index] = JSON.parse(delivery.job.data) as [string, number];
          if (of !== run) return void delivery.settle({ type: "succeeded", result: "1" });
          const next = left[index]?.shift();
          if (next === undefined) {
            assert.deepEqual({ attempt: delivery.job.attempt, losses: delivery.job.losses }, expected[index]);
            void delivery.settle({ type: "succeeded", result: "1" }).then((isOurs) => isOurs && ended.set(delivery.job.id, (ended.get(delivery.job.id) ?? 0) + 1));
          } else void delivery.settle(next === "released" ? { type: "released" } : { type: next, afterMs: 0, error: FAULT });
        });
        const published = await queue.publish(plans.map((_, index) => job([run, index])));
        const handOvers = plans.reduce((sum, plan) => sum + plan.length + 1, 0);
        await hand.until(() => handOvers <= hand.taken.length, "all ends");
        await depthWhen(queue, ({ running }) => running === 0);
        await hand.consuming.stop();
        assert.deepEqual([...ended.keys()].toSorted(), published.map(({ id }) => id).toSorted());
        assert.ok([...ended.values()].every((count) => count === 1));
      }),
      { numRuns: 15 },
    );
  });
}

async function depthWhen(queue: Queue, isSo: (depth: QueueDepth) => boolean): Promise<QueueDepth> {
  let depth: QueueDepth | undefined;
  for (const until = performance.now() + WITHIN_MS; performance.now() < until; ) {
    depth = await queue.depth();
    if (depth !== undefined && isSo(depth)) return depth;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return depth ?? assert.fail("the queue never said how much it holds");
}
