import assert from "node:assert/strict";
import { request } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { test } from "node:test";
import { UsageError } from "#base/errors.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import type { Log } from "#sdk/plugin.ts";
import { freePort } from "#test/servers/free-port.ts";
import { serveMetrics } from "./metrics-server.ts";
import type { Shown } from "./metrics-server.ts";
import { ShownMetrics } from "./shown-metrics.ts";

const quiet = (): void => {};
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const METRICS: readonly MetricSnapshot[] = [{ name: "a_total", type: "counter", help: "가.", series: [{ labels: {}, value: 1 }] }];

async function serving(given: Partial<Shown> = {}): Promise<{ port: number; close(): Promise<void>; [Symbol.asyncDispose](): Promise<void> }> {
  const server = await serveMetrics({ host: "127.0.0.1", port: 0, log, metrics: async () => METRICS, ...given });
  return { port: Number(server.address.split(":").at(-1)), close: () => server.close(), [Symbol.asyncDispose]: () => server.close() };
}

/** Says something over a connection of its own, and gives all that comes until its end. */
async function said(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let heard = "";
  socket.setEncoding("utf8").on("data", (piece: string) => (heard += piece)).on("error", quiet);
  socket.write(text);
  await closed(socket);
  return heard;
}

/** A reset is an end, too. */
const closed = (socket: Socket): Promise<void> => new Promise((resolve) => (socket.closed ? resolve() : socket.once("close", () => resolve())));
const get = (port: number, headers: Record<string, string> = {}): Promise<Response> => fetch(`http://127.0.0.1:${port}/metrics`, { headers });

test("serves the text format, and OpenMetrics to who asks for it", async () => {
  await using server = await serving();
  const plain = await get(server.port);
  assert.deepEqual([plain.status, plain.headers.get("content-type"), await plain.text()], [200, "text/plain; version=0.0.4; charset=utf-8", "# HELP a_total 가.\n# TYPE a_total counter\na_total 1\n"]);
  const open = await get(server.port, { accept: "application/openmetrics-text; version=1.0.0" });
  assert.deepEqual([open.headers.get("content-type"), (await open.text()).endsWith("# EOF\n")], ["application/openmetrics-text; version=1.0.0; charset=utf-8", true]);
});

for (const [line, status] of [
  ["GET /metrics HTTP/1.1", 200],
  ["GET /metrics?x=1 HTTP/1.1", 200],
  ["GET / HTTP/1.1", 404],
  ["GET /metrics/ HTTP/1.1", 404],
  ["POST /metrics HTTP/1.1\r\ncontent-length: 3", 405],
  ["DELETE /metrics HTTP/1.1", 405],
  ["nonsense", 400],
  ["\0\x01\x02", 400],
  [`GET /metrics HTTP/1.1\r\nx: ${"y".repeat(20_000)}`, 431],
] as const) {
  test(`${JSON.stringify(line.slice(0, 40))} is answered with ${status}`, async () => {
    await using server = await serving();
    const answer = await said(server.port, `${line}\r\nhost: x\r\nconnection: close\r\n\r\n${line.startsWith("POST") ? "abc" : ""}`);
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    if (status === 405) assert.match(answer, /allow: GET, HEAD/i);
  });
}

test("HEAD is GET without the text", async () => {
  await using server = await serving();
  const answer = await said(server.port, "HEAD /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  assert.match(answer, /content-length: 53\r\n/);
  assert.ok(answer.endsWith("\r\n\r\n"), answer);
});

test("scrapes at the same time ask the agent once", async () => {
  let asked = 0;
  const answered = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  await using server = await serving({ metrics: async () => ((asked += 1), arrived.resolve(), await answered.promise, METRICS) });
  const scrapes = [get(server.port), get(server.port), get(server.port)];
  await arrived.promise;
  await said(server.port, "GET /elsewhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"); // By now the others have come, too.
  answered.resolve();
  assert.deepEqual((await Promise.all(scrapes)).map(({ status }) => status), [200, 200, 200]);
  assert.ok(asked < 3, `asked ${asked} times`);
  await get(server.port);
  assert.ok(1 < asked, "a later one asks again");
});

test("an agent that does not answer, or fails, is told as such, and the next scrape may be well", async () => {
  const never = Promise.withResolvers<readonly MetricSnapshot[]>();
  await using stuck = await serving({ metrics: () => never.promise, answerMs: 20 });
  assert.equal((await get(stuck.port)).status, 503);
  never.resolve(METRICS);
  assert.equal((await get(stuck.port)).status, 200);
  await using broken = await serving({ metrics: () => Promise.reject(new Error("gone")) });
  assert.equal((await get(broken.port)).status, 500);
});

test("a client that does not come to the end of its request is sent away, and others are served meanwhile", async () => {
  await using server = await serving({ requestMs: 50 });
  const slow = said(server.port, "GET /metrics HTTP/1.1\r\nhost:");
  assert.equal((await get(server.port)).status, 200);
  assert.match(await slow, /^HTTP\/1\.1 408 /);
});

test("clients are bounded in number, and a close ends them all", async () => {
  const server = await serving();
  const clients: Socket[] = [];
  const refused = Promise.withResolvers<void>();
  for (let count = 0; count < 40; count += 1) {
    const socket = connect(server.port, "127.0.0.1").on("error", quiet);
    socket.once("close", () => refused.resolve());
    clients.push(socket);
  }
  await refused.promise;
  assert.ok(clients.some((socket) => !socket.closed), "others stay");
  await server.close();
  await Promise.all(clients.map(closed));
});

test("a port in use is said with its place and a way out", async () => {
  await using server = await serving();
  await assert.rejects(serving({ port: server.port }), (error: unknown) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${server.port}: another program has this port`));
    assert.match(error.hint ?? "", /agent: metrics:/);
    return true;
  });
});

test("a move can be kept or undone, also to another address of the same port", async () => {
  const isShown = (port: number): Promise<boolean> =>
    new Promise((resolve) => request({ host: "127.0.0.1", port, path: "/metrics", agent: false }, (response) => resolve(response.resume().statusCode === 200)).on("error", () => resolve(false)).end());
  const [one, other] = [await freePort(), await freePort()];
  await using taken = await serving();
  const shown = new ShownMetrics(log, async () => METRICS);
  await (await shown.move({ host: "127.0.0.1", port: one })).keep();
  assert.deepEqual([await isShown(one), await isShown(other)], [true, false]);
  await (await shown.move({ host: "127.0.0.1", port: other })).undo();
  assert.deepEqual([await isShown(one), await isShown(other)], [true, false]);
  await assert.rejects(shown.move({ host: "127.0.0.1", port: taken.port }), UsageError);
  assert.deepEqual([await isShown(one), await isShown(other)], [true, false]);
  await (await shown.move({ host: "0.0.0.0", port: one })).undo();
  assert.equal(await isShown(one), true);
  await assert.rejects(shown.move({ host: "no-such-host.invalid", port: one }), UsageError);
  assert.equal(await isShown(one), true, "it is back where it was");
  await (await shown.move({ host: "127.0.0.1", port: other })).keep();
  assert.deepEqual([await isShown(one), await isShown(other)], [false, true]);
  await (await shown.move(undefined)).keep();
  assert.deepEqual([await isShown(one), await isShown(other)], [false, false]);
  await shown.close();
});
