import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { selfSigned } from "#test/receivers/self-signed.ts";
import { testContext } from "#sdk/testing.ts";
import { randomNumbers } from "#test/faults/random.ts";
import { cannotListen } from "./parts/listener.ts";
import { textStage } from "./parts/testing.ts";
import { syslog } from "./syslog.ts";

test("in.Syslog: UDP, TCP and TLS in one step, each message a line", async (t) => {
  await using files = await testContext();
  const cert = await selfSigned(files.dataDir);
  if (cert === undefined) return t.skip("no openssl on this machine to make a certificate with");
  await using on = await textStage(syslog, { protocols: ["udp", "tcp", "tls"], tls_port: 0, tls: { cert_file: cert.certFile, key_file: cert.keyFile } });
  const datagrams = createSocket("udp4");
  await new Promise<void>((resolve) => datagrams.send("<34>Oct 11 22:14:15 호스트 su: 데이터그램\nand more\n", on.port.udp, "127.0.0.1", () => resolve()));
  datagrams.close();
  assert.deepEqual(await on.lines(1), ["<34>Oct 11 22:14:15 호스트 su: 데이터그램\\nand more"]);
  (await on.client()).write("<34>1 - - - - - - line\n13 <34>1 counted<34>1 - line\n");
  assert.deepEqual(await on.lines(3), ["<34>1 - - - - - - line", "<34>1 counted", "<34>1 - line"]);
  connectTls({ host: "127.0.0.1", port: on.port.tls, ca: cert.cert }).end("9 <34>1 한");
  assert.deepEqual(await on.lines(1), ["<34>1 한"]);
});

test("in.Syslog: what cannot be is said in both languages, at its place; a failure leaves no socket open", async () => {
  for (const [wrong, path] of [
    [{ protocols: ["tls"] }, ["tls"]],
    [{ tls: { cert_file: "a", key_file: "b" } }, ["protocols"]],
    [{ protocols: ["tls"], tls: { enabled: false, cert_file: "a", key_file: "b" } }, ["tls", "enabled"]],
    [{ encoding: "utf-16" }, ["encoding"]],
    [{ protocols: [] }, ["protocols"]],
  ] as const) {
    const { error } = syslog.options.safeParse(wrong);
    assert.deepEqual(error?.issues[0]?.path, path, JSON.stringify(wrong));
  }
  await using on = await textStage(syslog, {});
  await assert.rejects(textStage(syslog, { protocols: ["udp", "tcp"], port: on.port.tcp }), /EADDRINUSE/);
});

test("in.Syslog: under dure test it ends with its clients, though datagrams have no end; a low port says which rights it needs", async () => {
  await using on = await textStage(syslog, {}, { mode: "test" });
  (await on.client()).end("<34>1 one\n");
  assert.deepEqual(await on.lines(1), ["<34>1 one"]);
  assert.equal(await on.input.read(AbortSignal.timeout(60_000)), undefined);
  const denied = cannotListen("in.Syslog", "0.0.0.0", 514, Object.assign(new Error("bind EACCES 0.0.0.0:514"), { code: "EACCES" }));
  assert.match(denied.hint ?? "", /CAP_NET_BIND_SERVICE.*5514/);
});

/** DURE_FUZZ_RUNS=100 tries a hundred times as much. */
const ROUNDS = 20 * Number(process.env["DURE_FUZZ_RUNS"] ?? 1);

test("in.Syslog: garbage on some connections harms no message on the others, and holds little memory", async () => {
  await using on = await textStage(syslog, { max_line: "2k" }, { poolBytes: 16 << 20 });
  const random = randomNumbers(20_260_101);
  const upTo = (most: number): number => Math.floor(random() * (most + 1));
  const message = (id: string): string => `<${upTo(191)}>1 2026-11-22T00:00:00Z host app - - - id=${id} ${"가나다 abc\u0001".repeat(upTo(20))}`;
  for (let round = 0; round < ROUNDS; round += 1) {
    const wanted: string[] = [];
    const ends: Promise<void>[] = [];
    for (let client = 0; client < 8; client += 1) {
      const isGood = client % 2 === 0;
      const frames: Buffer[] = [];
      for (let number = 0; number < 40; number += 1) {
        const text = message(`${round}.${client}.${number}`);
        const bytes = Buffer.from(text);
        frames.push(Buffer.from(random() < 0.5 ? `${bytes.length} ` : ""), bytes);
        if (frames.at(-2)?.length === 0) frames.push(Buffer.from("\n"));
        if (isGood) wanted.push(text);
      }
      const stream = isGood ? Buffer.concat(frames) : mutated(Buffer.concat(frames), upTo);
      const socket = connect({ host: "127.0.0.1", port: on.port.tcp, noDelay: true }).on("error", () => {});
      ends.push(new Promise((resolve) => socket.resume().once("close", () => resolve())));
      for (let at = 0; at < stream.length; ) {
        const bytes = 1 + upTo(3000);
        socket.write(stream.subarray(at, at + bytes));
        at += bytes;
      }
      if (isGood || random() < 0.5) socket.end();
      else socket.once("connect", () => setImmediate(() => socket.resetAndDestroy()));
    }
    const missing = new Set(wanted);
    const soon = AbortSignal.timeout(60_000);
    while (0 < missing.size) {
      const delivery = await on.input.read(soon);
      assert(delivery !== undefined, `round ${round}: ${missing.size} of ${wanted.length} messages are missing`);
      const text = delivery.batch.text();
      for (const line of text.bytes.toString("utf8").split("\n")) {
        assert(Buffer.byteLength(line) <= 3 * 2048, "no line is longer than is allowed");
        missing.delete(line);
      }
      text.release();
      delivery.batch.release();
      assert(on.context.pool.usedBytes <= 16 << 20);
    }
    await Promise.all(ends);
  }
});

/** The stream with some bytes changed, left out, doubled, or put in: digits and delimiters more often than others. */
function mutated(stream: Buffer, upTo: (most: number) => number): Buffer {
  const pieces: Buffer[] = [];
  const telling = [...Buffer.from("0123456789 \n\r\u0000<>")];
  for (let at = 0; at < stream.length; ) {
    const end = Math.min(stream.length, at + 1 + upTo(200));
    const piece = Buffer.from(stream.subarray(at, end));
    const place = upTo(piece.length - 1);
    const kind = upTo(5);
    if (kind === 0) piece[place] = upTo(255);
    else if (kind === 1) piece[place] = telling[upTo(telling.length - 1)] ?? 0;
    else if (kind === 2) pieces.push(Buffer.from("9".repeat(upTo(12)) + (upTo(1) === 0 ? " " : "")));
    else if (kind === 3) pieces.push(piece);
    if (kind !== 4) pieces.push(piece);
    at = end;
  }
  return Buffer.concat(pieces);
}
