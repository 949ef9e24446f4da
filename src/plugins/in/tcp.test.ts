import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import fc from "fast-check";
import iconv from "iconv-lite";
import { until } from "#test/cli/run-dure.ts";
import { selfSigned } from "#test/receivers/self-signed.ts";
import type { Input } from "#sdk/plugin.ts";
import { recordsOf, testContext } from "#sdk/testing.ts";
import { textStage } from "./parts/testing.ts";
import { tcp } from "./tcp.ts";

const counted = (text: string | Buffer): Buffer => Buffer.concat([Buffer.from(`${Buffer.byteLength(text)} `), Buffer.from(text)]);

const FRAMINGS: readonly [framing: string, sent: string | Buffer, lines: readonly string[]][] = [
  ["newline", "one\n\n둘\r\nthree\u0000\n", ["one", "", "둘\r", "three\u0000"]],
  ["newline", "a last line without its end", ["a last line without its end"]],
  ["newline", "5 hello\n", ["5 hello"]],
  ["nul", "one\u0000with\nnewline\u0000last", ["one", "with\\nnewline", "last"]],
  ["octet_counting", Buffer.concat([counted("<34>1 하나"), counted("two\nlines\n"), counted("3")]), ["<34>1 하나", "two\\nlines", "3"]],
  ["octet_counting", Buffer.concat([counted("whole"), Buffer.from("20 cut")]), ["whole", "cut"]],
  ["auto", Buffer.concat([counted("<1>counted"), Buffer.from("<2>line\n<3>line\n"), counted("<4>counted\r\n"), Buffer.from("\n\u0000<5>line\n2026-11-22 no count\n1234567890 no count\n")]), ["<1>counted", "<2>line", "<3>line", "<4>counted", "<5>line", "2026-11-22 no count", "1234567890 no count"]],
  ["auto", "12", ["12"]],
];
for (const [framing, sent, lines] of FRAMINGS) {
  for (const isByByte of [false, true]) {
    test(`in.Tcp: ${framing} framing of ${JSON.stringify(sent.toString())}${isByByte ? ", a byte at a time" : ""}`, async () => {
      await using on = await textStage(tcp, { framing });
      const client = await on.client();
      const bytes = Buffer.from(sent);
      for (let at = 0; at < bytes.length; at += isByByte ? 1 : bytes.length) {
        client.write(bytes.subarray(at, isByByte ? at + 1 : bytes.length));
        if (isByByte) await new Promise(setImmediate); // Lets the bytes go apart; what is right does not hang on it.
      }
      client.end();
      assert.deepEqual(await on.lines(lines.length), lines);
    });
  }
}

test("in.Tcp: whatever is sent in whatever pieces, every message is one line, in order", async () => {
  await using on = await textStage(tcp, { framing: "auto", max_line: 64 });
  const message = fc.record({ text: fc.string({ unit: "grapheme", minLength: 1, maxLength: 90 }), isCounted: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 30 }), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), async (messages, cuts) => {
      const before = on.context.counts.get("lines_too_long_total") ?? 0;
      const bodies = messages.map(({ text, isCounted }) => ({ body: Buffer.from(`<9>${isCounted ? text : text.replaceAll(/[\n\0]/g, " ")}x`), isCounted }));
      const stream = Buffer.concat(bodies.map(({ body, isCounted }) => (isCounted ? counted(body) : Buffer.concat([body, Buffer.from("\n")]))));
      const client = await on.client();
      for (let at = 0, turn = 0; at < stream.length; turn += 1) {
        const bytes = cuts[turn % cuts.length] ?? 1;
        client.write(stream.subarray(at, at + bytes));
        at += bytes;
        if (turn % 3 === 0) await new Promise(setImmediate);
      }
      client.end();
      const lines = await on.lines(bodies.length);
      bodies.forEach(({ body }, index) => {
        const line = Buffer.from((lines[index] ?? "").replaceAll("\\n", "\n"));
        const whole = Buffer.from(body.toString().replaceAll("\\n", "\n"));
        assert(whole.subarray(0, line.length).equals(line), `${JSON.stringify(line.toString())} begins ${JSON.stringify(whole.toString())}`);
        if (body.length <= 64) assert.equal(line.length, whole.length);
        else assert(60 < Buffer.byteLength(lines[index] ?? "") || body.subarray(0, 64).includes(10));
      });
      assert.equal((on.context.counts.get("lines_too_long_total") ?? 0) - before, bodies.filter(({ body }) => 64 < body.length).length);
    }),
    { numRuns: 60 },
  );
});

test("in.Tcp: CP949, torn in the middle of characters", async () => {
  await using on = await textStage(tcp, { encoding: "cp949", max_line: 16 });
  const client = await on.client();
  const bytes = iconv.encode("가나다 똠방각하\n뷁\n아주 아주 아주 긴 줄\n", "cp949");
  for (const byte of bytes) {
    client.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  assert.deepEqual(await on.lines(3), ["가나다 똠방각하", "뷁", "아주 아주 아주 "]);
  client.write(Buffer.from([0xff, 10]));
  assert.deepEqual(await on.lines(1), ["\ufffd"]);
  assert.equal(on.context.counts.get("invalid_characters_total"), 1);
});

test("in.Tcp: a line is cut at max_line, the rest is skipped and counted, and huge lines without an end hold no memory", async () => {
  await using on = await textStage(tcp, { max_line: "1k" });
  const client = await on.client();
  for (let count = 0; count < 100; count += 1) client.write("가".repeat(30_000));
  client.write("\nshort\n");
  const [long = "", short] = await on.lines(2);
  assert.equal(long, "가".repeat(341));
  assert.equal(short, "short");
  client.write(`${"x".repeat(2000)}\n${"y".repeat(1024)}\nz\n`);
  assert.deepEqual((await on.lines(3)).map((line) => line.length), [1024, 1024, 1]);
  assert.equal(on.context.counts.get("lines_too_long_total"), 2);
  assert.equal(on.context.said.filter(({ message }) => message.includes("too long")).length, 1, "said once");
});

test("in.Tcp: unfinished messages of all clients together have a bound; beyond it they are cut, and hold no hole", async () => {
  await using on = await textStage(tcp, { framing: "octet_counting", max_line: "16MB" });
  const text = Array.from({ length: 1_200_000 }, (_, number) => String(number).padStart(8, "0")).join(""); // 9.6 MB
  const clients = await Promise.all(Array.from({ length: 6 }, () => on.client()));
  // All but the last bytes first, so that all are unfinished together.
  await Promise.all(clients.map((client) => new Promise<void>((resolve) => void client.write(`${text.length} ${text.slice(0, -8)}`, () => resolve()))));
  clients.forEach((client) => client.end(text.slice(-8)));
  const cut = () => on.context.counts.get("lines_too_long_total") ?? 0;
  for (const line of await on.lines(6)) assert(text.startsWith(line), `a line of ${line.length} characters is how the message begins`);
  const before = cut(); // How many is a matter of who comes first.
  assert(0 < before, "some were cut");
  const after = await on.client();
  after.end(`${text.length} ${text}`);
  assert((await on.lines(1))[0] === text, "their memory is there again: one alone comes whole");
  assert.equal(cut(), before);
});

test("in.Tcp: a batch of one peer names it, one of several names none, and what is there comes together", async () => {
  await using on = await textStage(tcp, {});
  const clients = await Promise.all([on.client(), on.client(), on.client()]);
  clients[0]?.write("alone\n");
  assert.deepEqual(await on.lines(1), ["alone"]);
  assert.equal(on.sources.at(-1), `127.0.0.1:${clients[0]?.localPort}`);
  let reads = 0;
  for (const client of clients) await new Promise<void>((resolve) => void client.write("together\n", () => resolve()));
  await until(() => on.context.pool.usedBytes > 0, "something is collected");
  for (let round = 0; round < 20; round += 1) await new Promise(setImmediate);
  const before = on.sources.length;
  assert.deepEqual(await on.lines(3), ["together", "together", "together"]);
  reads = on.sources.length - before;
  assert.equal(reads, 1);
  assert.equal(on.sources.at(-1), undefined);
});

test("in.Tcp: a reader that does not read makes its senders wait, in bounded memory, and then everything comes in order", async () => {
  const poolBytes = 16 << 20;
  await using on = await textStage(tcp, {}, { poolBytes });
  const clients = await Promise.all(Array.from({ length: 4 }, () => on.client()));
  const block = (client: number, from: number): string => Array.from({ length: 1000 }, (_, index) => `${client} ${from + index} ${"가나다".repeat(12)}\n`).join("");
  const blocks = 300; // 13 MB a client: more than the system's own buffers hold.
  clients.forEach((client, index) => {
    for (let at = 0; at < blocks; at += 1) client.write(block(index, at * 1000));
  });
  // Full when nothing has moved for some turns of the loop.
  let [unsent, still] = [-1, 0];
  await until(() => {
    const now = clients.reduce((sum, client) => sum + client.writableLength, 0);
    still = now === unsent ? still + 1 : 0;
    unsent = now;
    return 5 < still;
  }, "the senders wait");
  assert(0 < unsent, "not everything was taken");
  assert(on.context.pool.usedBytes <= poolBytes, `${on.context.pool.usedBytes} bytes`);
  const next = clients.map(() => 0);
  for (const line of await on.lines(4 * blocks * 1000)) {
    const [client, number] = line.split(" ").map(Number);
    assert.equal(number, next[client ?? 0]);
    next[client ?? 0] = (number ?? 0) + 1;
  }
});

/** All that is left when it is asked to stop. */
async function restOf({ input }: { readonly input: Input }): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const delivery = await input.readRest?.(AbortSignal.timeout(60_000));
    if (delivery === undefined) return lines;
    lines.push(...recordsOf(delivery.batch).map(({ message }) => String(message)));
    delivery.batch.release();
  }
}

test("in.Tcp: a stop gives on what was taken, the line in the making too, and takes nothing new", async () => {
  await using on = await textStage(tcp, {});
  const client = await on.client();
  client.write("one\n둘\nthr");
  await until(() => 0 < on.context.pool.usedBytes, "the lines have arrived");
  const gone = once(client, "close");
  assert.deepEqual(await restOf(on), ["one", "둘", "thr"]);
  await gone;
  await assert.rejects(on.client());
  await on.input.close();
  assert.equal(on.context.counts.get("lines_lost_total"), undefined);
});

test("in.Tcp: a stop gives on what clients that had to wait had sent, as memory becomes free; given up, it says what is lost", async () => {
  for (const isGivenUp of [false, true]) {
    await using on = await textStage(tcp, {}, { poolBytes: 1 << 20 });
    const clients = await Promise.all(Array.from({ length: 20 }, () => on.client()));
    clients.forEach((client, index) => client.write(Array.from({ length: 10_000 }, (_, line) => `${index} ${line} ${"가나다".repeat(12)}\n`).join("")));
    let [unsent, still] = [-1, 0];
    await until(() => {
      const now = on.context.pool.usedBytes;
      still = now === unsent && 0 < now ? still + 1 : 0;
      unsent = now;
      return 5 < still;
    }, "nobody has room");
    const heldLines = on.context.pool.usedBytes / 120;
    if (isGivenUp) {
      assert.notEqual(await on.input.readRest?.(AbortSignal.abort()).then((delivery) => delivery?.batch.release() ?? "released"), undefined);
      await on.input.close();
      assert.ok(0 < (on.context.counts.get("lines_lost_total") ?? 0));
      continue;
    }
    const next = clients.map(() => 0);
    const lines = await restOf(on);
    const whole = lines.filter((line) => line.endsWith("가나다".repeat(12)));
    for (const line of whole) {
      const [client, number] = line.split(" ").map(Number);
      assert.equal(number, next[client ?? 0]);
      next[client ?? 0] = (number ?? 0) + 1;
    }
    assert.ok(heldLines < lines.length, `${lines.length} lines came; those who waited had some, too`);
    assert.ok(next.every((lines) => 0 < lines), "of every client");
    assert.ok(lines.length - whole.length <= clients.length, "one is cut for each client, at most");
    await on.input.close();
    assert.equal(on.context.counts.get("lines_lost_total"), undefined);
  }
});

for (const framing of ["newline", "octet_counting"]) {
  test(`in.Tcp: a client that says its last and goes while there is no room loses nothing of it (${framing})`, async () => {
    const poolBytes = 1 << 20;
    await using on = await textStage(tcp, { framing }, { poolBytes });
    const taken = on.context.pool.take(poolBytes - 1000); // As if the steps behind held it.
    const usedBytes = on.context.pool.usedBytes;
    const [last, witness] = [await on.client(), await on.client()];
    last.end(framing === "newline" ? "a last line without its end" : "30 a last line without its end");
    await once(last, "finish");
    witness.end();
    await once(witness.resume(), "close"); // What came before that was looked at.
    assert.equal(on.context.pool.usedBytes, usedBytes, "nothing was taken yet");
    taken.release();
    assert.deepEqual(await on.lines(1), ["a last line without its end"]);
    await once(last.resume(), "close");
    assert.equal(on.context.counts.get("connections_broken_total"), undefined);
  });
}

test("in.Tcp: a thousand clients", async () => {
  await using on = await textStage(tcp, { max_connections: 1000 });
  const clients = await Promise.all(Array.from({ length: 1000 }, () => on.client()));
  clients.forEach((client, index) => client.write(`first of ${index}\nsecond of ${index}\nhalf`));
  const lines = await on.lines(2000);
  assert.equal(new Set(lines).size, 2000);
  clients.forEach((client) => client.end(" a line\n"));
  assert.deepEqual(new Set(await on.lines(1000)), new Set(["half a line"]));
  assert(on.sources.length < 1000, `${on.sources.length} batches`);
});

test("in.Tcp: clients beyond max_connections are turned away, idle ones leave, and a reset loses nobody else's lines", async () => {
  await using on = await textStage(tcp, { max_connections: 2 });
  const [first] = [await on.client(), await on.client()];
  const third = connect({ host: "127.0.0.1", port: on.port.tcp }).on("error", () => {});
  await once(third, "close");
  assert.equal(on.context.counts.get("connections_refused_total"), 1);
  first.write("before the reset\nhalf");
  assert.deepEqual(await on.lines(1), ["before the reset"]);
  first.resetAndDestroy();
  assert.deepEqual(await on.lines(1), ["half"], "what came is given on");

  await using quiet = await textStage(tcp, { idle_timeout: "300ms" });
  await once((await quiet.client()).resume(), "close");
  assert.equal(quiet.context.counts.get("connections_idle_total"), 1);
});

test("in.Tcp: where only counts are expected, anything else ends the connection", async () => {
  await using on = await textStage(tcp, { framing: "octet_counting" });
  for (let time = 0; time < 2; time += 1) {
    const client = await on.client();
    client.write("5 helloGET / HTTP/1.1\r\n");
    await once(client.resume(), "close");
  }
  assert.deepEqual(await on.lines(2), ["hello", "hello"]);
  assert.equal(on.context.counts.get("connections_broken_total"), 2);
  assert.equal(on.context.said.filter(({ message }) => message.includes("framing")).length, 1);
});

test("in.Tcp: TLS, and clients that must show a certificate", async (t) => {
  await using files = await testContext();
  const [ours, theirs] = [await selfSigned(files.dataDir), await selfSigned(files.dataDir, "client.test")];
  if (ours === undefined || theirs === undefined) return t.skip("no openssl on this machine to make a certificate with");
  await using on = await textStage(tcp, { tls: { cert_file: ours.certFile, key_file: ours.keyFile, ca_file: theirs.certFile } });
  const anonymous = connectTls({ host: "127.0.0.1", port: on.port.tls, ca: ours.cert }).on("error", () => {});
  anonymous.write("not this\n");
  await new Promise((resolve) => anonymous.resume().once("close", resolve));
  const known = connectTls({ host: "127.0.0.1", port: on.port.tls, ca: ours.cert, cert: theirs.cert, key: theirs.key });
  known.end("안녕\n");
  assert.deepEqual(await on.lines(1), ["안녕"]);
  assert.equal(on.context.counts.get("connections_refused_total"), 1);
});

test("in.Tcp: the signal ends a read, lines nobody read are said to be lost, and a test ends with its clients", async () => {
  await using on = await textStage(tcp, {}, { mode: "test" });
  const client = await on.client();
  client.write("one\n");
  assert.deepEqual(await on.lines(1), ["one"]);
  const stop = new AbortController();
  const read = on.input.read(stop.signal);
  stop.abort();
  assert.equal(await read, undefined);
  client.end("two\n");
  assert.deepEqual(await on.lines(1), ["two"]);
  assert.equal(await on.input.read(AbortSignal.timeout(60_000)), undefined);

  await using lost = await textStage(tcp, {});
  (await lost.client()).write("nobody reads\n");
  await until(() => lost.context.pool.usedBytes > 0, "the line has arrived");
  await lost.input.close();
  assert.equal(lost.context.counts.get("lines_lost_total"), 1);
});

test("in.Tcp: a port that is taken, and options that cannot be", async () => {
  await using on = await textStage(tcp, {});
  await assert.rejects(textStage(tcp, { port: on.port.tcp }), /cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/);
  for (const wrong of [{}, { port: 1, encoding: "utf-16le" }, { port: 1, max_line: 1 }, { port: 1, framing: "none" }, { port: 1, tls: {} }]) assert.equal(tcp.options.safeParse(wrong).success, false, JSON.stringify(wrong));
});

test("in.Tcp: empty lines without end come in batches that find room as JSON", async () => {
  await using on = await textStage(tcp, {});
  const client = await on.client();
  const lines = 3_000_000;
  client.end(Buffer.alloc(lines, "\n"));
  for (let come = 0; come < lines; ) {
    const delivery = await on.input.read(AbortSignal.timeout(60_000));
    assert(delivery !== undefined);
    come += delivery.batch.rows;
    assert(delivery.batch.rows <= 1 << 17, `${delivery.batch.rows} rows`);
    delivery.batch.release();
  }
});
