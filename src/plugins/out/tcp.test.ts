import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "#test/cli/run-dure.ts";
import { selfSigned } from "#test/receivers/self-signed.ts";
import { streamReceiver } from "#test/receivers/stream-receiver.ts";
import { freePort } from "#test/servers/free-port.ts";
import { linesBatch, recordsBatch, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { tcp } from "./tcp.ts";

const soon = (): AbortSignal => AbortSignal.timeout(60_000);
const open = (context: TestContext, port: number, options: Record<string, unknown> = {}) => tcp.open(tcp.options.parse({ host: "127.0.0.1", port, ...options }), context);

for (const [options, input, wanted] of [
  [{}, "하나\r\n\n둘\u0000\n", "하나\r\n\n둘\u0000\n"],
  [{ delimiter: "crlf" }, "하나\r\n\n둘\n", "하나\r\n\r\n둘\r\n"],
  [{ delimiter: "nul" }, "하나\n둘\n", "하나\u0000둘\u0000"],
  [{ delimiter: "nul" }, "하나\0forged\n둘\n", "하나\\0forged\u0000둘\u0000"],
  [{ format: "json", time_key: "" }, '"하나"\n', '{"message":"\\"하나\\""}\n'],
  [{ delimiter: "nul", time_key: "" }, [{ a: 1, text: "줄\n바꿈" }], '{"a":1,"text":"줄\\n바꿈"}\u0000'],
  [{ format: "lines" }, [{ message: "본문" }], "본문\n"],
] as const) {
  test(`out.Tcp: ${JSON.stringify(options)} of ${JSON.stringify(input)}`, async () => {
    await using context = await testContext();
    await using receiver = await streamReceiver();
    const output = await open(context, receiver.port, options);
    const warm = linesBatch(context.pool, "x");
    warm.json({ key: "", offsetMinutes: 0, digits: 3 }).release(); // What the kernels' programs take stays with the pool.
    warm.release();
    const before = context.pool.usedBytes;
    const batch = typeof input === "string" ? linesBatch(context.pool, input) : recordsBatch(context.pool, input);
    assert.deepEqual(await output.write(batch, soon()), { bytes: Buffer.byteLength(wanted) });
    await output.write(batch, soon());
    assert.equal((await receiver.has(Buffer.byteLength(wanted) * 2)).toString(), wanted.repeat(2));
    assert.equal(receiver.sockets.length, 1, "one connection");
    batch.release();
    await output.close();
    assert.equal(context.pool.usedBytes, before);
  });
}

test("out.Tcp: a receiver that is down, and comes; that closes, and comes again", async () => {
  await using context = await testContext();
  const port = await freePort();
  const output = await open(context, port);
  const batch = linesBatch(context.pool, "줄\n");
  await assert.rejects(output.write(batch, soon()), { code: "PEER", failure: "unreachable" });
  assert.equal(await output.healthy?.(soon()), false);
  const first = await streamReceiver({ port });
  await output.write(batch, soon());
  await first.has(4);
  await first[Symbol.asyncDispose]();
  await using again = await streamReceiver({ port });
  // The end of the other side is noticed before the next write begins.
  await until(async () => {
    await output.write(batch, soon()).catch(() => {});
    return 0 < again.received().length;
  }, "it writes to the new receiver");
  assert.equal(context.counts.get("reconnects_total"), 1);
  assert.equal(await output.healthy?.(soon()), true);
  batch.release();
  await output.close();
  assert.equal(context.pool.usedBytes, 0);
});

test("out.Tcp: a receiver that takes nothing is given up after write_timeout, and a signal ends a write at once", async () => {
  await using context = await testContext();
  await using receiver = await streamReceiver({ isDeaf: true });
  const output = await open(context, receiver.port, { write_timeout: "300ms" });
  const batch = linesBatch(context.pool, "x".repeat(24 << 20)); // More than the system's buffers hold.
  await assert.rejects(output.write(batch, soon()), { code: "PEER", failure: "timeout" });
  const patient = await open(context, receiver.port);
  const stop = new AbortController();
  const write = patient.write(batch, stop.signal);
  await until(() => receiver.sockets.length === 2, "the second connection");
  stop.abort();
  await assert.rejects(write, { code: "PEER", failure: "aborted" });
  batch.release();
  await Promise.all([output.close(), patient.close()]);
  assert.equal(context.pool.usedBytes, 0);
});

test("out.Tcp: without keepalive each batch has its connection", async () => {
  await using context = await testContext();
  await using receiver = await streamReceiver();
  const output = await open(context, receiver.port, { keepalive: false });
  const batch = linesBatch(context.pool, "줄\n");
  for (let time = 0; time < 3; time += 1) await output.write(batch, soon());
  await receiver.has(12);
  assert.equal(receiver.sockets.length, 3);
  batch.release();
  await output.close();
});

test("out.Tcp: TLS, a certificate nobody vouches for, and a receiver without TLS", async (t) => {
  await using context = await testContext();
  const cert = await selfSigned(context.dataDir);
  if (cert === undefined) return t.skip("no openssl on this machine to make a certificate with");
  await using receiver = await streamReceiver({ tls: cert });
  const batch = linesBatch(context.pool, "비밀\n");
  const output = await open(context, receiver.port, { host: "localhost", tls: { ca_file: cert.certFile } });
  await output.write(batch, soon());
  assert.equal((await receiver.has(7)).toString(), "비밀\n");
  const strict = await open(context, receiver.port, { tls: {} });
  await assert.rejects(strict.write(batch, soon()), { failure: "tls" });
  await using plain = await streamReceiver();
  const hopeful = await open(context, plain.port, { tls: {}, connect_timeout: "300ms" });
  await assert.rejects(hopeful.write(batch, soon()), { code: "PEER" });
  batch.release();
  await Promise.all([output.close(), strict.close(), hopeful.close()]);
  assert.equal(context.pool.usedBytes, 0);
});

test("out.Tcp: validate says in both languages that a receiver is away", async () => {
  const given = tcp.options.parse({ host: "127.0.0.1", port: await freePort() });
  const [problem] = (await tcp.checkEnvironment?.(given, { configDir: ".", signal: soon() })) ?? [];
  assert.match(problem?.en ?? "", /out\.Tcp cannot reach its receiver now/);
  assert.match(problem?.ko ?? "", /연결할 수 없습니다/);
  await using receiver = await streamReceiver();
  assert.deepEqual(await tcp.checkEnvironment?.({ ...given, port: receiver.port }, { configDir: ".", signal: soon() }), []);
  for (const wrong of [{}, { host: "a" }, { host: "a", port: 1, delimiter: ";" }, { host: "a", port: 1, tls: { cert_file: "a" } }]) assert.equal(tcp.options.safeParse(wrong).success, false);
});
