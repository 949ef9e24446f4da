// Jobs that run for longer than a broker lets anybody hold a message: they run once, and whoever has the broker's ear next has them when their agent is gone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect } from "amqplib";
import type { Channel, ChannelModel } from "amqplib";
import type { Intake } from "#sdk/intake.ts";
import type { Delivery, Outcome, Queue } from "#sdk/queue.ts";
import { until } from "#test/cli/run-dure.ts";
import { noRabbitMq, startRabbitMq } from "#test/servers/rabbitmq.ts";
import type { RabbitMq } from "#test/servers/rabbitmq.ts";
import { openRabbitMqQueue } from "./rabbitmq.ts";
import type { LongJobTimes } from "./rabbitmq/long-jobs.ts";

const WITHIN_MS = 90_000;
const SUCCESS: Outcome = { type: "succeeded", result: "1" };
/** Of the broker, who looks each second. */
const CONSUMER_TIMEOUT_MS = 4000;
const TIMES: LongJobTimes = { afterMs: 500, everyMs: 300, goneMs: 60_000 };
const CODEC: Intake["codec"] = { read: (body) => ({ do: "run", job: { rule: "old:rule", data: "1", envelope: body.toString(), from: "test" } }), answer: (job) => `answered ${job.envelope ?? ""}` };
let server: RabbitMq | undefined;
let model: ChannelModel | undefined;
before(async () => {
  if (noRabbitMq !== false) return;
  server = await startRabbitMq();
  server.control("eval", `application:set_env(rabbit, consumer_timeout, ${CONSUMER_TIMEOUT_MS}), application:set_env(rabbit, channel_tick_interval, 1000).`);
  model = await connect(url());
});
after(async () => {
  await model?.close();
  await server?.[Symbol.asyncDispose]();
});

for (const kind of ["quorum", "classic"] as const) {
  test(`rabbitmq long jobs: a ${kind} queue's jobs that run for longer than its consumer_timeout run once, beside others`, { skip: noRabbitMq, timeout: 2 * WITHIN_MS }, async () => {
    const name = `long.${kind}`;
    await using world = makeWorld({ name, kind, intake: { queueIn: `${name}.in`, queueOut: `${name}.out`, codec: CODEC } });
    await world.publish("long");
    await world.publish("urgent", { priority: 9 });
    await world.take(2);
    const channel = await world.channel();
    channel.sendToQueue(`${name}.in`, Buffer.from("길동"), { persistent: true });
    await world.take(3);
    await until(async () => (await world.tickets()) === 3, "each has its ticket");
    // What else runs meanwhile is not hurt.
    for (let n = 0; n < 8; n += 1) {
      await world.publish(n);
      const deliveries = await world.take(4 + n);
      assert.equal(await deliveries.at(-1)?.settle(SUCCESS), true);
      await new Promise((go) => setTimeout(go, CONSUMER_TIMEOUT_MS / 4));
    }
    assert.deepEqual(await Promise.all(world.taken.slice(0, 3).map((delivery) => delivery.settle(SUCCESS))), [true, true, true]);
    assert.deepEqual({ taken: world.taken.length, lost: world.lost.length, states: world.states.filter((is) => is !== "open"), depth: await world.queue.depth(), tickets: await world.tickets() }, { taken: 11, lost: 0, states: [], depth: { queued: 0, delayed: 0, running: 0, failed: 0 }, tickets: 0 });
    const answer = await channel.get(`${name}.out`, { noAck: true });
    assert.equal(answer === false ? undefined : answer.content.toString(), "answered 길동");
    assert.equal(await channel.get(`${name}.out`, { noAck: true }), false);
  });
}

test("rabbitmq long jobs: the same agent, started again, has them at once, with one loss", { skip: noRabbitMq, timeout: WITHIN_MS }, async () => {
  const first = makeWorld({ name: "again" });
  await first.publish("long", { labels: { company: "1" } });
  await first.take(1);
  await until(async () => (await first.tickets()) === 1, "it has its ticket");
  await first.queue.close();
  await using second = makeWorld({ name: "again" });
  const [delivery] = await second.take(1);
  assert.deepEqual({ data: delivery?.job.data, attempt: delivery?.job.attempt, losses: delivery?.job.losses, labels: delivery?.job.labels, id: delivery?.job.id }, { data: '"long"', attempt: 2, losses: 1, labels: { company: "1" }, id: first.taken[0]?.job.id });
  assert.equal(await delivery?.settle(SUCCESS), true);
});

test("rabbitmq long jobs: another agent has them when theirs has been gone for long enough, and who comes too late is told", { skip: noRabbitMq, timeout: WITHIN_MS }, async () => {
  // Its tickets are not renewed in time, as if it stood still.
  await using one = makeWorld({ name: "other", agentId: "one", slots: 1, times: { afterMs: 300, everyMs: 4000, goneMs: 1000 } });
  await one.publish("long");
  await one.take(1);
  await using two = makeWorld({ name: "other", agentId: "two" });
  const [delivery] = await two.take(1);
  assert.deepEqual([delivery?.job.data, delivery?.job.losses], ['"long"', 1]);
  await until(() => one.lost.length === 1, "it is told");
  assert.equal(await one.taken[0]?.settle(SUCCESS), false);
  assert.equal(await delivery?.settle(SUCCESS), true);
});

interface Given {
  readonly name: string;
  readonly agentId?: string;
  readonly kind?: "auto" | "quorum" | "classic";
  readonly intake?: Intake;
  readonly times?: LongJobTimes;
  readonly slots?: number;
}

function makeWorld({ name, agentId = "test", kind = "auto", intake, times = TIMES, slots = 5 }: Given) {
  const queue: Queue = openRabbitMqQueue({ urls: [url()], name, kind, heartbeatMs: 10_000, connectTimeoutMs: 5000, agentId, intakes: intake === undefined ? [] : [intake], longJobs: times });
  const taken: Delivery[] = [];
  const lost: Delivery[] = [];
  const states: string[] = [];
  queue.consume({ slots, name: agentId, take: (delivery) => void taken.push(delivery), lost: (delivery) => void lost.push(delivery) });
  queue.onState(({ is }) => void states.push(is));
  return {
    queue,
    taken,
    lost,
    states,
    channel: (): Promise<Channel> => model?.createChannel() ?? assert.fail(),
    async publish(data: unknown, more: object = {}): Promise<void> {
      await until(() => queue.publish([{ rule: "a:b", data: JSON.stringify(data), from: "test", ...more }]).then(() => true, () => false), `${JSON.stringify(data)} is accepted`);
    },
    async take(wanted: number): Promise<readonly Delivery[]> {
      await until(() => wanted <= taken.length, `${wanted} are taken, not ${taken.length}`);
      return taken.slice(0, wanted);
    },
    async tickets(): Promise<number> {
      const channel = (await model?.createChannel()) ?? assert.fail();
      let count = 0;
      for (const home of [name, `${name}.high`, ...(intake === undefined ? [] : [intake.queueIn])]) count += (await channel.checkQueue(`${name}.held.${agentId}.${home}`)).messageCount;
      await channel.close();
      return count;
    },
    [Symbol.asyncDispose]: () => queue.close(),
  };
}

function url(): string {
  return `amqp://guest:guest@127.0.0.1:${server?.port}/`;
}
