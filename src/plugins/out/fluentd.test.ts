import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { startForwardReceiver } from "#test/receivers/forward-receiver.ts";
import type { Behaviour, ForwardReceiver, ReceiverOptions } from "#test/receivers/forward-receiver.ts";
import { selfSigned } from "#test/receivers/self-signed.ts";
import type { Batch } from "#dataplane/batch.ts";
import { ChunkMemory } from "#dataplane/memory.ts";
import type { Output } from "#sdk/plugin.ts";
import { linesBatch, recordsBatch, TEST_FACTS, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { fluentd } from "./fluentd.ts";

const MEMORY = new ChunkMemory({ bytesMax: 256 << 20 });
const soon = (): AbortSignal => AbortSignal.timeout(60_000);

interface Stage extends AsyncDisposable {
  readonly context: TestContext;
  readonly receiver: ForwardReceiver;
  readonly output: Output;
  /** Makes a batch, writes it and lets go of it. */
  write(text: string, signal?: AbortSignal): Promise<void>;
}

async function stage(options: Record<string, unknown> = {}, receiving: ReceiverOptions = {}): Promise<Stage> {
  const context = await testContext({ pool: MEMORY.pool() });
  const receiver = await startForwardReceiver(receiving);
  const output = await fluentd.open(fluentd.options.parse({ ip: "127.0.0.1", port: receiver.port, ...options }), context);
  // The pool keeps the small program that lines are written by: it is no leak.
  const first = linesBatch(context.pool, "warm");
  first.entries().release();
  first.release();
  const restBytes = context.pool.usedBytes;
  return {
    context,
    receiver,
    output,
    async write(text, signal = soon()) {
      const batch = linesBatch(context.pool, text);
      try {
        await output.write(batch, signal);
      } finally {
        batch.release();
      }
    },
    async [Symbol.asyncDispose]() {
      await output.close();
      await receiver.close();
      await context[Symbol.asyncDispose]();
      assert.equal(context.pool.usedBytes, restBytes, "every chunk is given back");
    },
  };
}

async function failureOf(write: Promise<unknown>): Promise<{ failure: string; message: string; hint: string }> {
  const error = await write.then(() => assert.fail("the write must reject"), (thrown: unknown) => thrown);
  assert(error instanceof Error);
  return { failure: "failure" in error ? String(error.failure) : error.name, message: error.message, hint: "hint" in error ? String(error.hint) : "" };
}

/** Whether the promise is still open after everything that was ready has run. */
async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  const mark = Symbol("open");
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  promise.catch(() => {});
  return (await Promise.race([promise, Promise.resolve(mark)])) === mark;
}

const megabytes = (count: number): string => `${"x".repeat(1023)}\n`.repeat(count * 1024);

test("out.Fluentd: a batch is one PackedForward frame with EventTimes, its size and a chunk to ack", async () => {
  await using on = await stage();
  await on.write("가나다\nb\n");
  const [frame] = on.receiver.frames;
  assert(frame !== undefined);
  assert.equal(frame.mode, "packed");
  assert.equal(frame.hasEventTimes, true);
  assert.equal(frame.option["size"], 2);
  assert.equal(Buffer.from(String(frame.option["chunk"]), "base64").length, 16);
  assert.deepEqual(on.receiver.entries, ["가나다", "b"].map((message) => ({ tag: "test", seconds: TEST_FACTS.seconds, nanoseconds: 0, record: { message } })));
});

for (const compress of ["gzip", "zstd"]) {
  test(`out.Fluentd: compress ${compress}`, async () => {
    await using on = await stage({ compress });
    await Promise.all([on.write(megabytes(1)), on.write("small\n")]);
    assert.deepEqual(on.receiver.frames.map(({ mode, option }) => [mode, option["compressed"], option["size"]]), [["compressed", compress, 1024], ["compressed", compress, 1]]);
    assert.equal(on.receiver.lines().at(-1), "small", "a small batch does not overtake a large one");
  });
}

test("out.Fluentd: time_as_integer, tag, and no ack asked for", async () => {
  await using on = await stage({ time_as_integer: true, tag: "mine", ack: false });
  await on.write("a\nbb\n");
  const batch = recordsBatch(on.context.pool, [{ n: 1, s: "x".repeat(300) }, { n: [true, null] }], { ...TEST_FACTS, nanoseconds: 5 });
  await on.output.write(batch, soon());
  batch.release();
  await on.receiver.until(({ frames }) => frames.length === 2);
  assert.deepEqual(on.receiver.frames.map(({ tag, hasEventTimes, option }) => [tag, hasEventTimes, option]), [["mine", false, { size: 2 }], ["mine", false, { size: 2 }]]);
  assert.deepEqual(on.receiver.entries.map(({ record }) => record), [{ message: "a" }, { message: "bb" }, { n: 1, s: "x".repeat(300) }, { n: [true, null] }]);
  assert(on.receiver.entries.every(({ seconds }) => seconds === TEST_FACTS.seconds));
});

// What a receiver may do, and what the write says of it. Half-open receivers must be given more than the system holds for them.
const misbehaviours: readonly [Behaviour, string, RegExp][] = [
  ["reset", "closed", /closed the connection/],
  ["half-open", "timeout", /took no bytes for 200 ms/],
  ["never-ack", "timeout", /no ack came for 200 ms/],
  ["garbage", "garbage", /does not speak the forward protocol/],
  ["close-mid-frame", "closed", /closed/],
  ["close-before-ack", "closed", /closed/],
];
for (const [behaviour, failure, message] of misbehaviours) {
  test(`out.Fluentd: a receiver that does "${behaviour}" makes the write reject, and the next one is written`, async () => {
    // Only who waits for a time-out has a short one: on a busy machine anything else may take as long.
    await using on = await stage({ ack_timeout: failure === "timeout" ? "200ms" : "1m" }, { behaviour });
    const text = megabytes(behaviour === "half-open" ? 24 : 2);
    const said = await failureOf(on.write(text));
    assert.equal(said.failure, failure, said.message);
    assert.match(said.message, message);
    assert.match(said.message, new RegExp(`^127\\.0\\.0\\.1:${on.receiver.port}: `));
    on.receiver.behaviour = "ack";
    if (failure !== "timeout") {
      await on.write("again\n");
      assert.equal(on.receiver.connections, 2);
    } else await writtenAtLast(on, "again\n");
    assert.equal(on.receiver.lines().at(-1), "again");
  });
}

/** As a pipeline does: what a busy machine did not get done in time is tried again. */
async function writtenAtLast(on: { write(text: string): Promise<unknown> }, text: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await on.write(text);
      return;
    } catch (error) {
      if (attempt === 50 || (error as { failure?: unknown }).failure !== "timeout") throw error;
    }
  }
}

test("out.Fluentd: a receiver that is down", async () => {
  await using on = await stage();
  await on.receiver.down();
  const said = await failureOf(on.write("a\n"));
  assert.deepEqual(said, { failure: "unreachable", message: `127.0.0.1:${on.receiver.port}: ECONNREFUSED`, hint: "Start the receiver, or correct `host` and `port`." });
  await on.receiver.up();
  await on.write("a\n");
  assert.deepEqual(on.receiver.lines(), ["a"]);
});

test("out.Fluentd: a receiver that restarts between two batches", async () => {
  await using on = await stage();
  await on.write("a\n");
  await on.receiver.down();
  await on.receiver.up();
  // The end of the old connection may or may not have been seen; a batch is in no case lost silently.
  await on.write("b\n").catch(() => on.write("b\n"));
  assert.deepEqual(on.receiver.lines(), ["a", "b"]);
});

test("out.Fluentd: a slow receiver gets everything, in order", async () => {
  await using on = await stage({ ack_timeout: "10s" }, { behaviour: "slow" });
  const texts = Array.from({ length: 6 }, (_, index) => Array.from({ length: 3000 }, (_, line) => `${index}-${line} ${"y".repeat(200)}`));
  await Promise.all(texts.map((lines) => on.write(`${lines.join("\n")}\n`)));
  assert.deepEqual(on.receiver.lines(), texts.flat());
});

test("out.Fluentd: records that have a name have the same chunk id after a restart, and another from each output", async () => {
  await using receiver = await startForwardReceiver();
  const chunks: unknown[] = [];
  for (const { pipeline = "main", step = "3.1", id, compress = "none" } of [{ id: "run:1" }, { id: "run:1" }, { id: "run:1", compress: "gzip" }, { id: "run:2" }, { id: "run:1", step: "3.2" }, { id: "run:1", pipeline: "other" }, { id: undefined }, { id: undefined }]) {
    await using context = await testContext({ pool: MEMORY.pool(), pipeline, step });
    const output = await fluentd.open(fluentd.options.parse({ ip: "127.0.0.1", port: receiver.port, compress }), context);
    const batch = linesBatch(context.pool, "하나", { ...TEST_FACTS, id });
    await output.write(batch, soon());
    chunks.push(receiver.frames.at(-1)?.option["chunk"]);
    batch.release();
    await output.close();
  }
  assert.deepEqual(chunks.map((chunk) => chunks.indexOf(chunk)), [0, 0, 0, 3, 4, 5, 6, 7]);
  for (const chunk of chunks) assert.equal(Buffer.from(String(chunk), "base64").length, 16);
});

for (const behaviour of ["late", "wrong-chunk"] as const) {
  test(`out.Fluentd: with acks that come ${behaviour}, frames are pipelined and none counts as written before its own ack`, async () => {
    await using on = await stage({}, { behaviour });
    assert.equal(on.output.concurrency, 3);
    const writes = ["a\n", "b\n", "c\n", "d\n"].map((text) => on.write(text));
    await on.receiver.until(({ frames }) => frames.length === 4);
    if (behaviour === "wrong-chunk") while (on.context.counts.get("acks_unknown_total") !== 4) await new Promise((resolve) => setImmediate(resolve));
    for (const write of writes) assert.equal(await isOpen(write), true);
    on.receiver.releaseAcks();
    await Promise.all(writes);
    assert.equal(on.receiver.connections, 1);
    assert.deepEqual(on.receiver.lines(), ["a", "b", "c", "d"]);
  });
}

test("out.Fluentd: a broken connection fails all frames under way, and nothing else", async () => {
  await using on = await stage({}, { behaviour: "late" });
  const writes = ["a\n", "b\n", "c\n"].map((text) => failureOf(on.write(text)));
  await on.receiver.until(({ frames }) => frames.length === 3);
  await on.receiver.down();
  for (const said of await Promise.all(writes)) assert.equal(said.failure, "closed");
});

for (const [behaviour, text] of [["never-ack", "a\n"], ["half-open", megabytes(24)]] as const) {
  test(`out.Fluentd: an abort rejects a write under way at once (${behaviour})`, async () => {
    await using on = await stage({}, { behaviour });
    const abort = new AbortController();
    const write = failureOf(on.write(text, abort.signal));
    await on.receiver.until(({ connections, frames }) => connections === 1 && (behaviour === "half-open" || frames.length === 1));
    abort.abort();
    assert.equal((await write).failure, "aborted");
  });
}

test("out.Fluentd: an abort rejects a write that waits for its connection or its turn, and close ends all", async () => {
  // A listener that never shakes hands.
  await using on = await stage({ shared_key: "k" }, { behaviour: "half-open" });
  const abort = new AbortController();
  const writes = [on.write("a\n", abort.signal), on.write("b\n", abort.signal)].map(failureOf);
  await on.receiver.until(({ connections }) => connections === 1);
  abort.abort();
  for (const { failure } of await Promise.all(writes)) assert.match(failure, /abort/i);
  const last = failureOf(on.write("c\n"));
  await on.receiver.until(({ connections }) => connections === 2);
  await on.output.close();
  assert.equal((await last).failure, "aborted");
});

test("out.Fluentd: the shared key is proved and never said", async () => {
  const key = "맞는 열쇠 7f";
  const user = { username: "agent", password: "비밀 9" };
  const cases: readonly [Record<string, unknown>, ReceiverOptions, string, RegExp][] = [
    [{ shared_key: key }, { sharedKey: key }, "written", /^$/],
    [{ shared_key: key, ...user }, { sharedKey: key, user }, "written", /^$/],
    [{ shared_key: "wrong-key" }, { sharedKey: key }, "auth", /refused us: shared_key mismatch/],
    [{ shared_key: key, ...user, password: "wrong-key" }, { sharedKey: key, user }, "auth", /refused us/],
    [{}, { sharedKey: key }, "auth", /asks for a shared key/],
    [{ shared_key: key, connect_timeout: "150ms" }, {}, "timeout", /did not begin the handshake within 150 ms/],
  ];
  for (const [options, receiving, outcome, message] of cases) {
    await using on = await stage({ self_hostname: "here.test", ...options }, receiving);
    const said = await on.write("a\n").then(() => ({ failure: "written", message: "", hint: "" }), (error: unknown) => failureOf(Promise.reject(error)));
    assert.equal(said.failure, outcome, said.message);
    assert.match(said.message, message);
    assert.deepEqual(on.receiver.lines(), outcome === "written" ? ["a"] : []);
    if (outcome === "written") assert.deepEqual(on.receiver.clients, ["here.test"]);
    const everything = JSON.stringify([said, on.context.said]);
    for (const secret of [key, user.password, "wrong-key"]) assert(!everything.includes(secret), everything);
    assert.equal(on.context.said.filter(({ level }) => level === "error").length, outcome === "auth" && receiving.sharedKey !== undefined && options["shared_key"] !== undefined ? 1 : 0);
  }
});

test("out.Fluentd: a receiver that proves no knowledge of the key gets nothing", async () => {
  // It lets anybody in, as one that wants our lines would.
  const server = createServer((socket) => {
    socket.write(Buffer.from([0x92, 0xa4, ...Buffer.from("HELO"), 0x81, 0xa5, ...Buffer.from("nonce"), 0xc4, 2, 1, 2]));
    socket.once("data", () => socket.write(Buffer.from([0x95, 0xa4, ...Buffer.from("PONG"), 0xc3, 0xa0, 0xa1, 0x78, 0xa1, 0x79])));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await using on = await stage({ shared_key: "k", port: (server.address() as AddressInfo).port });
  assert.match((await failureOf(on.write("a\n"))).message, /does not know the shared key/);
  await new Promise((resolve) => server.close(resolve));
});

test("out.Fluentd: TLS", async (t) => {
  await using files = await testContext();
  const [ours, other] = [await selfSigned(files.dataDir), await selfSigned(files.dataDir, "other.test")];
  if (ours === undefined || other === undefined) return t.skip("no openssl on this machine to make a certificate with");
  const cases: readonly [string, Record<string, unknown>, ReceiverOptions, string, RegExp][] = [
    ["the authority is known", { ca_file: ours.certFile }, { tls: ours }, "written", /^$/],
    ["the authority is not known", {}, { tls: ours }, "tls", /self-signed/],
    ["unknown, and not looked at", { verify: false }, { tls: ours }, "written", /^$/],
    ["another name", { ca_file: other.certFile }, { tls: other }, "tls", /127\.0\.0\.1/],
    ["another name, as told", { ca_file: other.certFile, server_name: "other.test" }, { tls: other }, "written", /^$/],
    ["a client's certificate, too", { ca_file: ours.certFile, cert_file: other.certFile, key_file: other.keyFile }, { tls: { ...ours, ca: other.cert } }, "written", /^$/],
    ["the receiver speaks plainly", { ca_file: ours.certFile }, { behaviour: "garbage" }, "tls", /the TLS handshake failed/],
    ["switched off", { enabled: false }, {}, "written", /^$/],
    ["no such file", { ca_file: "no-such.crt" }, { tls: ours }, "tls", /cannot read tls\.ca_file/],
  ];
  for (const [name, tls, receiving, outcome, message] of cases) {
    await using on = await stage({ tls }, receiving);
    const text = megabytes(3);
    const said = await on.write(text).then(() => ({ failure: "written", message: "" }), (error: unknown) => failureOf(Promise.reject(error)));
    assert.equal(said.failure, outcome, `${name}: ${said.message}`);
    assert.match(said.message, message, name);
    if (outcome === "written") assert.equal(on.receiver.lines().length, 3072);
  }
});

test("out.Fluentd: without keepalive each batch has its connection; with a timeout an idle one is closed and opened again", async () => {
  await using on = await stage({ keepalive: false });
  await Promise.all([on.write("a\n"), on.write("b\n")]);
  assert.equal(on.receiver.connections, 2);
  await on.receiver.until(({ openConnections }) => openConnections === 0);

  await using idle = await stage({ keepalive_timeout: "30ms" });
  await idle.write("a\n");
  await idle.receiver.until(({ openConnections }) => openConnections === 0);
  await idle.write("b\n");
  assert.deepEqual(idle.receiver.lines(), ["a", "b"]);
  assert.equal(idle.receiver.connections, 2);
});

test("out.Fluentd: a server that keeps no connection (HELO with keepalive false) gets one for each frame", async () => {
  await using on = await stage({ shared_key: "k" }, { sharedKey: "k", keepalive: false });
  for (const text of ["a\n", "b\n", "c\n"]) await on.write(text);
  assert.deepEqual(on.receiver.lines(), ["a", "b", "c"]);
  assert.equal(on.receiver.connections, 3);
});

test("out.Fluentd: health and environment", async () => {
  await using on = await stage({ shared_key: "k" }, { sharedKey: "k" });
  const given = fluentd.options.parse({ host: "127.0.0.1", port: on.receiver.port, shared_key: "k" });
  const check = (): Promise<readonly { en: string; ko: string }[]> => fluentd.checkEnvironment?.(given, { configDir: ".", signal: soon() }) ?? assert.fail();
  assert.equal(await on.output.healthy?.(soon()), true);
  assert.deepEqual(await check(), []);
  await on.receiver.down();
  assert.equal(await on.output.healthy?.(soon()), false);
  const [problem] = await check();
  assert.match(problem?.en ?? "", new RegExp(`cannot reach its receiver now: 127.0.0.1:${on.receiver.port}: ECONNREFUSED`));
  assert.match(problem?.ko ?? "", new RegExp(`127.0.0.1:${on.receiver.port}: 연결할 수 없습니다`));
});

test("out.Fluentd: options", () => {
  const parsed = fluentd.options.parse({ ip: "192.168.0.1" });
  assert.deepEqual([parsed.port, parsed.ack, parsed.ack_timeout, parsed.max_in_flight, fluentd.address?.(parsed)], [24_224, true, 30_000, 3, "192.168.0.1"]);
  assert.deepEqual(JSON.parse(JSON.stringify(parsed)), { ...parsed });
  for (const wrong of [{}, { ip: "a", host: "b" }, { ip: "a", username: "u" }, { ip: "a", prot: 1 }, { ip: "a", tls: { cert_file: "x" } }, { ip: "a", port: 0 }]) assert.equal(fluentd.options.safeParse(wrong).success, false, JSON.stringify(wrong));
});

test("out.Fluentd: whatever records a batch has and however the receiver fails, tried again they all arrive as they were", async () => {
  // msgpackr, which reads for the receiver, renames the key __proto__.
  const key = fc.string({ minLength: 1 }).filter((name) => name !== "__proto__");
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, fc.string({ unit: "grapheme" }), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null), fc.array(tie("value"), { maxLength: 4 }), fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true })),
  })).value;
  const records = fc.array(fc.dictionary(key, value, { maxKeys: 5, noNullPrototype: true }), { minLength: 1, maxLength: 30 });
  const plan = fc.array(fc.record({ records, fault: fc.constantFrom<Behaviour>("ack", "close-before-ack", "garbage", "reset", "ack") }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(plan, fc.constantFrom("none", "gzip", "zstd"), fc.boolean(), async (batches, compress, time_as_integer) => {
      await using on = await stage({ compress, time_as_integer });
      const held: Batch[] = [];
      for (const { records: given, fault } of batches) {
        on.receiver.behaviour = fault;
        const batch = recordsBatch(on.context.pool, given, { ...TEST_FACTS, nanoseconds: 0 });
        held.push(batch);
        try {
          await on.output.write(batch, soon());
        } catch {
          on.receiver.behaviour = "ack";
          await on.output.write(batch, soon());
        }
        const normal = (list: readonly unknown[]): unknown => JSON.parse(JSON.stringify(list, (_, item: unknown) => (Object.is(item, -0) ? 0 : typeof item === "bigint" ? Number(item) : item)));
        assert.deepEqual(normal(on.receiver.entries.slice(-given.length).map(({ record }) => record)), normal(given));
      }
      for (const batch of held) batch.release();
    }),
    { numRuns: 40 },
  );
});
