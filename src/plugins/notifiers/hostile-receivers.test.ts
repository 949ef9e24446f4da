// Receivers and texts that mean ill: each notice ends within its time, with an answer or an error that says nothing secret.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import { systemClock } from "#base/clock.ts";
import type { Delivering, NotifierTarget } from "#sdk/notifier.ts";
import { openNotifier } from "./all.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const notice: Delivering = { id: "01J.1", attempt: 1, subject: "s", text: "t", atMs: 1, host: "h", data: null };
const open = (target: NotifierTarget, timeoutMs = 300) => openNotifier(target, { clock: systemClock, log: quiet, timeoutMs, concurrency: 1 });
const webhook = (port: number): NotifierTarget => ({ type: "webhook", url: `http://127.0.0.1:${port}/api/t0ken-4711?key=k3y-query`, headers: { "x-key": "k3y-value" }, secret: "s3cret-value", tls: { isVerified: true } });
const mail = (port: number): NotifierTarget => ({ type: "mail", server: `smtp://u5er:pa55word@127.0.0.1:${port}`, from: "a@example.com", to: ["b@example.com"], cc: [], tls: { isVerified: true, isRequired: false } });
const amqp = (port: number): NotifierTarget => ({ type: "amqp", url: `amqp://u5er:pa55word@127.0.0.1:${port}/`, exchange: "", routingKey: "q", tls: { isVerified: true } });
const SECRETS = /pa55word|u5er|t0ken|k3y-|s3cret-value|cGE1NXdvcmQ/;

const drip = (head: string) => (socket: Socket) => {
  socket.write(head);
  const timer = setInterval(() => socket.write("a"), 20);
  socket.on("close", () => clearInterval(timer));
};

for (const [what, targetOf, behave] of [
  ["webhook: accepts and never answers", webhook, () => {}],
  ["webhook: a byte now and then, of its head", webhook, drip("HTTP/1.1 200 OK\r\nx-")],
  ["webhook: a byte now and then, of its body", webhook, drip("HTTP/1.1 200 OK\r\n\r\n")],
  ["webhook: closes in the middle of its answer", webhook, (socket) => void socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc"))],
  ["webhook: is no web server", webhook, (socket) => socket.end("\u0000\u0001 what?\r\n\r\n")],
  ["webhook: sends back what it was sent", webhook, (socket) => void socket.once("data", (bytes: Buffer) => socket.end(`HTTP/1.1 400 Bad\r\n\r\n${bytes.toString("latin1").replaceAll("\r\n", " ")}`))],
  ["webhook: points at a file", webhook, (socket) => void socket.once("data", () => socket.end("HTTP/1.1 302 Found\r\nlocation: file:///etc/passwd\r\ncontent-length: 0\r\n\r\n"))],
  ["mail: accepts and never answers", mail, () => {}],
  ["mail: a byte now and then", mail, drip("220 ")],
  ["mail: greets without an end", mail, (socket) => { const timer = setInterval(() => socket.write("220-more\r\n"), 20); socket.on("close", () => clearInterval(timer)); }],
  ["mail: sends back the password it was told", mail, (socket) => {
    socket.write("220 hi\r\n");
    socket.on("data", (bytes: Buffer) => socket.write(/^EHLO/i.test(String(bytes)) ? "250-hi\r\n250 AUTH PLAIN\r\n" : `535 no: ${String(bytes).trim()} ${Buffer.from(String(bytes).trim().split(" ").at(-1) ?? "", "base64").toString("latin1").replaceAll("\0", " ")}\r\n`));
  }],
  ["mail: closes in the middle", mail, (socket) => void socket.end("220 hi\r\n250-x")],
  ["amqp: accepts and never answers", amqp, () => {}],
  ["amqp: a byte now and then", amqp, drip("\u0001\u0000\u0000")],
  ["amqp: is no broker", amqp, (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
] as const satisfies readonly (readonly [string, (port: number) => NotifierTarget, (socket: Socket) => void])[]) {
  test(`notifiers: ${what}: it fails within its time, and shows nothing secret`, { timeout: 60_000 }, async () => {
    await using server = await hostile(behave);
    const notifier = await open(targetOf(server.port));
    // As the desk gives it up.
    await assert.rejects(notifier.deliver(notice, AbortSignal.timeout(1500)), (error) => {
      assert.ok(error instanceof Error);
      assert.doesNotMatch(`${error.message} ${JSON.stringify(error)}`, SECRETS);
      return true;
    });
    await notifier.close();
  });
}

test("notifiers: a receiver that answers without an end costs no memory", { timeout: 60_000 }, async () => {
  const piece = Buffer.alloc(1 << 20, "x");
  let sent = 0;
  await using server = await hostile((socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const more = (): void => {
        while (sent < 100 && socket.write(piece)) sent += 1;
        if (sent < 100) socket.once("drain", more);
      };
      more();
    });
  });
  const hook = await open(webhook(server.port), 10_000);
  assert.equal(await hook.deliver(notice, new AbortController().signal), "200");
  assert.ok(sent < 100, `it took ${sent} MB`);
  await hook.close();
});

async function hostile(behave: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", () => {});
    behave(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
