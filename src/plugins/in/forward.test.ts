import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { Packr, unpackMultiple } from "msgpackr";
import { until } from "#test/cli/run-dure.ts";
import { selfSigned } from "#test/receivers/self-signed.ts";
import { ChunkMemory } from "#dataplane/memory.ts";
import type { Delivery, Input, PluginContext } from "#sdk/plugin.ts";
import { recordsBatch, recordsOf, TEST_FACTS, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { fluentd } from "../out/fluentd.ts";
import { forward } from "./forward.ts";

const MEMORY = new ChunkMemory({ bytesMax: 256 << 20 });
const soon = (): AbortSignal => AbortSignal.timeout(60_000);

class EventTime {
  readonly seconds: number;
  readonly nanoseconds: number;
  constructor(seconds: number, nanoseconds: number) {
    this.seconds = seconds;
    this.nanoseconds = nanoseconds;
  }
}
const packr = new Packr({ useRecords: false, variableMapSize: true });
/** msgpackr packs no extension of type 0: frames and entries are put together here, what is in them by it. */
function pack(value: unknown): Buffer {
  if (value instanceof EventTime) {
    const bytes = Buffer.from([0xd7, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.writeUInt32BE(value.seconds, 2);
    bytes.writeUInt32BE(value.nanoseconds, 6);
    return bytes;
  }
  if (!Array.isArray(value)) return Buffer.from(packr.pack(value));
  const head = Buffer.from(packr.pack(value.map(() => 0)));
  return Buffer.concat([head.subarray(0, head.length - value.length), ...value.map(pack)]);
}
const packed = (entries: readonly unknown[]): Buffer => Buffer.concat(entries.map(pack));
/** The same bytes as a str, as loggers older than bin send them. */
function str(bytes: Buffer): Buffer {
  const head = Buffer.from([0xdb, 0, 0, 0, 0]);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

interface Stage extends AsyncDisposable {
  readonly context: TestContext;
  readonly input: Input;
  readonly port: number;
  /** A client; whatever it is answered is in `answers`. */
  client(): Promise<Client>;
  /** Reads until so many entries came; acks each delivery unless told otherwise. */
  take(rows: number, options?: { ack: boolean }): Promise<Taken>;
}
interface Client {
  readonly socket: Socket;
  readonly answers: unknown[];
  /** Resolves when so many answers came. */
  answered(count: number): Promise<unknown[]>;
  /** Resolves when the connection is gone. */
  readonly gone: Promise<unknown>;
}
interface Taken {
  readonly records: Record<string, unknown>[];
  readonly tags: string[];
  readonly timesMs: number[];
  readonly sources: (string | undefined)[];
  readonly rows: number[];
  ack(): void;
}

function clientOf(socket: Socket): Client {
  const answers: unknown[] = [];
  let held: Buffer = Buffer.alloc(0);
  const watchers = new Set<() => void>();
  const changed = (): void => watchers.forEach((look) => look());
  const gone = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => {});
  socket.on("data", (bytes: Buffer) => {
    held = Buffer.concat([held, bytes]);
    try {
      const values = unpackMultiple(held);
      answers.push(...values);
      held = Buffer.alloc(0);
    } catch {
      // Half an answer: the rest comes.
    }
    changed();
  });
  socket.once("close", changed);
  return {
    socket,
    answers,
    gone,
    async answered(count) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const look = (): void => {
        if (count <= answers.length) resolve();
        else if (socket.destroyed) reject(new Error(`the connection closed after ${answers.length} answers`));
      };
      watchers.add(look);
      look();
      await promise;
      watchers.delete(look);
      return answers;
    },
  };
}

async function stage(options: Record<string, unknown> = {}, given: Partial<PluginContext> = {}): Promise<Stage> {
  const context = await testContext({ pool: MEMORY.pool(), ...given });
  const input = await forward.open(forward.options.parse({ port: 0, ...options }), context);
  const port = Number(context.said.find(({ message }) => message.startsWith("listening"))?.fields["port"]);
  const sockets: Socket[] = [];
  return {
    context,
    input,
    port,
    async client() {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true });
      sockets.push(socket);
      const client = clientOf(socket);
      await once(socket, "connect");
      return client;
    },
    async take(rows, { ack } = { ack: true }) {
      const deliveries: Delivery[] = [];
      const taken: Taken = { records: [], tags: [], timesMs: [], sources: [], rows: [], ack: () => deliveries.splice(0).forEach((delivery) => void delivery.ack?.()) };
      while (taken.records.length < rows) {
        const delivery = await input.read(soon());
        assert(delivery !== undefined, `only ${taken.records.length} of ${rows} entries came: ${JSON.stringify(context.said.at(-1))}`);
        const { batch } = delivery;
        taken.records.push(...recordsOf(batch));
        taken.tags.push(batch.tag);
        taken.sources.push(batch.facts.source);
        taken.rows.push(batch.rows);
        for (let row = 0; row < batch.rows; row += 1) taken.timesMs.push(batch.timeMs(row));
        batch.release();
        deliveries.push(delivery);
        if (ack) taken.ack();
      }
      return taken;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await input.close();
      await context[Symbol.asyncDispose]();
      assert.equal(context.pool.usedBytes, 0, "every chunk is given back");
    },
  };
}

/** Waits for a warning, looking again at each turn of the loop. */
async function warned(on: Stage, message: RegExp): Promise<Record<string, unknown>> {
  const until = performance.now() + 60_000;
  for (;;) {
    const found = on.context.said.find((said) => said.level === "warn" && message.test(`${said.message} ${said.fields["error"] ?? said.fields["reason"] ?? ""}`));
    if (found !== undefined) return found.fields;
    assert(performance.now() < until, `no warning like ${message}: ${JSON.stringify(on.context.said)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const time = new EventTime(1_790_000_000, 123_000_000);
const record = { message: "가나다", n: 1, deep: { a: [1, null, true, "x"] } };

const modes: readonly [string, Buffer][] = [
  ["Message", pack(["app.web", time, record, { chunk: "c1" }])],
  ["Forward", pack(["app.web", [[time, record]], { chunk: "c1" }])],
  ["PackedForward", pack(["app.web", packed([[time, record]]), { chunk: "c1", size: 1 }])],
  ["PackedForward of an old logger (str)", Buffer.concat([Buffer.from([0x93]), pack("app.web"), str(packed([[time, record]])), pack({ chunk: "c1" })])],
  ["CompressedPackedForward", pack(["app.web", gzipSync(packed([[time, record]])), { chunk: "c1", compressed: "gzip" }])],
  ["CompressedPackedForward, zstd", pack(["app.web", zstdCompressSync(packed([[time, record]])), { chunk: "c1", compressed: "zstd" }])],
];
for (const [mode, frame] of modes) {
  test(`in.Forward: ${mode}, acked when it is written`, async () => {
    await using on = await stage();
    const client = await on.client();
    client.socket.write(frame);
    const taken = await on.take(1, { ack: false });
    assert.deepEqual([taken.records, taken.tags, taken.timesMs], [[record], ["app.web"], [1_790_000_000_123]]);
    assert.equal(taken.sources[0], `127.0.0.1:${client.socket.localPort}`);
    // Whatever was on its way has come when a second frame is here: no ack among it.
    client.socket.write(pack(["t", time, { n: 2 }]));
    await on.take(1);
    assert.deepEqual(client.answers, []);
    taken.ack();
    assert.deepEqual(await client.answered(1), [{ ack: "c1" }]);
  });

  test(`in.Forward: ${mode}, torn at every byte`, async () => {
    await using on = await stage({ dedupe: false });
    const client = await on.client();
    for (let cut = 1; cut < frame.length; cut += 1) {
      client.socket.write(frame.subarray(0, cut));
      // The server, in this same process, has its turn to read the first half before the second goes out.
      await new Promise((resolve) => setImmediate(resolve));
      client.socket.write(frame.subarray(cut));
      assert.deepEqual((await on.take(1)).records, [record]);
      await client.answered(cut);
    }
  });
}

test("in.Forward: without a chunk no ack; an empty frame is acked at once; nil is a heartbeat", async () => {
  await using on = await stage();
  const client = await on.client();
  client.socket.write(Buffer.concat([Buffer.from([0xc0]), pack(["t", time, record]), pack(["t", [[time, record]]]), pack(["t", packed([[time, record]])]), pack(["t", time, record, {}]), pack(["t", time, record, null]), pack(["t", [], { chunk: "e1" }]), pack(["t", Buffer.alloc(0), { chunk: "e2" }])]));
  await on.take(5);
  assert.deepEqual(await client.answered(2), [{ ack: "e1" }, { ack: "e2" }]);
});

test("in.Forward: times of every kind, keys of every kind", async () => {
  await using on = await stage({}, { clock: { now: () => 1_800_000_000_500, pause: async () => {} } });
  const client = await on.client();
  const ext8 = Buffer.from([0xc7, 8, 0, 0x6a, 0xb1, 0x3b, 0x80, 0x3b, 0x9a, 0xc9, 0xff]);
  const times: readonly [Buffer, number][] = [
    [pack(1_790_000_001), 1_790_000_001_000],
    [pack(7), 7000],
    [pack(1_790_000_001.25), 1_790_000_001_250],
    [ext8, 0x6ab13b80 * 1000 + 999.999999],
    [Buffer.from([0xd3, 0, 0, 0, 0, 0x6a, 0xb1, 0x3b, 0x80]), 0x6ab13b80 * 1000],
    // No time that can be: the time of arrival.
    [pack(null), 1_800_000_000_000],
    [pack(0), 1_800_000_000_000],
    [pack(-5), 1_800_000_000_000],
    [pack(1e300), 1_800_000_000_000],
    // Fluent Bit's [[time, metadata], record].
    [pack([time, { meta: 1 }]), 1_790_000_000_123],
  ];
  for (const [bytes] of times) client.socket.write(Buffer.concat([Buffer.from([0x92]), pack("t"), Buffer.from([0x91, 0x92]), bytes, pack({ a: 1 })]));
  const taken = await on.take(times.length);
  taken.timesMs.forEach((ms, index) => assert(Math.abs(ms - (times[index]?.[1] ?? 0)) < 0.001, `time ${index}: ${ms}`));

  const keys = new Map<unknown, unknown>([[1, "a"], [null, "b"], [Buffer.from("bin"), Buffer.from("c")], [1.5, new Map([[true, "e"]])], ["s", [new Map([[2, 3]])]]]);
  client.socket.write(pack(["t", packed([[time, { plain: 1 }], [time, keys]])]));
  assert.deepEqual((await on.take(2)).records, [{ plain: 1 }, { 1: "a", null: "b", bin: "c", "1.5": { true: "e" }, s: [{ 2: 3 }] }]);
  // Entries in long array headers, too.
  client.socket.write(pack(["t", Buffer.concat([Buffer.from([0xdc, 0, 2]), pack(5), pack({ a: 1 }), Buffer.from([0xdd, 0, 0, 0, 2]), pack(time), pack({ a: 2 })])]));
  assert.deepEqual((await on.take(2)).records, [{ a: 1 }, { a: 2 }]);
});

test("in.Forward: tag and tag_prefix", async () => {
  for (const [options, tag] of [[{ tag: "all" }, "all"], [{ tag_prefix: "site1" }, "site1.web"]] as const) {
    await using on = await stage(options);
    (await on.client()).socket.write(pack(["web", time, record]));
    assert.deepEqual((await on.take(1)).tags, [tag]);
  }
});

test("in.Forward: small frames that wait are one batch by tag, each with its own ack", async () => {
  await using on = await stage();
  const client = await on.client();
  const tags = ["a", "a", "a", "b", "b", "a"];
  client.socket.write(Buffer.concat(tags.map((tag, index) => pack([tag, time, { n: index }, { chunk: `c${index}` }]))));
  const taken = await on.take(6);
  assert.deepEqual([taken.tags, taken.rows], [["a", "b", "a"], [3, 2, 1]]);
  assert.deepEqual(taken.records, tags.map((_, index) => ({ n: index })));
  assert.deepEqual(await client.answered(6), tags.map((_, index) => ({ ack: `c${index}` })));
});

test("in.Forward: a large frame is split, and acked when the last part is written", async () => {
  await using on = await stage();
  const client = await on.client();
  const many = Array.from({ length: 40_000 }, (_, index) => [time, { n: index }]);
  client.socket.write(pack(["t", packed(many), { chunk: "many" }]));
  const first = await on.take(20_000, { ack: false });
  const second = await on.take(20_000 - (first.records.length - 20_000), { ack: false });
  assert(first.rows.every((rows) => rows <= 16_384));
  assert.deepEqual([...first.records, ...second.records].map(({ n }) => n), many.map((_, index) => index));
  first.ack();
  client.socket.write(pack(["t", time, {}]));
  await on.take(1);
  assert.deepEqual(client.answers, []);
  second.ack();
  assert.deepEqual(await client.answered(1), [{ ack: "many" }]);

  // By bytes, in all three shapes, with an entry larger than a batch among them.
  const wide = Array.from({ length: 60 }, (_, index) => [time, { n: index, text: "z".repeat(index === 30 ? 5_000_000 : 100_000) }]);
  const body = packed(wide);
  for (const frame of [["t", body], ["t", wide], ["t", gzipSync(body, { level: 1 }), { compressed: "gzip" }]]) {
    client.socket.write(pack(frame));
    const taken = await on.take(60);
    assert.deepEqual(taken.records.map(({ n, text }) => [n, String(text).length]), wide.map((_, index) => [index, index === 30 ? 5_000_000 : 100_000]));
    assert(1 < taken.rows.length);
  }
});

test("in.Forward: gzip of several members", async () => {
  await using on = await stage();
  const client = await on.client();
  client.socket.write(pack(["t", Buffer.concat([gzipSync(packed([[time, { n: 1 }]])), gzipSync(packed([[time, { n: 2 }], [time, { n: 3 }]]))]), { compressed: "gzip" }]));
  assert.deepEqual((await on.take(3)).records, [{ n: 1 }, { n: 2 }, { n: 3 }]);
});

const garbage: readonly [string, Buffer, RegExp][] = [
  ["a web browser", Buffer.from("GET / HTTP/1.1\r\n\r\n"), /a frame is an integer, not an array/],
  ["an array of one", pack(["t"]), /1 elements/],
  ["an array of five", pack(["t", 1, {}, {}, 1]), /5 elements/],
  ["a tag that is no text", pack([1, time, {}]), /the tag is an integer/],
  ["a record that is no map", pack(["t", time, "text"]), /record of an entry is a str/],
  ["an entry that is no pair", pack(["t", [[time, {}, 1]]]), / byte 0: an entry is an array, but not of two/],
  ["an entry that is no array", pack(["t", packed([[time, {}], 5])]), / byte 12: an entry is an integer/],
  ["a bad byte", pack(["t", Buffer.concat([packed([[time, {}]]), Buffer.from([0x92, 5, 0x81, 0xa1, 0x61, 0xc1])])]), / byte 17 is c1/],
  ["a bad entry behind more than a part has", pack(["t", Buffer.concat([packed(Array.from({ length: 20_000 }, () => [time, {}])), Buffer.from([5])])]), / byte 240000: an entry is an integer/],
  ["a last entry that is cut off", pack(["t", packed([[time, { a: 1 }]]).subarray(0, -1)]), /cut off/],
  ["an option that is no map", pack(["t", packed([[time, {}]]), 5]), /option of a frame is an integer/],
  ["an option without end", Buffer.concat([pack(["t", packed([[time, {}]]), {}]).subarray(0, -1), Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff]), Buffer.alloc(80_000, 0x01)]), /neither entries nor at their end/],
  ["a value without end in the option", Buffer.concat([pack(["t", packed([[time, {}]]), {}]).subarray(0, -1), Buffer.from([0x81, 0xa1, 0x61, 0xc6, 0x7f, 0, 0, 0]), Buffer.alloc(80_000)]), /neither entries nor at their end/],
  ["an unknown compression", pack(["t", Buffer.from([0x28]), { compressed: "lz4" }]), /compressed as lz4/],
  ["gzip that is none", pack(["t", Buffer.from([0x1f, 0x8b, 1, 2, 3]), { compressed: "gzip" }]), /no gzip/],
  ["gzip that is not said", pack(["t", gzipSync(packed([[time, {}]]))]), /compressed/],
  ["a bomb", pack(["t", gzipSync(Buffer.alloc(2_000_000)), { compressed: "gzip" }]), /more than 1048576 bytes \(max_chunk\)/],
  ["too large a frame", Buffer.concat([Buffer.from([0x92, 0xa1, 0x74, 0xc6]), Buffer.from([0x7f, 0, 0, 0])]), /2130706432 bytes came; 1048576 are allowed/],
  ["too large a record", Buffer.concat([Buffer.from([0x93, 0xa1, 0x74, 5, 0x81, 0xa1, 0x61, 0xdb]), Buffer.from([0x7f, 0, 0, 0])]), /more than 1048576 bytes/],
  ["too deep a record", Buffer.concat([Buffer.from([0x93, 0xa1, 0x74, 5, 0x81, 0xa1, 0x61]), Buffer.alloc(80, 0x91), Buffer.from([0xc0])]), /deeper than 64/],
];
test("in.Forward: a bad byte is named by its place in what the peer sent, though its entries have gone to several chunks", async () => {
  await using on = await stage({ max_chunk: "16MB" });
  const entries = packed(Array.from({ length: 5000 }, () => [time, { text: "x".repeat(1000) }]));
  const client = await on.client();
  client.socket.write(pack(["t", Buffer.concat([entries, Buffer.from([0x92, 5, 0x81, 0xa1, 0x61, 0xc1])])]));
  await client.gone;
  await warned(on, new RegExp(` byte ${entries.length + 5} is c1`));
});

test("in.Forward: garbage closes its connection with a warning that names the peer; nothing of the frame goes on, others do", async () => {
  let minutes = 0; // Ten warnings a minute are said.
  await using on = await stage({ max_chunk: "1MB" }, { clock: { now: () => (minutes += 1) * 60_000, pause: async () => {} } });
  const good = await on.client();
  for (const [name, bytes, message] of garbage) {
    const bad = await on.client();
    const peer = `127.0.0.1:${bad.socket.localPort}`;
    bad.socket.write(bytes);
    await bad.gone;
    const fields = await warned(on, message);
    assert.equal(fields["peer"], peer, name);
    on.context.said.length = 0;
    good.socket.write(pack(["t", time, { name }, { chunk: name }]));
    assert.deepEqual((await on.take(1)).records, [{ name }], name);
  }
  assert.equal(on.context.counts.get("connections_broken_total"), garbage.length);
  // A peer that goes away inside a frame.
  const bad = await on.client();
  bad.socket.end(pack(["t", packed([[time, record]])]).subarray(0, -3));
  await warned(on, /ended inside a frame/);
});

test("in.Forward: an option without an end is no way to fill the agent's memory", async () => {
  for (const option of [Buffer.concat([Buffer.from([0x81]), pack("x"), Buffer.from([0xdb, 0xff, 0xff, 0xff, 0xff])]), Buffer.concat([Buffer.from([0x81]), pack("chunk"), Buffer.from([0xdb, 0x7f, 0xff, 0xff, 0xff])]), Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff])]) {
    await using on = await stage();
    const client = await on.client();
    client.socket.write(Buffer.concat([Buffer.from([0x93]), pack("t"), pack(packed([[time, record]])), option]));
    const piece = Buffer.alloc(64 << 10, 0xa0); // Empty texts: of a map, keys and values without end.
    for (let pieces = 0; pieces < 64 && !client.socket.destroyed; pieces += 1) client.socket.write(piece);
    await until(() => on.context.counts.get("connections_broken_total") === 1, "the connection is closed");
    assert.match(String(on.context.said.find(({ level }) => level === "warn")?.fields["error"]), /neither entries nor at their end/);
  }
});

test("in.Forward: the shared key, users", async () => {
  const key = { shared_key: "열쇠", self_hostname: "server.test" };
  const users = [{ username: "one", password: "pass-one" }, { username: "two", password: "pass-two" }];
  const cases: readonly [Record<string, unknown>, Record<string, unknown>, boolean][] = [
    [key, { shared_key: "열쇠" }, true],
    [key, { shared_key: "wrong-key" }, false],
    [{ ...key, users }, { shared_key: "열쇠", username: "two", password: "pass-two" }, true],
    [{ ...key, users }, { shared_key: "열쇠", username: "two", password: "pass-one" }, false],
    [{ ...key, users }, { shared_key: "열쇠", username: "three", password: "pass-one" }, false],
    [{ ...key, users }, { shared_key: "열쇠" }, false],
  ];
  for (const [ours, theirs, isLetIn] of cases) {
    await using on = await stage(ours);
    const output = await fluentd.open(fluentd.options.parse({ host: "127.0.0.1", port: on.port, ...theirs }), on.context);
    const batch = recordsBatch(on.context.pool, [{ a: 1 }]);
    const write = output.write(batch, soon()).then(() => true, () => false);
    if (isLetIn) assert.deepEqual((await on.take(1)).records, [{ a: 1 }]);
    else assert.match(String((await warned(on, /refused/))["reason"]), /mismatch/);
    assert.equal(await write, isLetIn);
    batch.release();
    await output.close();
    for (const secret of ["열쇠", "wrong-key", "pass-one", "pass-two"]) assert(!JSON.stringify(on.context.said).includes(secret));
  }
  // Without a PING nothing is taken.
  await using on = await stage(key);
  const client = await on.client();
  client.socket.write(pack(["t", time, record]));
  await warned(on, /another message came where PING was awaited|PING/);
  await client.gone;
});

test("in.Forward: TLS, and clients that must show a certificate", async (t) => {
  await using files = await testContext();
  const [ours, theirs] = [await selfSigned(files.dataDir), await selfSigned(files.dataDir, "client.test")];
  if (ours === undefined || theirs === undefined) return t.skip("no openssl on this machine to make a certificate with");
  const tls = { cert_file: ours.certFile, key_file: ours.keyFile };
  await using on = await stage({ tls });
  const socket = connectTls({ host: "127.0.0.1", port: on.port, ca: ours.cert });
  const client = clientOf(socket);
  socket.write(pack(["t", packed([[time, record]]), { chunk: "c" }]));
  assert.deepEqual((await on.take(1)).records, [record]);
  await client.answered(1);
  socket.destroy();
  // A client without TLS.
  const plain = await on.client();
  plain.socket.write(pack(["t", time, record]));
  await warned(on, /TLS handshake/);

  // One that says nothing does not hold up the end.
  await using quick = await stage({ tls });
  const silent = await quick.client();
  await Promise.all([quick.input.close(), silent.gone]);
  assert.deepEqual(quick.context.said.filter(({ fields }) => /timeout/i.test(String(fields["error"]))), [], "the end does not wait until the TLS handshake has failed");

  await using strict = await stage({ tls: { ...tls, ca_file: theirs.certFile } });
  for (const cert of [{}, { cert_file: theirs.certFile, key_file: theirs.keyFile }]) {
    const output = await fluentd.open(fluentd.options.parse({ host: "localhost", port: strict.port, tls: { ca_file: ours.certFile, ...cert } }), strict.context);
    const batch = recordsBatch(strict.context.pool, [{ a: 1 }]);
    const write = output.write(batch, soon());
    if ("cert_file" in cert) await strict.take(1);
    else await assert.rejects(write);
    await write.catch(() => {});
    batch.release();
    await output.close();
  }
  await assert.rejects(forward.open(forward.options.parse({ port: 0, tls: { cert_file: "no-such.pem", key_file: "no-such.pem" } }), files), /cannot read tls\.cert_file/);
});

for (const poolBytes of [16 << 20, 256 << 20]) test(`in.Forward: a reader that does not read makes its peers wait, in bounded memory (of a pool of ${poolBytes})`, async () => {
  await using on = await stage({}, { pool: MEMORY.pool(poolBytes) });
  const client = await on.client();
  const frame = pack(["t", packed(Array.from({ length: 1000 }, (_, index) => [time, { index, text: "q".repeat(1000) }]))]);
  let sent = 0;
  let mostBytes = 0;
  const frames = 120;
  const sending = (async () => {
    for (; sent < frames; sent += 1) if (!client.socket.write(frame)) await once(client.socket, "drain");
  })();
  let rows = 0;
  // Whenever the sender is stuck (nothing more goes out between two reads), one batch is taken.
  while (rows < frames * 1000) {
    const delivery = await on.input.read(soon());
    assert(delivery !== undefined);
    for (let before = -1; before !== client.socket.bytesWritten + sent; ) {
      before = client.socket.bytesWritten + sent;
      await new Promise((resolve) => setImmediate(resolve));
    }
    mostBytes = Math.max(mostBytes, on.context.pool.usedBytes);
    rows += delivery.batch.rows;
    delivery.batch.release();
  }
  await sending;
  assert.equal(rows, frames * 1000);
  assert(mostBytes <= 20 << 20, `${mostBytes} bytes were held`);
});

test("in.Forward: a frame larger than the pipeline's share of memory gets through alone", async () => {
  await using on = await stage({}, { pool: MEMORY.pool(4 << 20) });
  const client = await on.client();
  client.socket.write(pack(["t", packed(Array.from({ length: 12_000 }, (_, n) => [time, { n, text: "q".repeat(1000) }])), { chunk: "big" }]));
  assert.equal((await on.take(12_000)).records.length, 12_000);
  await client.answered(1);
});

test("in.Forward: places are limited, and those who stop inside a frame or idle lose theirs", async () => {
  await using on = await stage({ max_connections: 2, stall_timeout: "100ms", idle_timeout: "300ms" });
  const [one, two] = [await on.client(), await on.client()];
  const three = await on.client();
  await three.gone;
  await warned(on, /turned away/);
  one.socket.write(pack(["t", time, record]).subarray(0, 9));
  await one.gone;
  await warned(on, /stopped inside a frame/);
  await two.gone;
  assert.equal(on.context.counts.get("connections_idle_total"), 1);
  // Their places are free again.
  (await on.client()).socket.write(pack(["t", time, record]));
  await on.take(1);
});

test("in.Forward: a client that goes on byte by byte inside a frame loses its place", { timeout: 240_000 }, async () => {
  await using on = await stage({ stall_timeout: "400ms" });
  const slow = await on.client();
  slow.socket.write(Buffer.from([0x92, 0xa1, 0x74, 0xc6, 0, 0xff, 0xff, 0xff, 0x92]));
  const drip = setInterval(() => slow.socket.write(Buffer.alloc(1)), 20);
  await slow.gone;
  clearInterval(drip);
  await warned(on, /stopped inside a frame/);
  assert.equal(on.context.counts.get("connections_broken_total"), 1);
});

test("in.Forward: a thousand clients that talk nonsense are counted, and few of them said", async () => {
  await using on = await stage();
  for (let turn = 0; turn < 1000; turn += 1) {
    const bad = await on.client();
    bad.socket.write("GET / HTTP/1.1\r\n\r\n");
    await bad.gone;
  }
  assert.equal(on.context.counts.get("connections_broken_total"), 1000);
  assert(on.context.said.length < 30, `${on.context.said.length} lines`);
});

test("in.Forward: keys that are maps with names every object has become texts", async () => {
  await using on = await stage();
  const client = await on.client();
  const odd = Buffer.concat([Buffer.from([0x81, 0x81, 0x81, 0xa8]), Buffer.from("toString"), Buffer.from([1, 2, 3])]);
  client.socket.write(Buffer.concat([Buffer.from([0x92, 0xa1, 0x74, 0x91, 0x92]), pack(time), odd]));
  assert.deepEqual((await on.take(1)).records, [{ '{"{\\"toString\\":1}":2}': 3 }]);
});

test("in.Forward: frames that unpack to much more wait for each other", async () => {
  const clients = 24;
  const bomb = gzipSync(packed([[time, { text: "x".repeat(16 << 20) }]]));
  await using on = await stage({ max_chunk: "32MB" });
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const peers = await Promise.all(Array.from({ length: clients }, () => on.client()));
  for (const [index, { socket }] of peers.entries()) socket.write(pack(["t", bomb, { compressed: "gzip", chunk: `c${index}` }]));
  for (let taken = 0; taken < clients; taken += 1) {
    const delivery = await on.input.read(soon());
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    delivery?.batch.release();
    await delivery?.ack?.();
  }
  // One that is unpacked, its pieces, and what the collector has not taken yet; all of them would be twice this.
  assert(most < (clients * 16 << 20) / 2, `${most >> 20} MiB`);
});

test("in.Forward: entries that come without their length are held up to a bound, and all of them come", async () => {
  const clients = 12;
  await using on = await stage({ max_chunk: "16MB" });
  const frame = pack(["t", [[time, { text: "x".repeat(8 << 20) }]], { chunk: "c" }]);
  const peers = await Promise.all(Array.from({ length: clients }, () => on.client()));
  for (const { socket } of peers) socket.write(frame.subarray(0, frame.length - 100));
  for (const { socket } of peers) socket.write(frame.subarray(frame.length - 100));
  await on.take(1);
  for (const peer of peers) await peer.answered(1);
});

test("in.Forward: a peer that has ended its side still gets its acks", async () => {
  await using on = await stage({}, { mode: "test" });
  const client = await on.client();
  client.socket.end(pack(["t", time, record, { chunk: "last" }]));
  const taken = await on.take(1, { ack: false });
  assert.equal(await on.input.read(soon()), undefined, "the end was seen");
  taken.ack();
  assert.deepEqual(await client.answered(1), [{ ack: "last" }]);
  await client.gone;
});

test("in.Forward: read ends by its signal, and under `dure test` with its clients", async () => {
  await using on = await stage();
  assert.equal(await on.input.read(AbortSignal.abort()), undefined);
  const abort = new AbortController();
  const read = on.input.read(abort.signal);
  abort.abort();
  assert.equal(await read, undefined);

  await using tried = await stage({}, { mode: "test" });
  const client = await tried.client();
  client.socket.end(pack(["t", time, record]));
  await tried.take(1);
  assert.equal(await tried.input.read(soon()), undefined);
});

test("in.Forward: a stop gives on what was read, also of who asks for no ack, and begins no other frame", async () => {
  await using on = await stage();
  const [client, other] = [await on.client(), await on.client()];
  client.socket.write(Buffer.concat([pack(["a", time, { n: 1 }]), pack(["b", time, { n: 2 }])]));
  await until(() => 0 < on.context.pool.usedBytes, "the frames have arrived");
  const rest: Record<string, unknown>[] = [];
  for (let first = true; ; first = false) {
    const delivery = await on.input.readRest?.(AbortSignal.timeout(60_000));
    if (delivery === undefined) break;
    rest.push(...recordsOf(delivery.batch));
    delivery.batch.release();
    if (first) other.socket.write(pack(["c", time, { n: 3 }, { chunk: "late" }]));
  }
  assert.deepEqual(rest, [{ n: 1 }, { n: 2 }]);
  await Promise.all([on.input.close(), client.gone, other.gone]);
  assert.deepEqual(other.answers, [], "it sends again what was not acked");
});

test("in.Forward: close sends acks that are due and gives back what nobody took", async () => {
  await using on = await stage();
  const client = await on.client();
  client.socket.write(pack(["t", time, record, { chunk: "due" }]));
  const taken = await on.take(1, { ack: false });
  client.socket.write(pack(["t", time, record, { chunk: "not taken" }]));
  taken.ack();
  await Promise.all([on.input.close(), client.gone]);
  assert.deepEqual(client.answers, [{ ack: "due" }]);
});

test("in.Forward: options", () => {
  const parsed = forward.options.parse({});
  assert.deepEqual([parsed.host, parsed.port, parsed.max_chunk], ["127.0.0.1", 24_224, 64 << 20]);
  for (const wrong of [{ tag: "a", tag_prefix: "b" }, { users: [{ username: "a", password: "b" }] }, { prot: 1 }, { tls: {} }]) assert.equal(forward.options.safeParse(wrong).success, false, JSON.stringify(wrong));
});

test("in.Forward: a port that is taken is a plain error", async () => {
  await using on = await stage();
  await using context = await testContext({ pool: MEMORY.pool() });
  await assert.rejects(forward.open(forward.options.parse({ port: on.port }), context), new RegExp(`cannot listen on 127.0.0.1:${on.port}: .*EADDRINUSE`));
});

const anyValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, fc.string({ unit: "grapheme" }), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null), fc.array(tie("value"), { maxLength: 4 }), fc.dictionary(fc.string({ minLength: 1 }), tie("value"), { maxKeys: 4, noNullPrototype: true })),
})).value;
const anyRecords = fc.array(fc.dictionary(fc.string({ minLength: 1 }), anyValue, { maxKeys: 5, noNullPrototype: true }), { maxLength: 20 });
const normal = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (_, item: unknown) => (Object.is(item, -0) ? 0 : item)));

test("in.Forward: whatever is sent in whatever mode and however torn arrives as it was, in order, and is acked", async () => {
  const shape = fc.constantFrom("message", "forward", "packed", "str", "gzip", "zstd");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ shape, records: anyRecords, tag: fc.constantFrom("a", "b.c") }), { minLength: 1, maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 }), async (frames, cuts) => {
      await using on = await stage();
      const client = await on.client();
      const expected: unknown[] = [];
      const chunks: string[] = [];
      const bytes = Buffer.concat(
        frames.flatMap(({ shape: mode, records, tag }, index) => {
          const chunk = `chunk-${index}`;
          if (mode === "message") {
            expected.push(...records);
            return records.map((item, row) => {
              chunks.push(`${chunk}-${row}`);
              return pack([tag, time, item, { chunk: chunk + `-${row}` }]);
            });
          }
          expected.push(...records);
          chunks.push(chunk);
          const pairs = records.map((item) => [time, item]);
          if (mode === "forward") return [pack([tag, pairs, { chunk }])];
          if (mode === "str") return [Buffer.concat([Buffer.from([0x93]), pack(tag), str(packed(pairs)), pack({ chunk })])];
          if (mode === "gzip") return [pack([tag, gzipSync(packed(pairs)), { chunk, compressed: "gzip" }])];
          if (mode === "zstd") return [pack([tag, zstdCompressSync(packed(pairs)), { chunk, compressed: "zstd" }])];
          return [pack([tag, packed(pairs), { chunk }])];
        }),
      );
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const length = cuts[turn % cuts.length] ?? 1;
        client.socket.write(bytes.subarray(at, at + length));
        at += length;
        if (turn % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      const taken = expected.length === 0 ? [] : (await on.take(expected.length)).records;
      assert.deepEqual(normal(taken), normal(expected));
      const answers = await client.answered(chunks.length);
      assert.deepEqual(answers.map((answer) => String((answer as { ack: unknown }).ack)).toSorted(), chunks.toSorted());
    }),
    { numRuns: 40 },
  );
});

test("in.Forward: damaged frames never stop the others, and hold no memory", async () => {
  await using on = await stage({ max_chunk: "1MB" });
  const good = await on.client();
  let turn = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...modes.map(([, frame]) => frame)), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.boolean(), async (frame, damages, isReset) => {
      turn += 1;
      const bad = await on.client();
      const bytes = Buffer.from(frame);
      for (const [at, byte] of damages) bytes[at % bytes.length] = byte;
      bad.socket.write(bytes);
      if (isReset) bad.socket.resetAndDestroy();
      else bad.socket.end();
      good.socket.write(pack(["good", time, { turn }, { chunk: `good ${turn}` }]));
      // The damaged frame may still have made sense.
      for (let isHere = false; !isHere; ) {
        const delivery = await on.input.read(soon());
        assert(delivery !== undefined);
        const records = recordsOf(delivery.batch);
        delivery.batch.json({ key: "time", offsetMinutes: 0, digits: 3 }).release();
        delivery.batch.release();
        await delivery.ack?.();
        isHere = records.some((found) => found["turn"] === turn);
      }
      await good.answered(turn);
    }),
    { numRuns: 150 },
  );
  assert.equal(good.answers.length, turn);
});

test("in.Forward: what out.Fluentd sends", async (t) => {
  await using files = await testContext();
  const cert = await selfSigned(files.dataDir);
  if (cert === undefined) t.diagnostic("no openssl on this machine: tried without TLS");
  const settings = fc.record({ compress: fc.constantFrom("none", "gzip", "zstd"), time_as_integer: fc.boolean(), ack: fc.boolean(), hasKey: fc.boolean(), hasTls: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(settings, fc.array(anyRecords, { minLength: 1, maxLength: 5 }), async ({ hasKey, hasTls, ...options }, batches) => {
      const key = hasKey ? { shared_key: "k" } : {};
      const isTls = hasTls && cert !== undefined;
      await using on = await stage({ ...key, ...(isTls ? { tls: { cert_file: cert.certFile, key_file: cert.keyFile } } : {}) });
      const output = await fluentd.open(fluentd.options.parse({ ip: "127.0.0.1", port: on.port, ...key, ...options, ...(isTls ? { tls: { ca_file: cert.certFile } } : {}) }), on.context);
      const written = batches.map(async (records) => {
        const batch = recordsBatch(on.context.pool, records, { ...TEST_FACTS, nanoseconds: 500_000_000 });
        try {
          await output.write(batch, soon());
        } finally {
          batch.release();
        }
      });
      const expected = batches.flat();
      const taken = expected.length === 0 ? { records: [], timesMs: [] } : await on.take(expected.length);
      await Promise.all(written);
      assert.deepEqual(normal(taken.records), normal(expected));
      assert(taken.timesMs.every((ms) => ms === TEST_FACTS.seconds * 1000 + (options.time_as_integer ? 0 : 500)));
      await output.close();
    }),
    { numRuns: 30 },
  );
});
