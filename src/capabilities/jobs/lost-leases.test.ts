// A lease is lost: its queue gives the job to somebody else, and the run of before must not go on beside that.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Consumer, Delivery, Outcome, Queue } from "#sdk/queue.ts";
import { startEngine, until } from "./testing.ts";

const RULES = `
import { appendFileSync } from "node:fs";
const file = new URL("../ran.txt", import.meta.url);
const isThere = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };
export function deaf({ before }) {
  appendFileSync(file, before === undefined ? process.pid + "\\n" : isThere(before) ? "both run\\n" : "alone\\n");
  return before === undefined ? new Promise(() => {}) : 1;
}
`;

test("lost leases: a job that comes again waits until its run of before has ended, which is ended within a second, whatever kill_after says", { timeout: 120_000 }, async () => {
  const queue = fakeBroker();
  await using jobs = await startEngine({ "a.mjs": RULES }, { queue: { type: "embedded" }, timeoutMs: null, killAfterMs: 600_000, slots: 5 }, { broker: queue.broker });
  const first = queue.give({});
  await until(() => jobs.ran().length === 1, "it runs");
  const [pid = ""] = jobs.ran();
  queue.consumer().lost(first.delivery);
  const again = queue.give({ before: Number(pid) });
  await until(() => again.outcome() !== undefined, "it ran again");
  assert.deepEqual([jobs.ran().at(-1), again.outcome()?.type, first.outcome()?.type ?? "released"], ["alone", "succeeded", "released"]);
});

/** One that says when a lease is lost. */
function fakeBroker() {
  let consumer: Consumer | undefined;
  let lease = 0;
  const broker: Queue = {
    backend: "rabbitmq",
    place: "fake",
    state: { is: "open" },
    onState() {},
    publish: () => Promise.reject(new Error("nobody publishes here")),
    consume(given) {
      consumer = given;
      return { setSlots() {}, setLimits() {}, setHeldBack() {}, stop: () => Promise.resolve() };
    },
    depth: () => Promise.resolve(undefined),
    cancel: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
  return {
    broker,
    consumer: (): Consumer => consumer ?? assert.fail("nobody consumes"),
    /** The same job each time. */
    give(data: unknown) {
      let outcome: Outcome | undefined;
      lease += 1;
      const delivery: Delivery = {
        job: { id: "one", rule: "a:deaf", data: JSON.stringify(data), priority: 4, attempt: lease, losses: 0, createdMs: 1, from: "test" },
        lease,
        settle(given) {
          outcome ??= given;
          return Promise.resolve(true);
        },
        extend() {},
      };
      (consumer ?? assert.fail("nobody consumes")).take(delivery);
      return { delivery, outcome: () => outcome };
    },
  };
}
