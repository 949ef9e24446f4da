// Jobs over RabbitMQ with TLS, both sides with a certificate: a real server. What does not fit is a state that says why, never a connection.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { BrokerPlace } from "#sdk/broker-place.ts";
import type { Delivery, Queue, QueueState } from "#sdk/queue.ts";
import { selfSigned } from "#test/receivers/self-signed.ts";
import { noRabbitMq, startRabbitMq } from "#test/servers/rabbitmq.ts";
import { openRabbitMqQueue } from "./rabbitmq.ts";

const WAIT_MS = 60_000;

test("rabbitmq with TLS: both certificates are looked at, and what is wrong is said", { skip: noRabbitMq, timeout: 115_000 }, async (context) => {
  const dir = await mkdtemp(join(tmpdir(), "dure-rabbitmq-tls-"));
  context.after(() => rm(dir, { recursive: true, force: true }));
  const [server, clientCa, stranger] = [await selfSigned(dir, "localhost", "DNS:localhost"), await selfSigned(dir, "client-ca"), await selfSigned(dir, "stranger")];
  assert.ok(server !== undefined && clientCa !== undefined && stranger !== undefined, "openssl is needed");
  const client = (await selfSigned(dir, "client", "DNS:client", clientCa)) ?? assert.fail("openssl is needed");
  await using broker = await startRabbitMq({ tls: { certFile: server.certFile, keyFile: server.keyFile, clientCaFile: clientCa.certFile } });
  const whole = { caFile: server.certFile, certFile: client.certFile, keyFile: client.keyFile, isVerified: true };
  const opened: Queue[] = [];
  context.after(() => Promise.all(opened.map((each) => each.close())));
  const open = (tls: NonNullable<BrokerPlace["tls"]>, { host = "localhost", port = broker.tlsPort } = {}): Queue => {
    const queue = openRabbitMqQueue({ urls: [`amqps://guest:guest@${host}:${port}/`], name: "test.tls", kind: "classic", heartbeatMs: 10_000, connectTimeoutMs: 10_000, agentId: "test", tls });
    opened.push(queue);
    return queue;
  };

  const queue = open(whole);
  const { promise: taken, resolve: take } = Promise.withResolvers<Delivery>();
  queue.consume({ slots: 1, houseSlots: 0, name: "test", take, lost() {} });
  await stateOf(queue, "open");
  await queue.publish([{ rule: "a:b", data: '"두레"', from: "test" }]);
  const delivery = await taken;
  assert.equal(delivery.job.data, '"두레"');
  assert.equal(await delivery.settle({ type: "succeeded", result: "1" }), true);
  await queue.close();

  const unverified = open({ ...whole, caFile: stranger.certFile, isVerified: false });
  await stateOf(unverified, "open");
  await unverified.close();

  for (const [what, tls, place, why] of [
    ["the CA of somebody else", { ...whole, caFile: stranger.certFile }, {}, /^the broker's certificate is of nobody known here \(.+\): give the file of its CA/u],
    ["no CA", { certFile: client.certFile, keyFile: client.keyFile, isVerified: true }, {}, /^the broker's certificate is of nobody known here \(.+\): give the file of its CA/u],
    ["a name that is not in the certificate", whole, { host: "127.0.0.1" }, /IP: 127\.0\.0\.1 is not in the cert's list/u],
    ["no certificate of the client", { caFile: server.certFile, isVerified: true }, {}, /^the broker refused TLS \(.+\): look at/u],
    ["a client's certificate of somebody else", { ...whole, certFile: stranger.certFile, keyFile: stranger.keyFile }, {}, /^the broker refused TLS \(.+\): look at/u],
    ["a key that is another's", { ...whole, keyFile: stranger.keyFile }, {}, /^TLS: key values mismatch$/u],
    ["a file that is not there", { ...whole, caFile: join(dir, "nowhere.pem") }, {}, /ENOENT.*nowhere\.pem/u],
    ["a file that is no certificate", { ...whole, certFile: client.keyFile }, {}, /^TLS: no start line$/u],
    ["a port without TLS", whole, { port: broker.port }, /^the port speaks no TLS: /u],
  ] as const) {
    const wrong = open(tls, place);
    const state = await stateOf(wrong, "away");
    assert.ok(state.is === "away" && why.test(state.why), `${what}: ${JSON.stringify(state)}`);
    assert.ok(!JSON.stringify(state).includes("guest:guest"));
    await wrong.close();
  }
});

function stateOf(queue: { readonly state: QueueState; onState(tell: (state: QueueState) => void): void }, wanted: QueueState["is"]): Promise<QueueState> {
  const { promise, resolve, reject } = Promise.withResolvers<QueueState>();
  const timer = setTimeout(() => reject(new Error(`it is ${JSON.stringify(queue.state)}, not ${wanted}`)), WAIT_MS);
  const look = (state: QueueState): void => {
    if (state.is === wanted && (state.is !== "away" || state.why !== "not connected yet")) resolve(state);
  };
  queue.onState(look);
  if (queue.state.is === wanted && wanted === "open") look(queue.state);
  return promise.finally(() => clearTimeout(timer));
}
