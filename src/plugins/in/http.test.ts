import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import { Agent, request as plainRequest } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import iconv from "iconv-lite";
import fc from "fast-check";
import { selfSigned } from "#test/receivers/self-signed.ts";
import { ChunkMemory } from "#dataplane/memory.ts";
import type { Delivery, Input, PluginContext } from "#sdk/plugin.ts";
import { linesBatch, recordsBatch, recordsOf, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { http as httpOutput } from "../out/http.ts";
import { http } from "./http.ts";

const MEMORY = new ChunkMemory({ bytesMax: 256 << 20 });
const soon = (): AbortSignal => AbortSignal.timeout(60_000);
const utf8AsLatin1 = (text: string): string => Buffer.from(text).toString("latin1");

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}
interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
}

interface Stage extends AsyncDisposable {
  readonly context: TestContext;
  readonly input: Input;
  readonly port: number;
  post(body: string | Buffer, asked?: Asked): Promise<Answer>;
  /** The next delivery's records; acked unless told otherwise. */
  take(options?: { settle: "ack" | "nack" | "none" }): Promise<{ tag: string; records: Record<string, unknown>[]; times: number[]; delivery: Delivery }>;
  raw(): Promise<Socket & { answer(): Promise<string> }>;
}

async function stage(options: Record<string, unknown> = {}, given: Partial<PluginContext> = {}): Promise<Stage> {
  const context = await testContext({ pool: MEMORY.pool(), ...given });
  const input = await http.open(http.options.parse({ port: 0, ...options }), context).catch(async (error: unknown) => {
    await context[Symbol.asyncDispose]();
    throw error;
  });
  const port = Number(context.said.find(({ message }) => message === "listening for HTTP")?.fields["port"]);
  const agent = options["tls"] === undefined ? new Agent({ keepAlive: true }) : new SecureAgent({ keepAlive: true, rejectUnauthorized: false });
  const sockets: Socket[] = [];
  let isClosed = false;
  return {
    context,
    input,
    port,
    async post(body, { method = "POST", path = "/", headers = {} } = {}) {
      const ask = options["tls"] === undefined ? plainRequest : secureRequest;
      const call = ask({ agent, host: "127.0.0.1", port, method, path, headers: { "content-length": Buffer.byteLength(body), ...headers }, signal: soon() });
      call.on("error", () => {}); // An answer may come before all is sent.
      call.end(Buffer.from(body)); // A text would be joined to the head, and both sent as UTF-8.
      const [answer] = await once(call, "response");
      let text = "";
      for await (const piece of answer.setEncoding("utf8")) text += piece;
      return { status: answer.statusCode, headers: answer.headers, text };
    },
    async take({ settle } = { settle: "ack" }) {
      const delivery = await input.read(soon());
      assert(delivery !== undefined);
      const { batch } = delivery;
      const records = recordsOf(batch);
      const times = records.map((_, row) => batch.timeMs(row));
      batch.release();
      if (settle === "ack") await delivery.ack?.();
      if (settle === "nack") delivery.nack?.();
      return { tag: batch.tag, records, times, delivery };
    },
    async raw() {
      const socket = connect(port, "127.0.0.1");
      sockets.push(socket);
      let text = "";
      socket.setEncoding("latin1").on("data", (piece: string) => (text += piece)).on("error", () => {});
      await once(socket, "connect");
      return Object.assign(socket, {
        async answer() {
          if (!socket.closed) await once(socket, "close", { signal: soon() });
          return text;
        },
      });
    },
    async [Symbol.asyncDispose]() {
      if (isClosed) return;
      isClosed = true;
      await input.close();
      agent.destroy();
      for (const socket of sockets) socket.destroy();
      await context[Symbol.asyncDispose]();
      assert.equal(context.pool.usedBytes, 0, "every chunk is given back");
    },
  };
}

const JSON_TYPE = { "content-type": "application/json" };
const LINES_TYPE = { "content-type": "application/x-ndjson" };

for (const { name, body, headers, records } of [
  { name: "lines", body: "첫 줄\nb\0\r\n\nc", headers: {}, records: [{ message: "첫 줄" }, { message: "b\0" }, { message: "" }, { message: "c" }] },
  { name: "lines of a form, as curl sends them", body: "a=1", headers: { "content-type": "application/x-www-form-urlencoded" }, records: [{ message: "a=1" }] },
  { name: "lines in CP949", body: iconv.encode("한글 로그\n둘", "cp949"), headers: { "content-type": 'text/plain; charset="CP949"' }, records: [{ message: "한글 로그" }, { message: "둘" }] },
  { name: "lines behind a byte order mark", body: "\ufeffa", headers: { "content-type": "text/plain" }, records: [{ message: "a" }] },
  { name: "a JSON object", body: '{"n":1,"deep":{"글":["가",null,true,1.5]}}', headers: JSON_TYPE, records: [{ n: 1, deep: { 글: ["가", null, true, 1.5] } }] },
  { name: "a JSON array", body: '[{"n":1},{"n":2}]', headers: JSON_TYPE, records: [{ n: 1 }, { n: 2 }] },
  { name: "JSON in EUC-KR", body: iconv.encode('{"글":"한글"}', "euc-kr"), headers: { "content-type": "application/json; charset=euc-kr" }, records: [{ 글: "한글" }] },
  { name: "JSON of another name", body: '{"n":1}', headers: { "content-type": "application/cloudevents+json" }, records: [{ n: 1 }] },
  { name: "JSON lines", body: '{"n":1}\r\n\n{"n":2}', headers: LINES_TYPE, records: [{ n: 1 }, { n: 2 }] },
  { name: "numbers of 64 bits", body: '{"n":9007199254740993,"m":18446744073709551615}', headers: JSON_TYPE, records: [{ n: 9007199254740993n, m: 18446744073709551615n }] },
  { name: "names that objects have", body: '{"__proto__":1,"constructor":2}', headers: JSON_TYPE, records: [JSON.parse('{"__proto__":1,"constructor":2}')] },
] as { name: string; body: string | Buffer; headers: Record<string, string>; records: Record<string, unknown>[] }[]) {
  for (const encoding of ["none", "gzip", "zstd"] as const) {
    test(`in.Http: ${name} come as they are, packed by ${encoding}`, async () => {
      await using on = await stage();
      const bytes = Buffer.from(body);
      const packed = encoding === "none" ? bytes : encoding === "gzip" ? gzipSync(bytes) : zstdCompressSync(bytes);
      const answering = on.post(packed, { headers: encoding === "none" ? headers : { ...headers, "content-encoding": encoding } });
      const taken = await on.take();
      assert.equal(taken.tag, "http");
      // Of `__proto__` a reader of MessagePack makes what it wants; that it came shows in the others.
      if (!("constructor" in records[0]! && Object.hasOwn(records[0], "constructor"))) assert.deepEqual(taken.records, records);
      assert.equal((await answering).status, 200);
    });
  }
}

for (const [what, body, asked, status, words] of [
  ["no JSON", "{", { headers: JSON_TYPE }, 400, /the body is no JSON/],
  ["nothing where JSON should be", "", { headers: JSON_TYPE }, 400, /no JSON/],
  ["a number", "1", { headers: JSON_TYPE }, 400, /no JSON object/],
  ["an array that holds something else", '[{"a":1},2]', { headers: JSON_TYPE }, 400, /item 2 of the array/],
  ["a broken line", '{"a":1}\n{"a":', { headers: LINES_TYPE }, 400, /line 2 is no JSON/],
  ["JSON that is nested without end", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, { headers: JSON_TYPE }, 400, /nested deeper|no JSON/],
  ["JSON with long numbers that is nested without end", `{"n":12345678901234567890,"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, { headers: JSON_TYPE }, 400, /nested deeper|no JSON/],
  ["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), { headers: JSON_TYPE }, 400, /not UTF-8/],
  ["gzip that is none", "plain", { headers: { "content-encoding": "gzip" } }, 400, /not whole gzip/],
  ["gzip that is cut off", gzipSync("x".repeat(1000)).subarray(0, 20), { headers: { "content-encoding": "gzip" } }, 400, /not whole gzip/],
  ["zstd that is cut off", zstdCompressSync(Buffer.from("x".repeat(1000))).subarray(0, 10), { headers: { "content-encoding": "zstd" } }, 400, /not whole zstd/],
  ["a bomb", gzipSync(Buffer.alloc(50 << 20)), { headers: { "content-encoding": "gzip" } }, 413, /unpacked body is over/],
  ["a body that is too large", Buffer.alloc(11 << 20), {}, 413, /over 10485760 bytes|over 10000000 bytes/],
  ["an encoding nobody knows", "a", { headers: { "content-encoding": "br" } }, 415, /content-encoding/],
  ["a charset nobody knows", "a", { headers: { "content-type": "text/plain; charset=klingon" } }, 415, /charset/],
  ["a type nobody knows", "a", { headers: { "content-type": "image/png" } }, 415, /content type/],
  ["another method", "", { method: "GET" }, 405, /POST/],
] as [string, string | Buffer, Asked, number, RegExp][]) {
  test(`in.Http: ${what} is refused with ${status} and a reason in JSON, and the next request goes`, async () => {
    await using on = await stage();
    const answer = await on.post(body, asked);
    assert.equal(answer.status, status, answer.text);
    assert.match(String((JSON.parse(answer.text) as { error: unknown }).error), words);
    const next = on.post("after");
    assert.deepEqual((await on.take()).records, [{ message: "after" }]);
    assert.equal((await next).status, 200);
  });
}

test("in.Http: a request is answered when its records are written, and told to come again when they are not", async () => {
  await using on = await stage();
  const order: string[] = [];
  const first = on.post("a").then((answer) => (order.push("answer"), answer));
  const { delivery } = await on.take({ settle: "none" });
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  order.push("ack");
  await delivery.ack?.();
  assert.equal((await first).status, 200);
  assert.deepEqual(order, ["ack", "answer"]);
  const second = on.post("b");
  await on.take({ settle: "nack" });
  assert.equal((await second).status, 503);
  // One that waits when the input closes comes to nothing, and its client knows.
  const third = on.post("c");
  await on.take({ settle: "none" });
  const fourth = on.post("d");
  while (on.context.pool.usedBytes !== 0) await new Promise((resolve) => setImmediate(resolve));
  const reading = on.input.read(soon());
  const taken = await reading;
  taken?.batch.release();
  taken?.nack?.();
  assert.equal((await fourth).status, 503);
  await on.input.close();
  await assert.rejects(third);
});

test("in.Http: with `confirm: received` the answer does not wait", async () => {
  await using on = await stage({ confirm: "received" });
  assert.deepEqual(JSON.parse((await on.post('[{"n":1},{"n":2}]', { headers: JSON_TYPE })).text), { records: 2 });
  assert.deepEqual((await on.take()).records, [{ n: 1 }, { n: 2 }]);
  assert.deepEqual((await on.post("[]", { headers: JSON_TYPE })).text, '{"records":0}');
});

test("in.Http: a stop gives on what was taken, and takes nothing more, whatever the answer waits for", async () => {
  for (const confirm of ["received", "written"]) {
    await using on = await stage({ confirm });
    const isHeld = confirm === "received";
    if (isHeld) assert.equal((await on.post('{"n":1}', { headers: JSON_TYPE })).status, 200);
    const rest = await on.input.readRest?.(soon());
    assert.deepEqual(rest === undefined ? [] : recordsOf(rest.batch), isHeld ? [{ n: 1 }] : []);
    rest?.batch.release();
    assert.equal((await on.post('{"n":2}', { headers: JSON_TYPE })).status, 503, "nobody would write it");
    assert.equal(await on.input.readRest?.(soon()), undefined);
  }
});

test("in.Http: small requests that wait become one batch a tag and kind, and each has its answer", async () => {
  await using on = await stage({ paths: { "/a": "tag.a", "/로그": "tag.b" } });
  const answers: Promise<Answer>[] = [];
  const send = async (body: string, asked: Asked, answered: number): Promise<void> => {
    answers.push(on.post(body, asked));
    void answered;
  };
  await send('{"n":1}', { path: "/a?x=1", headers: JSON_TYPE }, 0);
  const first = await on.take({ settle: "none" });
  assert.deepEqual([first.tag, first.records], ["tag.a", [{ n: 1 }]]);
  for (let n = 2; n < 6; n += 1) await send(`{"n":${n}}`, { path: "/a", headers: JSON_TYPE }, n);
  await send("x", { path: "/a" }, 6);
  assert.equal((await on.post("x", { path: encodeURI("/로그") })).status, 404); // Paths are compared as they are sent.
  const seen: unknown[] = [];
  while (seen.length < 5) seen.push(...(await on.take()).records.map((record) => record["n"] ?? record["message"]));
  await first.delivery.ack?.();
  assert.deepEqual(seen.map(String).toSorted(), ["2", "3", "4", "5", "x"]);
  for (const answer of answers) assert.equal((await answer).status, 200);
});

test("in.Http: the time of a record is its own, and a time that is none stays in the record", async () => {
  await using on = await stage({}, { clock: { now: () => 1_790_000_000_500, pause: async () => {} } });
  const answering = on.post('{"time":"2026-01-02T03:04:05.678+09:00"}\n{"time":1700000000.25}\n{"time":"soon"}\n{"time":-1}\n{"time":1e300}\n{}', { headers: LINES_TYPE });
  const { records, times } = await on.take();
  assert.deepEqual(records, [{}, {}, { time: "soon" }, { time: -1 }, { time: 1e300 }, {}]);
  assert.deepEqual(times.map(Math.round), [Date.UTC(2026, 0, 1, 18, 4, 5, 678), 1_700_000_000_250, ...Array.from({ length: 4 }, () => 1_790_000_000_500)]);
  await answering;
});

test("in.Http: only who knows the password or the token may send", async () => {
  await using on = await stage({ username: "나", password: "비밀:1", bearer_token: "토큰" });
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
  for (const authorization of ["", basic("나:비밀"), basic("나"), "Bearer x", `Bearer ${utf8AsLatin1("나:비밀:1")}`, "Basic", "nonsense"]) {
    const answer = await on.post("a", { headers: authorization === "" ? {} : { authorization } });
    assert.equal(answer.status, 401, authorization);
    assert.match(answer.headers["www-authenticate"] ?? "", /^Basic/);
  }
  for (const authorization of [basic("나:비밀:1"), `bearer ${utf8AsLatin1("토큰")}`]) {
    const answering = on.post("a", { headers: { authorization } });
    await on.take();
    assert.equal((await answering).status, 200);
  }
  assert.equal(on.context.said.filter(({ level }) => level === "warn").length, 1);
  assert.equal(on.context.counts.get("requests_refused_total"), 7);
});

test("in.Http: more requests or bytes than may be held are told to come later, and room is given back", async () => {
  await using on = await stage({ max_requests: 2, max_body: "1k", max_held: "2k" });
  const held = [on.post("x".repeat(1000)), on.post("y".repeat(1000))];
  const first = await on.take({ settle: "none" });
  const rest = first.records.length === 2 ? undefined : await on.take({ settle: "none" });
  const late = await on.post("late");
  assert.deepEqual([late.status, late.headers["retry-after"]], [503, "1"]);
  await first.delivery.ack?.();
  await rest?.delivery.ack?.();
  for (const answer of held) assert.equal((await answer).status, 200);
  const again = on.post("again");
  await on.take();
  assert.equal((await again).status, 200);
  await using small = await stage({ max_body: "1k", max_held: "1500" });
  const waiting = small.post("x".repeat(1000), { headers: { expect: "100-continue" } });
  // Until it lies in a batch, its bytes count.
  const full = await (async () => {
    for (;;) {
      const answer = small.post("y".repeat(1000));
      const first = await Promise.race([answer, waiting]);
      if (first.status === 503) return first;
    }
  })();
  assert.equal(full.status, 503);
  await small.take();
});

test("in.Http: bodies that unpack to much more are unpacked one after the other", async () => {
  await using on = await stage();
  const bomb = gzipSync(Buffer.alloc(30 << 20));
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().arrayBuffers - before)), 1);
  const answers = await Promise.all(Array.from({ length: 60 }, () => on.post(bomb, { headers: { "content-encoding": "gzip" } })));
  clearInterval(watch);
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([413]));
  assert(most < 200 << 20, `${most >> 20} MiB`);
});

test("in.Http: a client that takes too long to send is cut off, one that asks for leave is answered first", async () => {
  await using on = await stage({ request_timeout: "200ms" });
  for (const start of ["", "POST / HTTP/1.1\r\nhost: a\r\n", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc"]) {
    const slow = await on.raw();
    slow.write(start === "" ? "P" : start);
    assert.match(await slow.answer(), /^HTTP\/1.1 (408|400) /);
  }
  await using patient = await stage();
  const polite = await patient.raw();
  polite.write("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 99999999\r\n\r\n");
  assert.match(await polite.answer(), /^HTTP\/1.1 413 /);
});

test("in.Http: a client that goes inside a body leaves nothing behind", async () => {
  await using on = await stage({ max_requests: 1 });
  for (let time = 0; time < 3; time += 1) {
    const gone = await on.raw();
    gone.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc");
    gone.destroy();
    await gone.answer();
  }
  const taking = on.take({ settle: "ack" }); // One read at a time.
  for (;;) {
    const answering = on.post("a");
    const first = await Promise.race([answering, taking]);
    if ("records" in first || first.status === 200) break;
  }
});

test("in.Http: while others have the memory, a request waits for its turn", async () => {
  const memory = new ChunkMemory({ bytesMax: 1 << 20 });
  const others = memory.pool();
  const all = others.take((1 << 20) - 64);
  let pauses = 0;
  await using on = await stage({}, { pool: memory.pool(), clock: { now: () => 1_790_000_000_000, async pause() {
    pauses += 1;
    if (pauses === 3) all.release();
  } } });
  const answering = on.post("a");
  assert.deepEqual((await on.take()).records, [{ message: "a" }]);
  assert.equal((await answering).status, 200);
  assert.equal(pauses, 3);
});

test("in.Http: of a request in several batches one that is not written brings all of it again", async () => {
  await using on = await stage();
  const text = "가나다\n".repeat(400_000);
  const answering = on.post(text);
  const lines: number[] = [];
  for (let come = 0; come < 400_000; come += lines.at(-1) ?? 0) lines.push((await on.take({ settle: lines.length === 1 ? "nack" : "ack" })).records.length);
  assert(3 < lines.length);
  assert.equal((await answering).status, 503);
});

for (const [what, body, headers, rows] of [
  ["many small records", `[${"{},".repeat(1_000_000)}{}]`, JSON_TYPE, 1_000_001],
  ["many empty lines", "\n".repeat(500_000), {}, 500_000],
  ["many small lines of JSON", "{}\n".repeat(1_000_000), LINES_TYPE, 1_000_000],
  ["one large text", JSON.stringify({ text: "x".repeat(9 << 20) }), JSON_TYPE, 1],
] as const) {
  test(`in.Http: ${what} find room in the memory that an agent has by default`, async () => {
    await using on = await stage({}, { pool: new ChunkMemory({ bytesMax: 64 << 20 }).pool() });
    const answering = on.post(body, { headers });
    let taken = 0;
    while (taken < rows) {
      const delivery = await on.input.read(soon());
      assert(delivery !== undefined);
      const { batch } = delivery;
      assert(rows === 1 || (batch.length < 2 << 20 && batch.rows <= 1 << 17), "in batches that find room behind, too");
      taken += batch.count;
      assert.equal(delivery.isPartial, taken < rows);
      batch.release();
      await delivery.ack?.();
    }
    assert.equal(taken, rows);
    assert.equal((await answering).text, JSON.stringify(what === "many empty lines" ? {} : { records: rows }));
  });
}

test("in.Http: records that all of the memory could not hold are refused, and the next request goes", async () => {
  await using on = await stage({}, { pool: new ChunkMemory({ bytesMax: 1 << 20 }).pool() });
  const answer = await on.post(JSON.stringify({ text: "x".repeat(1 << 20) }), { headers: JSON_TYPE });
  assert.equal(answer.status, 413, answer.text);
  assert.match(answer.text, /memory_max/);
  const next = on.post("after");
  assert.deepEqual((await on.take()).records, [{ message: "after" }]);
  assert.equal((await next).status, 200);
});

test("in.Http: under `dure test` the stream ends with its clients", async () => {
  await using on = await stage({}, { mode: "test" });
  const client = await on.raw();
  client.end("POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 1\r\n\r\na");
  await on.take();
  assert.match(await client.answer(), /^HTTP\/1.1 200 /);
  assert.equal(await on.input.read(soon()), undefined);
});

test("in.Http: over TLS", async (t) => {
  await using folder = await testContext();
  const mine = await selfSigned(folder.dataDir);
  if (mine === undefined) return t.skip("this machine has no openssl");
  await using on = await stage({ tls: { cert_file: mine.certFile, key_file: mine.keyFile } });
  const plain = await on.raw();
  plain.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\na");
  await plain.answer();
  const answering = on.post("비밀");
  assert.deepEqual((await on.take()).records, [{ message: "비밀" }]);
  assert.equal((await answering).status, 200);
});

test("in.Http: whatever bytes come, it goes on listening and nothing is left behind", async () => {
  await using on = await stage({ request_timeout: "5s", max_body: "64k" });
  const stop = new AbortController();
  const reading = (async () => {
    for (let delivery = await on.input.read(stop.signal); delivery !== undefined; delivery = await on.input.read(stop.signal)) {
      recordsOf(delivery.batch);
      delivery.batch.release();
      await delivery.ack?.();
    }
  })();
  const line = fc.constantFrom("POST / HTTP/1.1\r\n", "PUT /a HTTP/1.1\r\n", "host: a\r\n", "content-length: 5\r\n", "content-length: -1\r\n", "transfer-encoding: chunked\r\n", "content-type: application/json\r\n", "content-encoding: gzip\r\n", "content-encoding: zstd\r\n", "expect: 100-continue\r\n", "upgrade: h2c\r\nconnection: upgrade\r\n", "\r\n", "5\r\n{}\r\n\r\n", "0\r\n\r\n", "{\"a\":1}", "CONNECT a:1 HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const piece = fc.oneof({ weight: 4, arbitrary: line.map((text) => Buffer.from(text)) }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) });
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      const socket = await on.raw();
      for (const bytes of pieces) socket.write(bytes);
      socket.end();
      await socket.answer();
    }),
    { numRuns: 300, seed: 20_261_122 },
  );
  assert.equal((await on.post("still here")).status, 200);
  stop.abort();
  await reading;
});

test("in.Http: what out.Http sends comes back as it was, whatever its format", async () => {
  for (const [format, compress] of [["json_lines", "zstd"], ["json_array", "gzip"], ["lines", "none"], ["record", "none"]] as const) {
    await using on = await stage({ bearer_token: "t" });
    const sending = await testContext();
    const output = await httpOutput.open(httpOutput.options.parse({ url: `http://127.0.0.1:${on.port}/`, format, compress, bearer_token: "t" }), sending);
    const batch = format === "lines" ? linesBatch(sending.pool, "가\n나") : recordsBatch(sending.pool, [{ message: "가" }, { message: "나" }]);
    const writing = output.write(batch, soon());
    const got: unknown[] = [];
    while (got.length < 2) got.push(...(await on.take()).records);
    await writing;
    assert.deepEqual(got, [{ message: "가" }, { message: "나" }]);
    batch.release();
    await output.close();
    await sending[Symbol.asyncDispose]();
  }
});

test("in.Http: an address that is taken is said with what to do; options that cannot work, where they stand", async () => {
  await using on = await stage();
  await assert.rejects(stage({ port: on.port }), /cannot listen on 127.0.0.1/);
  for (const [options, path] of [
    [{ username: "a" }, "password"],
    [{ max_body: "65MB" }, "max_body"],
    [{ max_body: "10MB", max_held: "1MB" }, "max_held"],
    [{ paths: { nginx: "a" } }, "paths.nginx"],
    [{ request_timeout: "0s" }, "request_timeout"],
  ] as const) assert.equal(http.options.safeParse(options).error?.issues[0]?.path.join("."), path, JSON.stringify(options));
});
