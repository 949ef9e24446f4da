import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { connect as connectTcp, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { after, before, test } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { connect } from "amqplib";
import type { Channel, ChannelModel } from "amqplib";
import { unpackMultiple } from "msgpackr";
import type { z } from "zod";
import { PermanentError } from "#base/errors.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { Output, Written } from "#sdk/plugin.ts";
import { linesBatch, recordsBatch, recordsOf, TEST_FACTS, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { folder, until } from "#test/cli/run-dure.ts";
import { startAgent } from "#test/faults/agent.ts";
import { selfSigned } from "#test/receivers/self-signed.ts";
import { freePort } from "#test/servers/free-port.ts";
import { noRabbitMq, startRabbitMq } from "#test/servers/rabbitmq.ts";
import type { RabbitMq } from "#test/servers/rabbitmq.ts";
import { amqp } from "./amqp.ts";

type Given = Partial<z.input<(typeof amqp)["options"]>>;

let rabbit: RabbitMq;
let model: ChannelModel;
let admin: Channel;
async function openAdmin(): Promise<void> {
  model = await connect(`amqp://127.0.0.1:${rabbit.port}`);
  model.on("error", () => {}); // It is meant to be killed.
  admin = await model.createChannel();
  admin.on("error", () => {});
}
before(
  async () => {
    if (noRabbitMq !== false) return;
    rabbit = await startRabbitMq();
    await openAdmin();
  },
  { timeout: 120_000 },
);
after(async () => {
  if (noRabbitMq !== false) return;
  await model.close().catch(() => undefined);
  await rabbit[Symbol.asyncDispose]();
});
const onBroker = (name: string, body: () => Promise<void>): void => void test(name, { skip: noRabbitMq, timeout: 120_000 }, body);
const soon = (): AbortSignal => AbortSignal.timeout(60_000);
const optionsOf = (given: Given) => amqp.options.parse({ hosts: [`127.0.0.1:${rabbit.port}`], ...given });

async function write(output: Output, batch: Batch, signal = soon()): Promise<Written> {
  try {
    return (await output.write(batch, signal)) ?? {};
  } finally {
    batch.release();
  }
}
async function opened(given: Given, body: (output: Output, context: TestContext) => Promise<void>): Promise<void> {
  await using context = await testContext();
  const output = await amqp.open(optionsOf(given), context);
  const warm = linesBatch(context.pool, "warm"); // The pool keeps the small program that lines are written by.
  warm.json({ key: "time", offsetMinutes: 0, digits: 3 }).release();
  warm.release();
  const restBytes = context.pool.usedBytes;
  try {
    await body(output, context);
  } finally {
    await output.close();
  }
  assert.equal(context.pool.usedBytes, restBytes);
}
/** All messages of a queue. */
async function messages(queue: string) {
  const found = [];
  for (let got = await admin.get(queue, { noAck: true }); got !== false; got = await admin.get(queue, { noAck: true })) found.push({ ...got.fields, ...got.properties, text: got.content.toString(), content: got.content });
  return found;
}

onBroker("amqp: a JSON message for each record, persistent and confirmed", async () => {
  await admin.assertQueue("records", { durable: true });
  await opened({ queue: "records" }, async (output, context) => {
    await write(output, recordsBatch(context.pool, [{ message: "가나다\n\0", n: 1 }, { message: "x".repeat(300_000) }]));
    const lines = linesBatch(context.pool, "하나\n둘").filter((row) => row === 1);
    assert(lines);
    await write(output, lines);
  });
  const found = await messages("records");
  assert.deepEqual(found.map(({ text }) => (JSON.parse(text) as { message: string }).message), ["가나다\n\0", "x".repeat(300_000), "둘"]);
  assert.deepEqual(found.map(({ deliveryMode, contentType }) => [deliveryMode, contentType]), found.map(() => [2, "application/json"]));
  assert.equal(new Set(found.map(({ messageId }) => messageId as string)).size, 3);
});

onBroker("amqp: a message of the whole batch, as JSON lines and as MessagePack", async () => {
  await admin.assertQueue("batches");
  await opened({ queue: "batches", message: "batch" }, async (output, { pool }) => void (await write(output, recordsBatch(pool, [{ n: 1 }, { n: 2 }]))));
  await opened({ queue: "batches", message: "batch", format: "msgpack", persistent: false }, async (output, { pool }) => void (await write(output, recordsBatch(pool, [{ n: 1 }, { n: 2 }]))));
  const [json, msgpack] = await messages("batches");
  assert.deepEqual(json?.text.trimEnd().split("\n").map((line) => (JSON.parse(line) as { n: number }).n), [1, 2]);
  assert.equal(unpackMultiple(msgpack?.content ?? Buffer.alloc(0)).length, 2);
  assert.deepEqual([json?.deliveryMode, msgpack?.deliveryMode], [2, 1]);
});

onBroker("amqp: exchange and routing key from tag and record", async () => {
  await admin.assertExchange("logs.test", "topic");
  await admin.assertQueue("routed");
  await admin.bindQueue("routed", "logs.test", "#");
  await opened({ exchange: "logs.${tag}", routing_key: "${tag}.${record.host}.${record.code}" }, async (output, { pool }) => void (await write(output, recordsBatch(pool, [{ host: "웹1", code: 200 }, { code: null }]))));
  assert.deepEqual((await messages("routed")).map(({ exchange, routingKey }) => [exchange, routingKey]), [["logs.test", "test.웹1.200"], ["logs.test", "test.."]]);
});

onBroker("amqp: what no queue takes is refused alone, as is a name that is too long", async () => {
  await admin.assertExchange("direct.test", "direct");
  await admin.assertQueue("direct");
  await admin.bindQueue("direct", "direct.test", "good");
  const records = Array.from({ length: 200 }, (_, n) => ({ key: n === 50 ? "nobody" : n === 60 ? "가".repeat(100) : "good", n }));
  await opened({ exchange: "direct.test", routing_key: "${record.key}" }, async (output, { pool }) => {
    const { refused } = await write(output, recordsBatch(pool, records));
    assert.deepEqual(new Set(refused?.flatMap(({ batch }) => recordsOf(batch).map(({ n }) => n))), new Set([50, 60]));
    assert(refused?.every(({ reason }) => reason instanceof PermanentError));
    for (const { batch } of refused ?? []) batch.release();
  });
  assert.equal((await messages("direct")).length, 198);
  await opened({ exchange: "direct.test", routing_key: "nobody", message: "batch" }, async (output, { pool }) => assert.rejects(write(output, recordsBatch(pool, [{ n: 1 }])), PermanentError));
  await opened({ exchange: "direct.test", routing_key: "nobody", mandatory: false }, async (output, { pool }) => void (await write(output, recordsBatch(pool, [{ n: 1 }]))));
});

onBroker("amqp: a full queue's nack and a missing exchange are tried again; an exchange a tag names is not", async () => {
  await admin.assertQueue("full", { arguments: { "x-max-length": 1, "x-overflow": "reject-publish" } });
  await opened({ queue: "full" }, async (output, { pool }) => {
    await write(output, recordsBatch(pool, [{ n: 1 }]));
    await assert.rejects(write(output, recordsBatch(pool, [{ n: 2 }])), (error: Error) => !(error instanceof PermanentError) && /nack/.test(error.message));
    await messages("full");
    await write(output, recordsBatch(pool, [{ n: 2 }]));
  });
  await opened({ exchange: "late" }, async (output, { pool }) => {
    await assert.rejects(write(output, recordsBatch(pool, [{ n: 1 }])), (error: Error) => !(error instanceof PermanentError) && /NOT_FOUND/.test(error.message));
    await admin.assertExchange("late", "fanout");
    await admin.assertQueue("later");
    await admin.bindQueue("later", "late", "");
    await write(output, recordsBatch(pool, [{ n: 1 }]));
  });
  await opened({ exchange: "${tag}" }, async (output, { pool }) => {
    await assert.rejects(write(output, recordsBatch(pool, [{ n: 1 }], { ...TEST_FACTS, tag: "nowhere" })), PermanentError);
    await write(output, recordsBatch(pool, [{ n: 2 }], { ...TEST_FACTS, tag: "late" }));
  });
  assert.equal((await messages("later")).length, 2);
});

onBroker("amqp: a broker out of memory is waited for, however long", async () => {
  await admin.assertQueue("blocked");
  await opened({ queue: "blocked", confirm_timeout: "3s" }, async (output, context) => {
    await write(output, recordsBatch(context.pool, [{ n: 1 }]));
    rabbit.control("set_vm_memory_high_watermark", "0.00000001");
    let isWritten = false;
    const writing = write(output, recordsBatch(context.pool, [{ n: 2 }])).then(() => (isWritten = true));
    await until(() => context.said.some(({ message }) => message.startsWith("the broker takes no messages now")), "the broker says so", 60_000);
    assert.equal(await output.healthy?.(soon()), false);
    const since = performance.now();
    await until(() => 4000 < performance.now() - since, "the confirm_timeout passes");
    assert.equal(isWritten, false);
    rabbit.control("set_vm_memory_high_watermark", "0.4");
    await writing;
    assert.deepEqual([...context.counts], []);
  });
  assert.equal((await messages("blocked")).length, 2);
});

/** Between an output and the broker: can fall silent. */
async function proxy(make: (onSocket: (socket: Socket) => void) => Server): Promise<{ port: number; isSilent: boolean; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const state = {
    port: 0,
    isSilent: false,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  const server = make((socket) => {
    const broker = connectTcp(rabbit.port, "127.0.0.1");
    for (const [from, to] of [[socket, broker], [broker, socket]] as const) {
      sockets.add(from);
      from.on("error", () => {});
      from.on("data", (bytes: Buffer) => void (state.isSilent || to.write(bytes)));
      from.on("close", () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  state.port = (server.address() as AddressInfo).port;
  return state;
}

onBroker("amqp: a broker that falls silent loses the connection, and the batch goes out over the next", async () => {
  await admin.assertQueue("silent");
  const between = await proxy((onSocket) => createServer(onSocket));
  await opened({ hosts: [`127.0.0.1:${between.port}`], queue: "silent", confirm_timeout: "200ms", connect_timeout: "200ms" }, async (output, { pool, counts }) => {
    await write(output, recordsBatch(pool, [{ n: 1 }]));
    between.isSilent = true;
    await assert.rejects(write(output, recordsBatch(pool, [{ n: 2 }])), /confirmed nothing/);
    await assert.rejects(write(output, recordsBatch(pool, [{ n: 2 }])), /TIMEDOUT|timed? ?out/i);
    between.isSilent = false;
    await write(output, recordsBatch(pool, [{ n: 2 }]));
    assert.equal(counts.get("reconnects_total"), 1);
    // And a write that is given up does not wait.
    between.isSilent = true;
    await assert.rejects(write(output, recordsBatch(pool, [{ n: 3 }]), AbortSignal.timeout(20)));
  });
  await between.close();
});

onBroker("amqp: two writes at once of more than the socket takes both end", async () => {
  await admin.assertQueue("wide");
  await opened({ queue: "wide" }, async (output, { pool }) => {
    const records = Array.from({ length: 6000 }, (_, n) => ({ n, text: "x".repeat(150) }));
    await Promise.all([write(output, recordsBatch(pool, records)), write(output, recordsBatch(pool, records))]);
  });
  assert.equal((await admin.checkQueue("wide")).messageCount, 12_000);
});

test("amqp: TLS, checked by its authority", { skip: noRabbitMq, timeout: 120_000 }, async (t) => {
  await admin.assertQueue("secret");
  await using files = await testContext();
  const made = await selfSigned(files.configDir);
  if (made === undefined) return t.skip("openssl is not installed");
  const { cert, key } = made;
  const between = await proxy((onSocket) => createTlsServer({ cert, key }, onSocket));
  const hosts = [`localhost:${between.port}`];
  const one = async (tls: Given["tls"]): Promise<void> => {
    const output = await amqp.open(optionsOf({ hosts, queue: "secret", tls }), files);
    try {
      await write(output, recordsBatch(files.pool, [{ n: 1 }]));
    } finally {
      await output.close();
    }
  };
  await one({ ca_file: made.certFile });
  await one({ verify: false });
  await assert.rejects(one({}), /self.signed|certificate/i);
  assert.equal((await messages("secret")).length, 2);
  await between.close();
});

onBroker("amqp: the next host is tried when one is down; what is wrong is said before the start", async () => {
  const gone = await freePort();
  await opened({ hosts: [`127.0.0.1:${gone}`, `127.0.0.1:${rabbit.port}`], queue: "records" }, async (output, { pool }) => void (await write(output, recordsBatch(pool, [{ n: 1 }]))));
  const problems = async (given: Given) => (await amqp.checkEnvironment?.(optionsOf(given), { configDir: "/", signal: soon() }))?.map(({ en }) => en) ?? [];
  assert.deepEqual(await problems({ queue: "records" }), []);
  assert.deepEqual(await problems({ exchange: "${tag}" }), []);
  assert.match((await problems({ queue: "nowhere" }))[0] ?? "", /NOT_FOUND/);
  assert.match((await problems({ exchange: "nowhere" }))[0] ?? "", /NOT_FOUND/);
  assert.match((await problems({ queue: "records", hosts: [`127.0.0.1:${gone}`] }))[0] ?? "", /ECONNREFUSED/);
  const [refused = ""] = await problems({ queue: "records", password: "틀린-비밀" });
  assert.match(refused, /ACCESS.REFUSED/);
  assert(!refused.includes("틀린-비밀"));
});

test("amqp: options that do not fit together are told", () => {
  const told = (given: object) => amqp.options.safeParse(given).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`)[0] ?? "";
  const cases: [object, RegExp][] = [
    [{}, /^exchange: give exchange or queue/],
    [{ exchange: "a", queue: "b" }, /^exchange: /],
    [{ exchange: "a", routing_key: "${host}" }, /^routing_key: \$\{host\} is not known/],
    [{ exchange: "a", routing_key: "${record." }, /^routing_key: /],
    [{ exchange: "a", message: "batch", routing_key: "${record.a}" }, /^message: /],
    [{ exchange: "a", format: "msgpack" }, /^format: /],
    [{ exchange: "a", hosts: ["amqp://u:p@h"] }, /^hosts.0: /],
  ];
  for (const [given, expected] of cases) assert.match(told(given), expected);
  assert.equal(told({ exchange: "a", hosts: ["rabbit", "10.0.0.1:5673", "[::1]:5672"] }), "");
});

onBroker("amqp: a broker and an agent that are killed under load lose nothing", async () => {
  await using dir = folder();
  await admin.assertQueue("trial", { durable: true });
  const pipelines = { main: [{ "in.FileTail": { path: dir.file("app.log"), tag: "t" } }, { "out.Amqp": { hosts: [`127.0.0.1:${rabbit.port}`], queue: "trial" } }] };
  let lines = 0;
  const append = (count: number): void => appendFileSync(dir.file("app.log"), Array.from({ length: count }, () => `${lines++}\n`).join(""));
  const seen = new Set<number>();
  const taken = async (): Promise<number> => {
    for (const { text } of await messages("trial")) seen.add(Number((JSON.parse(text) as { message: string }).message));
    return seen.size;
  };
  append(3000);
  const first = startAgent(dir, pipelines);
  await until(async () => 0 < (await admin.checkQueue("trial")).messageCount, "messages come", 60_000);
  append(3000);
  await rabbit.kill();
  append(3000);
  await rabbit.start();
  await openAdmin();
  const before = (await admin.checkQueue("trial")).messageCount;
  await until(async () => before < (await admin.checkQueue("trial")).messageCount, "more messages come", 60_000);
  append(3000);
  await first.kill();
  const second = startAgent(dir, pipelines);
  await until(async () => (await taken()) === lines, "all lines are there", 60_000);
  await second.stop();
});
