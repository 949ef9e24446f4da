// Texts that would be more than text: whatever stands in a notice, a mail has the headers that it is meant to have, and JSON arrives as it was.
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "#base/clock.ts";
import type { Delivering } from "#sdk/notifier.ts";
import { startHttpReceiver } from "../../../test/receivers/http-receiver.ts";
import { openNotifier } from "./all.ts";
import { mailServer } from "./testing.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const context = { clock: systemClock, log: quiet, timeoutMs: 20_000, concurrency: 1 };
const never = new AbortController().signal;
const TEXTS = ["a\r\nBcc: evil@example.com\r\n\r\nbody", "a\nX-Evil: 1", "\0nul\0", "\ud800 alone", "한글 제목 🙂", "x".repeat(1 << 20), "=?utf-8?B?QmNj?=", ".\r\n.\r\nQUIT\r\n", "\u2028\u0085Bcc: evil@example.com", ""];

test("mail: no text of a notice becomes a header, a receiver or the end of the mail", { timeout: 60_000 }, async () => {
  await using server = await mailServer({ authOptional: true, disabledCommands: ["STARTTLS"] });
  const mail = await openNotifier({ type: "mail", server: `smtp://127.0.0.1:${server.port}`, from: "두레 <dure@example.com>", to: ["운영 <ops@example.com>"], cc: [], tls: { isVerified: true, isRequired: false } }, context);
  for (const [at, text] of TEXTS.entries()) assert.match(await mail.deliver(noticeOf(`01J.${at}\r\nX-Evil: 1`, text), never), /^250/);
  assert.equal(server.mails.length, TEXTS.length);
  for (const { rcpt, text } of server.mails) {
    assert.deepEqual(rcpt, ["ops@example.com"]);
    const head = (text.split("\r\n\r\n", 1)[0] ?? "").replaceAll(/\r\n[ \t]+/g, " ");
    const names = head.split("\r\n").map((line) => line.slice(0, line.indexOf(":")).toLowerCase());
    assert.deepEqual(names.filter((name) => !["from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version", "content-type", "content-transfer-encoding"].includes(name)), [], head);
    for (const line of text.split("\r\n")) assert.ok(Buffer.byteLength(line) <= 998, `a line of a mail has 998 bytes at most: ${line.slice(0, 40)}`);
  }
});

test("mail: an address in Korean arrives where the server takes it, and is refused for good where it does not", { timeout: 60_000 }, async () => {
  await using server = await mailServer({ authOptional: true, disabledCommands: ["STARTTLS"] });
  const mail = await openNotifier({ type: "mail", server: `smtp://127.0.0.1:${server.port}`, from: "dure@example.com", to: ["길동 <길동@예시.한국>"], cc: [], tls: { isVerified: true, isRequired: false } }, context);
  const said = await mail.deliver(noticeOf("01J.1", "한글"), never).catch((error: unknown) => (error instanceof Error ? error : assert.fail()));
  assert.ok(said instanceof Error || /^250/.test(said), String(said));
});

test("webhook: whatever its texts are, the body is JSON and its headers are its own", { timeout: 60_000 }, async () => {
  await using server = await startHttpReceiver();
  const hook = await openNotifier({ type: "webhook", url: server.url, headers: {}, secret: "key", tls: { isVerified: true } }, context);
  for (const text of TEXTS) {
    assert.equal(await hook.deliver(noticeOf("01J.1", text), never), "200");
    const { subject } = JSON.parse(server.received.at(-1)?.body ?? "") as { subject: string };
    assert.equal(subject, text);
  }
  await hook.close();
});

test("webhook: an id that is no header arrives all the same, and brings no header of its own", { timeout: 60_000 }, async () => {
  await using server = await startHttpReceiver();
  const hook = await openNotifier({ type: "webhook", url: server.url, headers: {}, tls: { isVerified: true } }, context);
  for (const id of ["a\r\nx-evil: 1", "길동", "\0"]) {
    assert.equal(await hook.deliver(noticeOf(id, "t"), never), "200", JSON.stringify(id));
    assert.equal(server.received.at(-1)?.headers["x-evil"], undefined);
  }
  await hook.close();
});

function noticeOf(id: string, text: string): Delivering {
  return { id, attempt: 1, subject: text, text, atMs: 1, host: "h", data: { text } };
}
