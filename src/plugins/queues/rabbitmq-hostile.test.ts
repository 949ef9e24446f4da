// What others do at the broker while jobs are on their way: queues that vanish or are full, messages larger than a header, connections that go again and again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect } from "amqplib";
import type { Channel, ChannelModel } from "amqplib";
import type { Intake } from "#sdk/intake.ts";
import { QueueFailure } from "#sdk/queue.ts";
import type { Delivery, Outcome, Queue } from "#sdk/queue.ts";
import { until } from "#test/cli/run-dure.ts";
import { noRabbitMq, startRabbitMq } from "#test/servers/rabbitmq.ts";
import type { RabbitMq } from "#test/servers/rabbitmq.ts";
import { openRabbitMqQueue } from "./rabbitmq.ts";

const WITHIN_MS = 90_000;
const SUCCESS: Outcome = { type: "succeeded", result: "1" };
const ERROR = { kind: "Error", message: "펑" } as const;
let server: RabbitMq | undefined;
const models: ChannelModel[] = [];
let count = 0;
before(async () => {
  if (noRabbitMq !== false) return;
  server = await startRabbitMq();
});
after(async () => {
  for (const model of models) await model.close().catch(() => {}); // One test closes all connections.
  await server?.[Symbol.asyncDispose]();
});

for (const kind of ["classic", "quorum"] as const) {
  test(`rabbitmq hostile: what is sent to a ${kind} queue that somebody deleted is not said to be accepted`, { skip: noRabbitMq, timeout: WITHIN_MS }, async () => {
    await using world = makeWorld({ kind });
    await world.publish("first");
    const channel = await plain();
    await channel.deleteQueue(world.name);
    const refused = await world.queue.publish([world.job("second")]).then(() => undefined, (error: unknown) => error);
    assert.ok(refused instanceof QueueFailure, "it was said to be accepted");
    await world.publish("third");
    assert.deepEqual((await world.take(1)).map(({ job }) => JSON.parse(job.data)), ["third"]);
  });
}

test("rabbitmq hostile: a retry does not come before its time, however its delay is put together", { skip: noRabbitMq, timeout: WITHIN_MS }, async () => {
  await using world = makeWorld({});
  await world.publish(1);
  const [first] = await world.take(1);
  const at = performance.now();
  assert.equal(await first?.settle({ type: "retry", afterMs: 1900, error: ERROR }), true);
  const [, second] = await world.take(2);
  assert.equal(second?.job.attempt, 2);
  assert.ok(1850 <= performance.now() - at, "it came too early");
});

test("rabbitmq hostile: a message larger than any header may be is tried again like others, and its job comes whole", { skip: noRabbitMq, timeout: WITHIN_MS }, async () => {
  await using world = makeWorld({ intake: { queueIn: "big.in", queueOut: "big.out" } });
  await world.publish(0);
  const channel = await plain();
  const text = JSON.stringify({ text: "가".repeat(100_000) });
  channel.sendToQueue("big.in", Buffer.from(text), { persistent: true });
  await world.take(2);
  const [big] = world.taken.filter(({ job }) => job.rule === "old:rule");
  assert.equal(await big?.settle({ type: "lost", afterMs: 0, error: ERROR }), true);
  await world.take(3);
  assert.deepEqual({ losses: world.taken[2]?.job.losses, envelope: world.taken[2]?.job.envelope === text, id: world.taken[2]?.job.id }, { losses: 1, envelope: true, id: big?.job.id });
});

test("rabbitmq hostile: a job with an envelope larger than any header may be is published without it, one with an id that is too long is refused", { skip: noRabbitMq, timeout: WITHIN_MS }, async () => {
  await using world = makeWorld({});
  await world.publish(1, { envelope: JSON.stringify("가".repeat(100_000)), labels: { company: "1" } });
  const [first] = await world.take(1);
  assert.deepEqual({ envelope: first?.job.envelope, labels: first?.job.labels }, { envelope: undefined, labels: { company: "1" } });
  await assert.rejects(world.queue.publish([world.job(2, { id: "길".repeat(100) })]), (error: unknown) => error instanceof QueueFailure && error.fault === "refused");
});

test("rabbitmq hostile: a reply that the broker refuses is offered again until it is taken, and the job is not run again", { skip: noRabbitMq, timeout: WITHIN_MS }, async () => {
  const channel = await plain();
  await channel.assertQueue("full.out", { durable: true, arguments: { "x-max-length": 1, "x-overflow": "reject-publish" } });
  channel.sendToQueue("full.out", Buffer.from("in the way"));
  await using world = makeWorld({ intake: { queueIn: "full.in", queueOut: "full.out" } });
  await world.publish(0);
  await world.take(1);
  channel.sendToQueue("full.in", Buffer.from("1"));
  const [, job] = await world.take(2);
  const settled = job?.settle(SUCCESS);
  await world.queue.depth(); // A turn at the broker, in which it refuses.
  await until(async () => (await channel.get("full.out", { noAck: true })) !== false, "what was in the way");
  assert.equal(await settled, true);
  await until(async () => (await channel.get("full.out", { noAck: true })) !== false, "the reply");
  assert.equal(world.taken.length, 2);
});

test("rabbitmq hostile: who asked for an answer and went away harms nobody, whatever his queue was called", { skip: noRabbitMq, timeout: WITHIN_MS }, async () => {
  await using world = makeWorld({});
  await world.publish(0);
  (await plain()).sendToQueue(world.name, Buffer.from("1"), { type: "a:b", replyTo: `${world.name}.gone`, correlationId: "1" });
  const deliveries = await world.take(2);
  const states: string[] = [];
  world.queue.onState(({ is }) => void states.push(is));
  assert.deepEqual(await Promise.all(deliveries.map((delivery) => delivery.settle(SUCCESS))), [true, true]);
  await world.publish(2);
  await world.take(3);
  assert.deepEqual({ states, attempts: world.taken.map(({ job }) => job.attempt) }, { states: [], attempts: [1, 1, 1] });
});

test("rabbitmq hostile: an answer to an old queue that somebody deleted is given all the same", { skip: noRabbitMq, timeout: WITHIN_MS }, async () => {
  await using world = makeWorld({ intake: { queueIn: "gone.in", queueOut: "gone.out" } });
  await world.publish(0);
  const channel = await plain();
  channel.sendToQueue("gone.in", Buffer.from("1"));
  const isOld = ({ job }: Delivery): boolean => job.rule === "old:rule";
  await world.take(1);
  await until(() => world.taken.some(isOld), "the task");
  await channel.deleteQueue("gone.out");
  assert.equal(await world.taken.find(isOld)?.settle(SUCCESS), false);
  await until(() => world.taken.filter(isOld).length === 2, "it comes again");
  assert.equal(await world.taken.findLast(isOld)?.settle(SUCCESS), true);
  assert.equal(((await channel.get("gone.out", { noAck: true })) || undefined)?.content.toString(), "answered");
});

test("rabbitmq hostile: a full queue is said to be full", { skip: noRabbitMq, timeout: WITHIN_MS }, async () => {
  const channel = await plain();
  await channel.assertQueue("full.jobs", { durable: true, arguments: { "x-max-length": 1, "x-overflow": "reject-publish" } });
  await using world = makeWorld({ name: "full.jobs", kind: "classic" });
  await world.publish(1);
  await assert.rejects(world.queue.publish([world.job(2)]), (error: unknown) => error instanceof QueueFailure && error.fault === "full");
});

test("rabbitmq hostile: connections that go again and again make no poison of what never began", { skip: noRabbitMq, timeout: 2 * WITHIN_MS }, async () => {
  await using world = makeWorld({ kind: "quorum" });
  await world.publish(1);
  for (let time = 1; time <= 4; time += 1) {
    await world.take(time);
    if (time < 4) server?.control("close_all_connections", "again");
  }
  assert.ok((world.taken[3]?.job.losses ?? 0) <= 1, `${world.taken[3]?.job.losses} losses`);
  assert.equal(await world.taken[3]?.settle({ type: "released" }), true);
  await world.take(5);
  assert.equal(world.taken[4]?.job.losses, 0);
});

test("rabbitmq hostile: what was under way when nobody took any more comes to who takes next", { skip: noRabbitMq, timeout: WITHIN_MS }, async () => {
  await using world = makeWorld({});
  await world.queue.publish(Array.from({ length: 500 }, (_, n) => world.job(n)));
  const seen = new Set<string>();
  for (let round = 0; round < 20; round += 1) {
    const consuming = world.queue.consume({ slots: 50, name: "short", take: (delivery) => void delivery.settle(SUCCESS).then((isOurs) => isOurs && seen.add(delivery.job.data)), lost: () => {} });
    await consuming.stop();
  }
  world.queue.consume({ slots: 50, name: "long", take: (delivery) => void delivery.settle(SUCCESS).then((isOurs) => isOurs && seen.add(delivery.job.data)), lost: () => {} });
  await until(() => seen.size === 500, `${seen.size} of 500`);
  await until(async () => (await world.queue.depth())?.running === 0, "nothing is held");
});

test("rabbitmq hostile: numbers of a job of others come as they were written", { skip: noRabbitMq, timeout: WITHIN_MS }, async () => {
  await using world = makeWorld({});
  await world.publish(0);
  (await plain()).sendToQueue(world.name, Buffer.from('{\r\n  "id": 12345678901234567890\n}'), { type: "a:b" });
  await world.take(2);
  assert.equal(world.taken[1]?.job.data.replaceAll(/\s/g, ""), '{"id":12345678901234567890}');
  assert.ok(!world.taken[1]?.job.data.includes("\n"));
});

test("rabbitmq hostile: counts at the end of all numbers, which one more loss would take past it, count for nothing", { skip: noRabbitMq, timeout: WITHIN_MS }, async () => {
  await using world = makeWorld({});
  await world.publish(0);
  const most = Number.MAX_SAFE_INTEGER;
  (await plain()).sendToQueue(world.name, Buffer.from("1"), { type: "a:b", headers: { attempt: most, losses: most, created: most, run_at: most } });
  const { attempt, losses, createdMs, runAtMs } = (await world.take(2))[1]?.job ?? {};
  assert.deepEqual({ attempt, losses, isNow: (createdMs ?? most) < most, runAtMs }, { attempt: 1, losses: 0, isNow: true, runAtMs: undefined });
});

interface Given {
  readonly name?: string;
  readonly kind?: "auto" | "quorum" | "classic";
  readonly intake?: Pick<Intake, "queueIn" | "queueOut">;
}

function makeWorld({ name = `hostile.${(count += 1)}`, kind = "auto", intake }: Given) {
  const codec: Intake["codec"] = { read: (body) => ({ do: "run", job: { rule: "old:rule", data: "1", envelope: body.toString(), from: "test" } }), answer: () => "answered" };
  const queue: Queue = openRabbitMqQueue({ urls: [`amqp://guest:guest@127.0.0.1:${server?.port}/`], name, kind, heartbeatMs: 10_000, connectTimeoutMs: 5000, agentId: "test", intakes: intake === undefined ? [] : [{ ...intake, codec }] });
  const taken: Delivery[] = [];
  let isTaking = false;
  const job = (data: unknown, more: object = {}) => ({ rule: "a:b", data: JSON.stringify(data), from: "test", ...more });
  return {
    name,
    queue,
    taken,
    job,
    async publish(data: unknown, more: object = {}): Promise<void> {
      await until(() => queue.publish([job(data, more)]).then(() => true, () => false), `${JSON.stringify(data)} is accepted`);
    },
    /** As many as were taken so far; they are kept until a test settles them. */
    async take(wanted: number): Promise<readonly Delivery[]> {
      if (!isTaking) queue.consume({ slots: 100, name: "test", take: (delivery) => void taken.push(delivery), lost: () => {} });
      isTaking = true;
      await until(() => wanted <= taken.length, `${wanted} are taken`);
      return taken.slice(0, wanted);
    },
    [Symbol.asyncDispose]: () => queue.close(),
  };
}

async function plain(): Promise<Channel> {
  const model = await connect(`amqp://guest:guest@127.0.0.1:${server?.port}/`);
  model.on("error", () => {});
  models.push(model);
  return model.createChannel();
}
