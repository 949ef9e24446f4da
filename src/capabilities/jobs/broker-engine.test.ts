import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fleetTables } from "#kernel/fleet/fleet-tables.ts";
import { migrate } from "#kernel/store/migrate.ts";
import { openRabbitMqQueue } from "#plugins/queues/rabbitmq.ts";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";
import { noRabbitMq, startRabbitMq } from "#test/servers/rabbitmq.ts";
import { WAIT_MS, startEngine, until } from "./testing.ts";

test("jobs over RabbitMQ: a dead letter that was replayed is none of the dead letters, though the broker has it still", { skip: noRabbitMq, timeout: 4 * WAIT_MS }, async () => {
  await using rabbit = await startRabbitMq();
  const broker = openRabbitMqQueue({ urls: [`amqp://guest:guest@127.0.0.1:${rabbit.port}/`], name: "dead", kind: "classic", heartbeatMs: 10_000, connectTimeoutMs: 5000, agentId: "test" });
  await using world = await startEngine({ "shop.mjs": "export function pay(data) { if (data === 'no') throw new Error('no'); return 'paid'; }\n" }, {}, { broker });
  const { engine } = world;
  const dead = async (): Promise<number | undefined> => (await engine.look()).queue.depth?.failed;
  await until(async () => (await engine.look()).queue.state.is === "open", "the broker is there");
  const [one, two] = await engine.submit(["no", "no"].map((data) => ({ rule: "shop:pay", data: JSON.stringify(data), from: "test" })));
  assert.ok(one !== undefined && two !== undefined);
  await Promise.all([engine.wait(one.id, WAIT_MS), engine.wait(two.id, WAIT_MS)]);
  await until(async () => (await dead()) === 2, "both are dead letters");
  const [replayed] = await engine.replay({ ids: [one.id] }, "test", { data: '"yes"' });
  assert.equal((await engine.wait(replayed?.as ?? "", WAIT_MS)).state, "succeeded");
  assert.equal(await dead(), 1);
});

test("jobs over RabbitMQ: each attempt, and what a rule says and marks on its way, stand in the job's history as with the embedded queue, also when it takes a moment only", { skip: noRabbitMq, timeout: 4 * WAIT_MS }, async () => {
  await using rabbit = await startRabbitMq();
  const rules = {
    "shop.ts": `
      import { defineRule } from "dure/rule";
      export const pay = defineRule({ attempts: 2, backoff: { first: "300ms", most: "300ms" }, run(ms, { attempt, log, mark }) {
        log.info("begun"); mark("asked", "the bank");
        if (attempt === 1) throw new Error("closed");
        return new Promise((go) => setTimeout(go, ms));
      } });`,
  };
  const stories: unknown[] = [];
  for (const kind of ["classic", "quorum", undefined] as const) {
    const broker = kind === undefined ? undefined : openRabbitMqQueue({ urls: [`amqp://guest:guest@127.0.0.1:${rabbit.port}/`], name: `story.${kind}`, kind, heartbeatMs: 10_000, connectTimeoutMs: 5000, agentId: "test" });
    await using world = await startEngine(rules, {}, broker === undefined ? {} : { broker });
    await until(async () => (await world.engine.look()).queue.state.is === "open", "the queue is there");
    // Within the moment after which records are written, and longer.
    for (const ms of [0, 500]) {
      const [id = ""] = await world.submit([{ rule: "shop:pay", data: ms }]);
      assert.equal((await world.engine.wait(id, WAIT_MS)).state, "succeeded");
      const { marks } = await world.engine.show(id);
      stories.push(marks.map(({ kind: what, attempt, text }) => (what === "log" || what === "asked" || what === "failed" ? `${what} ${attempt} ${text}` : `${what} ${attempt}`)));
    }
  }
  const story = ["queued 1", "started 1", "log 1 begun", "asked 1 the bank", "failed 1 closed", "retry 2", "started 2", "log 2 begun", "asked 2 the bank", "succeeded 2"];
  assert.deepEqual(stories.map((each) => (each as string[]).toSorted()), stories.map(() => story.toSorted()));
});

test("jobs over RabbitMQ: once a job is forgotten, another can be submitted with its key, by whoever shares the store", { skip: noRabbitMq, timeout: 4 * WAIT_MS }, async () => {
  await using rabbit = await startRabbitMq();
  const dir = mkdtempSync(join(tmpdir(), "dure-shared-"));
  const store = await openSqliteStore(join(dir, "dure.db"));
  await migrate(store, [fleetTables]);
  const agent = (agentId: string) => {
    const broker = openRabbitMqQueue({ urls: [`amqp://guest:guest@127.0.0.1:${rabbit.port}/`], name: "keys", kind: "classic", heartbeatMs: 10_000, connectTimeoutMs: 5000, agentId });
    return startEngine({ "shop.mjs": "export function pay(data) { return 'paid'; }\n" }, {}, { broker, sharedStore: async () => store });
  };
  try {
    await using one = await agent("one");
    await using other = await agent("other");
    for (const { engine } of [one, other]) await until(async () => (await engine.look()).queue.state.is === "open", "the broker is there");
    const pay = async ({ engine }: typeof one) => (await engine.submit([{ rule: "shop:pay", data: "{}", key: "order-7", from: "test" }]))[0];
    const first = await pay(one);
    await one.engine.wait(first?.id ?? "", WAIT_MS);
    assert.deepEqual(await pay(other), { id: first?.id, isNew: false });
    assert.equal(await one.engine.forget({ ids: [first?.id ?? "", "nobody"] }), 1);
    const second = await pay(other);
    assert.deepEqual([second?.isNew, second?.id === first?.id], [true, false]);
    assert.equal((await other.engine.wait(second?.id ?? "", WAIT_MS)).state, "succeeded");
  } finally {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
