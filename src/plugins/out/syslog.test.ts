import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import fc from "fast-check";
import { until } from "#test/cli/run-dure.ts";
import { selfSigned } from "#test/receivers/self-signed.ts";
import { streamReceiver } from "#test/receivers/stream-receiver.ts";
import { linesBatch, recordsBatch, recordsOf, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { syslog as input } from "../in/syslog.ts";
import { textStage } from "../in/parts/testing.ts";
import { json } from "../parse/json.ts";
import { syslog } from "./syslog.ts";

const soon = (): AbortSignal => AbortSignal.timeout(60_000);
const FIXED = { hostname: "장비", ident: "dure", time_zone: "utc" };
const open = (context: TestContext, port: number, options: Record<string, unknown> = {}) => syslog.open(syslog.options.parse({ host: "127.0.0.1", port, ...FIXED, ...options }), context);
/** The test batch's time: 2026-09-21T14:13:20Z. */
const AT = "2026-09-21T14:13:20.000000Z";

for (const [options, given, wanted] of [
  [{}, "하나\n둘\r\n", `<14>1 ${AT} __ dure - - - 하나\n<14>1 ${AT} __ dure - - - 둘\n`],
  [{ time_zone: "+09:00" }, "하나\n", "<14>1 2026-09-21T23:13:20.000000+09:00 __ dure - - - 하나\n"],
  [{ format: "rfc3164", severity: "err", facility: "local7", hostname: "web" }, "하나\n", "<187>Sep 21 14:13:20 web dure: 하나\n"],
  [{ framing: "octet_counting", format: "raw" }, "<34>1 한\n\n<34>2\n", "9 <34>1 한0 5 <34>2"],
  [{ framing: "nul", format: "raw" }, "<34>1\n<34>2\n", "<34>1\u0000<34>2\u0000"],
  [{ framing: "nul" }, [{ message: "하나\0<0>forged\0" }], `<14>1 ${AT} __ dure - - - 하나\\0<0>forged\\0\u0000`],
  [{ framing: "nul", format: "raw" }, "<34>1\0<0>forged\n", "<34>1\\0<0>forged\u0000"],
  [{}, [{ host: "a\n<0>forged", ident: "b\r\n<0>", pid: "\n", msgid: "\0", message: "c\n<0>forged" }], `<14>1 ${AT} a_<0>forged b__<0> _ _ - c\\n<0>forged\n`],
  [{ format: "raw" }, "<34>1\r\n<34>2\n", "<34>1\r\n<34>2\n"],
  [{}, [{ severity: "WARN", facility: 3, host: "web 1", ident: "nginx", pid: 42, msgid: "ID", message: "줄\n바꿈" }], `<28>1 ${AT} web_1 nginx 42 ID - 줄\\n바꿈\n`],
  [{ format: "rfc3164" }, [{ severity: 9, facility: "none", ident: "a:[b]", pid: "7", message: "본문" }], "<14>Sep 21 14:13:20 __ a__b_[7]: 본문\n"],
  [{ severity_key: "", message_key: "text" }, [{ severity: 0, text: "본문" }, { other: 1 }], `<14>1 ${AT} __ dure - - - 본문\n<14>1 ${AT} __ dure - - - {"other":1}\n`],
  [{ format: "raw" }, [{ message: "<34>1 본문" }], "<34>1 본문\n"],
] as const) {
  test(`out.Syslog: ${JSON.stringify(options)} of ${JSON.stringify(given)}`, async () => {
    await using context = await testContext();
    await using receiver = await streamReceiver();
    const output = await open(context, receiver.port, options);
    const batch = typeof given === "string" ? linesBatch(context.pool, given) : recordsBatch(context.pool, given);
    assert.deepEqual(await output.write(batch, soon()), { bytes: Buffer.byteLength(wanted) });
    assert.equal((await receiver.has(Buffer.byteLength(wanted))).toString(), wanted);
    batch.release();
    await output.close();
    assert.equal(context.pool.usedBytes, 0);
  });
}

test("out.Syslog: records that were parsed here, and lines a filter left", async () => {
  await using context = await testContext();
  await using receiver = await streamReceiver();
  const parser = await json.open(json.options.parse({}), context);
  const batch = await parser.apply(linesBatch(context.pool, '{"severity":"err","message":"하나"}\n{"message":"둘"}\n'), soon());
  assert(batch !== undefined);
  const output = await open(context, receiver.port);
  const wanted = `<11>1 ${AT} __ dure - - - 하나\n<14>1 ${AT} __ dure - - - 둘\n`;
  await output.write(batch, soon());
  assert.equal((await receiver.has(Buffer.byteLength(wanted))).toString(), wanted);
  assert.equal(recordsOf(batch).length, 2);
  batch.release();
  await output.close();
});

test("out.Syslog: over UDP each message is a datagram, cut between characters where it is too long", async () => {
  await using context = await testContext();
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const datagrams: string[] = [];
  socket.on("message", (datagram) => datagrams.push(datagram.toString()));
  const output = await open(context, socket.address().port, { protocol: "udp", format: "raw", max_message: 480 });
  const batch = linesBatch(context.pool, `<34>1 짧은\n<134>1 ${"가".repeat(1000)}\n`);
  await output.write(batch, soon());
  await until(() => datagrams.length === 2, "both datagrams");
  assert.deepEqual(datagrams, ["<34>1 짧은", `<134>1 ${"가".repeat(157)}`]);
  assert.equal(context.counts.get("messages_cut_total"), 1);
  batch.release();
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  // Nobody listens any more: the system hears of it and says so at a later send.
  const lines = linesBatch(context.pool, "<34>1 nobody\n".repeat(300));
  await until(() => output.write(lines, soon()).then(() => false, (error: unknown) => (error as { code?: string }).code === "PEER"), "a write fails");
  const back = createSocket("udp4").bind(port, "127.0.0.1");
  await once(back, "listening");
  const came = once(back, "message");
  await until(() => output.write(lines, soon()).then(() => true, () => false), "a write works again");
  await came;
  back.close();
  lines.release();
  await output.close();
  assert.equal(context.pool.usedBytes, 0);
});

test("out.Syslog: what in.Syslog takes is what was sent, over TLS with counted octets by default", async (t) => {
  await using context = await testContext();
  const cert = await selfSigned(context.dataDir);
  if (cert === undefined) return t.skip("no openssl on this machine to make a certificate with");
  await using on = await textStage(input, { protocols: ["tls"], tls_port: 0, tls: { cert_file: cert.certFile, key_file: cert.keyFile } });
  const output = await open(context, on.port.tls, { host: "localhost", format: "raw", tls: { ca_file: cert.certFile } });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: "grapheme", minLength: 1 }).map((text) => `<1>${text.replaceAll(/[\r\n\0]/g, "·")}`), { minLength: 1, maxLength: 50 }), async (lines) => {
      const batch = linesBatch(context.pool, lines.join("\n"));
      await output.write(batch, soon());
      batch.release();
      assert.deepEqual(await on.lines(lines.length), lines.map((line) => Buffer.from(line).toString()));
    }),
    { numRuns: 40 },
  );
  await output.close();
});

test("out.Syslog: what cannot be is said at its place", () => {
  for (const [wrong, path] of [
    [{ protocol: "udp", tls: {} }, "tls"],
    [{ protocol: "udp", framing: "newline" }, "framing"],
    [{ protocol: "udp", max_message: "100k" }, "max_message"],
    [{ max_message: 100 }, "max_message"],
    [{ severity: "loud" }, "severity"],
    [{ facility: 24 }, "facility"],
    [{ facility: "local8" }, "facility"],
    [{ time_zone: "Mars" }, "time_zone"],
  ] as const) assert.equal(syslog.options.safeParse({ host: "a", ...wrong }).error?.issues[0]?.path[0], path, JSON.stringify(wrong));
});
