// The queues at the broker: of our own name, with their dead letters and delays; and those of others, taken as they are.
import type { ChannelModel, ConfirmChannel, Options } from "amqplib";
import type { BrokerPlace } from "#sdk/broker-place.ts";
import type { Epoch } from "./link.ts";

export interface Names {
  readonly main: string;
  /** What is more urgent than usual has a queue of its own: quorum queues know no priorities, and classic ones that do cost the broker a third more. */
  readonly high: string;
  readonly dead: string;
  /** Where what became of the jobs that we published is told. */
  readonly answers: string;
  /** Prefix of the queues with the tickets of long jobs. */
  readonly held: string;
}

/** A delay is spent in steps: each is a queue whose messages go on after its time. */
const STEPS_MS = [100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000, 21_600_000, 86_400_000] as const;
const ANSWERS_EXPIRE_MS = 7 * 86_400_000;

export async function declareOwn({ channel, model }: Epoch, { name, kind }: BrokerPlace, agentId: string): Promise<Names> {
  const isQuorum = kind === "quorum" || (kind === "auto" && hasQuorumQueues(model));
  const agent = agentId.replace(/[^\w-]/g, "");
  const names: Names = { main: name, high: `${name}.high`, dead: `${name}.dead`, answers: `${name}.answers.${agent}`, held: `${name}.held.${agent}` };
  const type = isQuorum ? { "x-queue-type": "quorum" } : {};
  await assertOrTake(model, names.dead, { durable: true, arguments: type });
  await channel.assertExchange(names.dead, "fanout", { durable: true });
  await channel.bindQueue(names.dead, names.dead, "");
  const main = { durable: true, arguments: { ...type, "x-dead-letter-exchange": names.dead } };
  await assertOrTake(model, names.main, main);
  await assertOrTake(model, names.high, main);
  await channel.assertQueue(names.answers, { durable: true, arguments: { "x-expires": ANSWERS_EXPIRE_MS } });
  return names;
}

/** A durable classic queue where there is none; whatever is there is left as it is. */
export async function takeQueue(model: ChannelModel, name: string): Promise<void> {
  if (!(await isThere(model, name))) await assertOrTake(model, name, { durable: true });
}

/** Where a message goes that is to come to `target` after some of `ms`. Gives the queue. */
export async function delayQueue(channel: ConfirmChannel, name: string, target: string, ms: number): Promise<string> {
  const step = STEPS_MS.findLast((each) => each <= ms) ?? STEPS_MS[0];
  const queue = `${name}.delay.${step}${target === name ? "" : `.${target}`}`;
  await channel.assertQueue(queue, { durable: true, arguments: { "x-message-ttl": step, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": target } });
  return queue;
}

/** One that was made otherwise is taken as it is: what is in it counts more than how it is. */
async function assertOrTake(model: ChannelModel, name: string, options: Options.AssertQueue): Promise<void> {
  const refused = await withProbe(model, async (probe) => void (await probe.assertQueue(name, options)));
  if (refused !== undefined && !(await isThere(model, name))) throw refused;
}

async function isThere(model: ChannelModel, name: string): Promise<boolean> {
  return (await withProbe(model, async (probe) => void (await probe.checkQueue(name)))) === undefined;
}

/** A refusal costs the channel that it came on. Gives the refusal, or nothing. */
async function withProbe(model: ChannelModel, ask: (probe: Awaited<ReturnType<ChannelModel["createChannel"]>>) => Promise<void>): Promise<Error | undefined> {
  try {
    const probe = await model.createChannel();
    probe.on("error", () => {}); // The question rejects.
    await ask(probe);
    await probe.close();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

export async function countIn(model: ChannelModel, queue: string): Promise<number> {
  let count = 0;
  await withProbe(model, async (probe) => void (count = (await probe.checkQueue(queue)).messageCount));
  return count;
}

/** Since RabbitMQ 3.8. */
function hasQuorumQueues(model: ChannelModel): boolean {
  const { product = "", version = "0.0" } = (model.connection as unknown as { serverProperties?: { product?: string; version?: string } }).serverProperties ?? {};
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return product === "RabbitMQ" && (3 < major || (major === 3 && 8 <= minor));
}
