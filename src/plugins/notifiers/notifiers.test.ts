// Each kind of notifier against a real receiver: a web server, an SMTP server, RabbitMQ.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "amqplib";
import { systemClock } from "#base/clock.ts";
import { BusyError, PermanentError } from "#base/errors.ts";
import type { Delivering, MailTarget, NotifierTarget } from "#sdk/notifier.ts";
import { startHttpReceiver } from "../../../test/receivers/http-receiver.ts";
import { selfSigned } from "../../../test/receivers/self-signed.ts";
import { noRabbitMq, startRabbitMq } from "../../../test/servers/rabbitmq.ts";
import { openNotifier } from "./all.ts";
import { mailServer } from "./testing.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const open = (target: NotifierTarget) => openNotifier(target, { clock: systemClock, log: quiet, timeoutMs: 10_000, concurrency: 2 });
const notice: Delivering = { id: "01J.1", attempt: 1, subject: "[db1] 작업 실패: a:b", text: "시각: 2026\n.\n끝", event: "job.failed", atMs: Date.UTC(2026, 10, 23), host: "db1", data: { rule: "a:b", kind: "Error", labels: { company: "가" } } };
const never = new AbortController().signal;
const noTls = { isVerified: true };

test("webhook: the notice as JSON, signed as Standard Webhooks has it; a proper secret is base64 behind its mark", async () => {
  await using server = await startHttpReceiver();
  for (const [secret, key] of [["plain-secret", Buffer.from("plain-secret")], [`whsec_${Buffer.from("열쇠").toString("base64")}`, Buffer.from("열쇠")]] as const) {
    const hook = await open({ type: "webhook", url: `${server.url}/hooks?a=1`, headers: { authorization: "Bearer 7" }, secret, tls: noTls });
    assert.equal(await hook.deliver(notice, never), "200");
    await hook.close();
    const { path, headers, body } = server.received.at(-1) ?? assert.fail();
    assert.deepEqual([path, headers["authorization"], headers["webhook-id"]], ["/hooks?a=1", "Bearer 7", "01J.1"]);
    assert.equal(headers["webhook-signature"], `v1,${createHmac("sha256", key).update(`01J.1.${headers["webhook-timestamp"]}.${body}`).digest("base64")}`);
    assert.deepEqual(JSON.parse(body), { type: "job.failed", timestamp: "2026-11-23T00:00:00.000Z", id: "01J.1", host: "db1", subject: notice.subject, text: `${notice.subject}\n${notice.text}`, data: notice.data });
  }
});

test("webhook: a body of one's own, whose places are filled; what is in them cannot break its JSON", async () => {
  await using server = await startHttpReceiver();
  const hook = await open({ type: "webhook", url: server.url, headers: {}, tls: noTls, body: { content: "{subject}: {data.kind} {data.labels.company} {data.none}|{unknown}", list: ["{host}", 1, null], nested: { at: "{at}" } } });
  await hook.deliver({ ...notice, subject: '"}{\\' }, never);
  assert.deepEqual(JSON.parse(server.received[0]?.body ?? ""), { content: '"}{\\: Error 가 |{unknown}', list: ["db1", 1, null], nested: { at: "2026-11-23T00:00:00.000Z" } });
  await hook.close();
});

test("webhook: what may pass is tried again, what cannot help is not, and who asks for time gets it; its path is told to nobody", async () => {
  await using server = await startHttpReceiver();
  const hook = await open({ type: "webhook", url: `${server.url}/token-4711`, headers: {}, tls: noTls });
  server.replies.push({ status: 503 }, { status: 429, headers: { "retry-after": "7" } }, { status: 404, body: "no such hook" }, { status: 307, headers: { location: "http://127.0.0.1:1/" } }, { fault: "reset" }, { fault: "reset" });
  await assert.rejects(hook.deliver(notice, never), (error) => !(error instanceof PermanentError) && error instanceof Error && !error.message.includes("4711"));
  await assert.rejects(hook.deliver(notice, never), (error) => error instanceof BusyError && error.afterMs === 7000);
  await assert.rejects(hook.deliver(notice, never), (error) => error instanceof PermanentError && error.message.includes("no such hook") && !error.message.includes("4711"));
  await assert.rejects(hook.deliver(notice, never), /307/);
  await assert.rejects(hook.deliver(notice, never), (error) => !(error instanceof PermanentError));
  await hook.close();
});

test("mail: subject and text arrive as they are, over TLS, with a name and a password", async () => {
  await using folder = temporary();
  const certificate = (await selfSigned(folder.dir)) ?? assert.fail("there is no openssl");
  await using server = await mailServer({ key: certificate.key, cert: certificate.cert, onAuth: ({ username, password }, _session, done) => (username === "두레" && password === "p@ss/1" ? done(null, { user: username }) : done(new Error("wrong"))) });
  const user = `${encodeURIComponent("두레")}:${encodeURIComponent("p@ss/1")}`;
  const mail = await open(target(server.port, { server: `smtp://${user}@localhost:${server.port}`, to: ["ops@example.com", "나라 <nara@example.com>"], cc: ["cc@example.com"], tls: { isVerified: true, isRequired: true, caFile: certificate.certFile } }));
  assert.match(await mail.deliver(notice, never), /^250/);
  const [{ rcpt, text } = assert.fail()] = server.mails;
  assert.deepEqual(rcpt, ["ops@example.com", "nara@example.com", "cc@example.com"]);
  assert.match(text, /^Message-ID: <01J\.1@example\.com>\r$/m);
  assert.match(text, /^Auto-Submitted: auto-generated\r$/m);
  assert.ok(decoded(text).includes("시각: 2026\r\n.\r\n끝"), decoded(text));
  await assert.rejects((await open(target(server.port, { server: `smtp://x:y@localhost:${server.port}`, tls: { isVerified: true, isRequired: true, caFile: certificate.certFile } }))).deliver(notice, never), (error) => error instanceof Error && !(error instanceof PermanentError), "a person may put the password right");
  await assert.rejects((await open(target(server.port, { server: `smtp://${user}@localhost:${server.port}`, tls: { isVerified: true, isRequired: true } }))).deliver(notice, never), /self-signed|certificate/);
});

test("mail: a server that does not encrypt hears no password; one that refuses the receivers for good is not asked again", async () => {
  await using plain = await mailServer({ disabledCommands: ["STARTTLS"], authOptional: true });
  const strict = await open(target(plain.port, { server: `smtp://u:secret@127.0.0.1:${plain.port}`, tls: { isVerified: true, isRequired: true } }));
  await assert.rejects(strict.deliver(notice, never), (error) => error instanceof Error && !error.message.includes("secret"));
  assert.equal(plain.mails.length, 0);
  plain.answers.push({ code: 550, text: "no such user" }, { code: 451, text: "greylisted" });
  const mail = await open(target(plain.port));
  await assert.rejects(mail.deliver(notice, never), (error) => error instanceof PermanentError && /no such user/.test(error.message));
  await assert.rejects(mail.deliver(notice, never), (error) => error instanceof Error && !(error instanceof PermanentError));
  assert.match(await mail.deliver(notice, never), /^250/);
  await assert.rejects((await open(target(1))).deliver(notice, never), (error) => error instanceof Error && !(error instanceof PermanentError));
});

test("amqp: persistent, confirmed, with the notice's id; one that no queue is bound for comes back", { skip: noRabbitMq }, async () => {
  await using rabbit = await startRabbitMq();
  const url = `amqp://guest:guest@127.0.0.1:${rabbit.port}/`;
  const amqp = await open({ type: "amqp", url, exchange: "", routingKey: "notices", tls: noTls });
  await assert.rejects(amqp.deliver(notice, never), /no queue is bound to notices/);
  const model = await connect(url);
  const channel = await model.createChannel();
  await channel.assertQueue("notices", { durable: true });
  assert.equal(await amqp.deliver(notice, never), "confirmed");
  await model.close();
  await rabbit.kill();
  await assert.rejects(amqp.deliver(notice, never));
  await rabbit.start();
  assert.equal(await amqp.deliver({ ...notice, id: "01J.2" }, never), "confirmed");
  await amqp.close();
  const again = await connect(url);
  const reader = await again.createChannel();
  const ids: unknown[] = [];
  for (let message = await reader.get("notices", { noAck: true }); message !== false; message = await reader.get("notices", { noAck: true })) {
    ids.push(message.properties.messageId);
    assert.equal((JSON.parse(message.content.toString("utf8")) as { subject: string }).subject, notice.subject);
  }
  assert.deepEqual(ids, ["01J.1", "01J.2"], "the first lay on the disk when the broker was killed");
  await again.close();
});

function target(port: number, given: Partial<MailTarget> = {}): MailTarget {
  return { type: "mail", server: `smtp://127.0.0.1:${port}`, from: "두레 <dure@example.com>", to: ["ops@example.com"], cc: [], tls: { isVerified: true, isRequired: false }, ...given };
}

/** Its text, whichever way it is encoded. */
function decoded(mail: string): string {
  const [head = "", ...rest] = mail.split("\r\n\r\n");
  const body = rest.join("\r\n\r\n");
  if (/base64/i.test(head)) return Buffer.from(body, "base64").toString("utf8").replace(/\r?\n/g, "\r\n");
  return Buffer.from(body.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), "latin1").toString("utf8");
}

function temporary() {
  const dir = mkdtempSync(join(tmpdir(), "dure-notifiers-"));
  return { dir, [Symbol.asyncDispose]: async () => rmSync(dir, { recursive: true, force: true }) };
}
