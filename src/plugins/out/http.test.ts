import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, request as requestOf } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { startHttpReceiver } from "#test/receivers/http-receiver.ts";
import type { HttpReceiver, Received, Reply } from "#test/receivers/http-receiver.ts";
import { selfSigned } from "#test/receivers/self-signed.ts";
import { freePort } from "#test/servers/free-port.ts";
import { BusyError, PermanentError } from "#base/errors.ts";
import type { Batch } from "#dataplane/batch.ts";
import { ChunkMemory } from "#dataplane/memory.ts";
import type { Output, Written } from "#sdk/plugin.ts";
import { TEST_FACTS, linesBatch, recordsBatch, recordsOf, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { http } from "./http.ts";

const MEMORY = new ChunkMemory({ bytesMax: 256 << 20 });
const soon = (): AbortSignal => AbortSignal.timeout(60_000);

interface Stage extends AsyncDisposable {
  readonly context: TestContext;
  readonly output: Output;
  /** Writes the batch and lets go of it; refused records are put aside. */
  write(batch: Batch, signal?: AbortSignal): Promise<Written | void>;
  readonly refused: Record<string, unknown>[];
  lines(text: string): Batch;
  records(...records: Record<string, unknown>[]): Batch;
}

async function stage(options: Record<string, unknown>): Promise<Stage> {
  const context = await testContext({ pool: MEMORY.pool() });
  const output = await http.open(http.options.parse({ time_key: "", connect_timeout: "5s", answer_timeout: "10s", ...options }), context);
  // The pool keeps the small program that lines are written by: it is no leak.
  const first = linesBatch(context.pool, "warm");
  first.json({ key: "", offsetMinutes: 0, digits: 0 }).release();
  first.release();
  const restBytes = context.pool.usedBytes;
  const refused: Record<string, unknown>[] = [];
  return {
    context,
    output,
    refused,
    lines: (text) => linesBatch(context.pool, text),
    records: (...records) => recordsBatch(context.pool, records),
    async write(batch, signal = soon()) {
      try {
        const written = await output.write(batch, signal);
        for (const part of written?.refused ?? []) {
          refused.push(...recordsOf(part.batch));
          part.batch.release();
        }
        return written;
      } finally {
        batch.release();
      }
    },
    async [Symbol.asyncDispose]() {
      await output.close();
      await context[Symbol.asyncDispose]();
      assert.equal(context.pool.usedBytes, restBytes, "every chunk is given back");
    },
  };
}

async function failureOf(write: Promise<unknown>): Promise<string> {
  const error = await write.then(() => assert.fail("the write must reject"), (thrown: unknown) => thrown);
  assert(error instanceof Error);
  return error instanceof PermanentError ? "dead letter" : error instanceof BusyError ? `busy ${error.afterMs}` : "failure" in error ? String(error.failure) : error.message;
}

const bodies = (receiver: HttpReceiver): string[] => receiver.received.map(({ body }) => body);

for (const [format, body, type] of [
  ["json_lines", '{"n":1,"글":"가나다"}\n{"n":2,"글":"a\\u0000\\nb"}\n', "application/x-ndjson"],
  ["json_array", '[{"n":1,"글":"가나다"},{"n":2,"글":"a\\u0000\\nb"}]', "application/json"],
] as const) {
  for (const compress of ["none", "gzip", "zstd"] as const) {
    test(`out.Http: ${format} with compression ${compress} arrives as it is, over one connection`, async () => {
      await using receiver = await startHttpReceiver();
      await using on = await stage({ url: `${receiver.url}/in/\${tag}?key=1`, format, compress });
      for (let time = 0; time < 3; time += 1) await on.write(on.records({ n: 1, 글: "가나다" }, { n: 2, 글: "a\0\nb" }));
      assert.deepEqual(bodies(receiver), [body, body, body]);
      const [first] = receiver.received;
      assert.deepEqual([first?.method, first?.path, first?.headers["content-type"], first?.headers["content-encoding"]], ["POST", "/in/test?key=1", type, compress === "none" ? undefined : compress]);
      assert.equal(receiver.connections(), 1);
    });
  }
}

test("out.Http: lines go as they came, records one request each, and a tag is one segment of the path", async () => {
  await using receiver = await startHttpReceiver();
  await using lines = await stage({ url: `${receiver.url}/\${tag}`, format: "lines" });
  await lines.write(linesBatch(lines.context.pool, "첫 줄\nb\0\n", { ...TEST_FACTS, tag: "../etc" }));
  await lines.write(linesBatch(lines.context.pool, "c", { ...TEST_FACTS, tag: ".." }));
  await using each = await stage({ url: `${receiver.url}/one`, format: "record", method: "PUT" });
  await each.write(each.records({ n: 1 }, { n: 2 }));
  assert.deepEqual(receiver.received.map(({ method, path, body }) => [method, path, body]), [["POST", "/..%2Fetc", "첫 줄\nb\0\n"], ["POST", "/_", "c\n"], ["PUT", "/one", '{"n":1}'], ["PUT", "/one", '{"n":2}']]);
});

for (const [reply, outcome] of [
  [{ status: 204 }, "written"],
  [{ status: 408 }, "busy"],
  [{ status: 425 }, "busy"],
  [{ status: 429, headers: { "retry-after": "7" } }, "busy 7000"],
  [{ status: 429, headers: { "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" } }, "busy 0"],
  [{ status: 503, headers: { "retry-after": "nonsense" } }, "busy"],
  [{ status: 500 }, "busy"],
  [{ status: 401 }, "denied"],
  [{ status: 403 }, "denied"],
  [{ status: 301, headers: { location: "/elsewhere" } }, "denied"],
  [{ status: 400, body: "no such field" }, "dead letter"],
  [{ status: 404 }, "dead letter"],
  [{ status: 413 }, "dead letter"],
  [{ fault: "reset" }, "closed"],
  [{ fault: "garbage" }, "garbage"],
  [{ fault: "half" }, "timeout"],
  [{ fault: "silent" }, "timeout"],
] as [Reply, string][]) {
  test(`out.Http: an answer of ${JSON.stringify(reply)} means ${outcome}, and the next batch goes`, async () => {
    await using receiver = await startHttpReceiver();
    await using on = await stage({ url: receiver.url, answer_timeout: reply.fault === "silent" || reply.fault === "half" ? "200ms" : "10s" });
    receiver.replies.push(reply);
    assert.equal(outcome === "written" ? (await on.write(on.lines("a")), "written") : await failureOf(on.write(on.lines("a"))), outcome);
    await on.write(on.lines("b"));
    assert.equal(bodies(receiver).at(-1), '{"message":"b"}\n');
    assert.equal(on.context.said.filter(({ level }) => level === "error").length, outcome === "denied" ? 1 : 0);
  });
}

test("out.Http: a server that is down, does not listen, or is given up is told apart, and nothing is held", async () => {
  await using down = await stage({ url: `http://127.0.0.1:${await freePort()}` });
  assert.equal(await failureOf(down.write(down.lines("a"))), "unreachable");
  assert.equal(await down.output.healthy?.(soon()), false);
  await using receiver = await startHttpReceiver({ otherwise: () => ({ fault: "silent" }) });
  await using slow = await stage({ url: receiver.url });
  const stop = new AbortController();
  const writing = slow.write(slow.lines("a"), stop.signal);
  while (receiver.received.length === 0) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  assert.equal(await failureOf(writing), "aborted");
  assert.equal(await failureOf(slow.write(slow.lines("a"), stop.signal)), "aborted");
});

test("out.Http: a kept connection that the server closed meanwhile costs no failed attempt", async () => {
  await using receiver = await startHttpReceiver();
  await using on = await stage({ url: receiver.url });
  for (let round = 0; round < 5; round += 1) {
    await on.write(on.lines(`${round}`));
    receiver.cut();
  }
  assert.deepEqual(bodies(receiver), [0, 1, 2, 3, 4].map((round) => `{"message":"${round}"}\n`));
});

test("out.Http: a large body that is refused before it is read is let go of, and a large one that is taken is whole", async () => {
  await using receiver = await startHttpReceiver();
  await using on = await stage({ url: receiver.url, format: "lines" });
  const text = `${"x".repeat(1023)}\n`.repeat(16_384);
  receiver.replies.push({ fault: "early", status: 503, body: "full" });
  assert.match(await failureOf(on.write(on.lines(text))), /^(busy|closed)$/);
  await on.write(on.lines(text));
  assert.equal(receiver.received.at(-1)?.body, text);
});

test("out.Http: whatever the server takes, 413 halves bodies and refuses single records, and each record arrives once or is refused", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.nat(300), { minLength: 1, maxLength: 30 }), fc.constantFrom("json_lines", "json_array", "lines"), fc.integer({ min: 40, max: 600 }), async (sizes, format, bytesMax) => {
      const taken: string[] = [];
      const textsOf = ({ body }: Received): string[] => (format === "json_array" ? (JSON.parse(body) as { message: string }[]).map(({ message }) => message) : body.trimEnd().split("\n").map((line) => (format === "lines" ? line : (JSON.parse(line) as { message: string }).message)));
      await using receiver = await startHttpReceiver({
        otherwise(request) {
          if (bytesMax < request.raw.length) return { status: 413 };
          taken.push(...textsOf(request));
          return {};
        },
      });
      await using on = await stage({ url: receiver.url, format });
      const all = sizes.map((size, index) => `${index}:${"가".repeat(size / 3)}`);
      let dead: string[] = [];
      try {
        await on.write(on.lines(all.join("\n")));
        dead = on.refused.map(({ message }) => String(message));
      } catch (error) {
        assert(error instanceof PermanentError);
        dead = all;
      }
      assert.deepEqual([...taken, ...dead].toSorted(), all.toSorted());
      for (const text of dead) assert.ok(bytesMax < Buffer.byteLength(text) + 20);
    }),
    { numRuns: 25 },
  ));

test("out.Http: of a batch sent record by record, what was taken is not sent again, and what was refused goes alone to the dead letters", async () => {
  let isUp = false;
  await using receiver = await startHttpReceiver({ otherwise: ({ body }) => (body === '{"n":1}' ? { status: 422, body: "odd" } : body === '{"n":2}' && !isUp ? { status: 503 } : {}) });
  await using on = await stage({ url: receiver.url, format: "record" });
  const batch = on.records({ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 });
  assert.equal(await failureOf(on.write(batch.retain())), "busy");
  isUp = true;
  await on.write(batch);
  assert.deepEqual(bodies(receiver), [0, 1, 2, 2, 3].map((n) => `{"n":${n}}`));
  assert.deepEqual(on.refused, [{ n: 1 }]);
});

test("out.Http: a signature holds over the body as it was sent", async () => {
  await using receiver = await startHttpReceiver();
  for (const style of ["stripe", "github"] as const) {
    await using on = await stage({ url: receiver.url, format: "json_array", compress: "gzip", sign: { secret: "열쇠", style } });
    await on.write(on.records({ n: 1 }));
    const { headers, raw } = receiver.received.at(-1) as Received;
    const given = String(headers["x-dure-signature"]);
    const seconds = /^t=(\d+),/.exec(given)?.[1];
    const hex = createHmac("sha256", "열쇠").update(style === "stripe" ? Buffer.concat([Buffer.from(`${seconds}.`), raw]) : raw).digest("hex");
    assert.equal(given, style === "stripe" ? `t=${seconds},v1=${hex}` : `sha256=${hex}`);
    if (style === "stripe") assert.ok(Math.abs(Number(seconds) - Date.now() / 1000) < 60);
  }
});

test("out.Http: it says who it is, and no secret is ever shown, even one that the server sends back", async () => {
  await using receiver = await startHttpReceiver({ otherwise: ({ headers }) => ({ status: 400, body: `you said ${headers.authorization} ${String(headers["x-key"])}` }) });
  for (const options of [{ username: "나", password: "비밀번호-1" }, { bearer_token: "토큰-2" }, { headers: { "X-Key": "key-3" } }]) {
    await using on = await stage({ url: receiver.url, ...options });
    const message = await on.write(on.lines("a")).then(() => "", (error: unknown) => String(error));
    assert.match(message, /answered 400: you said/);
    for (const secret of ["비밀번호-1", "토큰-2", Buffer.from("토큰-2").toString("latin1"), "key-3", Buffer.from("나:비밀번호-1").toString("base64")]) assert.ok(!message.includes(secret), message);
  }
  assert.deepEqual(receiver.received.map(({ headers }) => headers.authorization ?? headers["x-key"]), [`Basic ${Buffer.from("나:비밀번호-1").toString("base64")}`, `Bearer ${Buffer.from("토큰-2").toString("latin1")}`, "key-3"]);
});

test("out.Http: certificates are checked, and a renewed file is used without a restart", async (t) => {
  await using folder = await testContext();
  const mine = await selfSigned(folder.dataDir);
  const other = await selfSigned(folder.dataDir, "other.example");
  if (mine === undefined || other === undefined) return t.skip("this machine has no openssl");
  await using receiver = await startHttpReceiver({ tls: { cert: mine.cert, key: mine.key } });
  await using plain = await stage({ url: receiver.url });
  assert.equal(await failureOf(plain.write(plain.lines("a"))), "tls");
  await using careless = await stage({ url: receiver.url, tls: { verify: false } });
  await careless.write(careless.lines("b"));
  const file = join(folder.dataDir, "authority.crt");
  await using careful = await stage({ url: receiver.url, tls: { ca_file: file } });
  assert.equal(await failureOf(careful.write(careful.lines("c"))), "tls");
  await copyFile(other.certFile, file);
  assert.equal(await failureOf(careful.write(careful.lines("c"))), "tls");
  await copyFile(mine.certFile, file);
  await careful.write(careful.lines("c"));
  assert.deepEqual(bodies(receiver), ['{"message":"b"}\n', '{"message":"c"}\n']);
});

/** Forwards plain requests and opens tunnels, to those who know the password. */
async function startProxy(): Promise<AsyncDisposable & { url: string; seen: string[] }> {
  const seen: string[] = [];
  const wanted = `Basic ${Buffer.from("user:open").toString("base64")}`;
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    if (request.headers["proxy-authorization"] !== wanted) return void response.writeHead(407).end();
    const onward = requestOf(request.url ?? "", { method: request.method ?? "", headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.on("connect", (request, socket: Socket) => {
    seen.push(`CONNECT ${request.url}`);
    if (request.headers["proxy-authorization"] !== wanted) return void socket.end("HTTP/1.1 407 No\r\n\r\n");
    const [host = "", port] = (request.url ?? "").split(":");
    const onward = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    for (const one of [socket, onward]) one.on("error", () => {});
    sockets.add(onward);
  });
  server.on("connection", (socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

test("out.Http: a proxy is used by address and by CONNECT, and its password is not shown", async (t) => {
  await using folder = await testContext();
  await using proxy = await startProxy();
  await using receiver = await startHttpReceiver();
  await using plain = await stage({ url: `${receiver.url}/p`, proxy: `http://user:open@${proxy.url}` });
  await plain.write(plain.lines("a"));
  assert.deepEqual(proxy.seen, [`POST ${receiver.url}/p`]);
  const mine = await selfSigned(folder.dataDir);
  if (mine === undefined) return t.skip("this machine has no openssl");
  await using secure = await startHttpReceiver({ tls: { cert: mine.cert, key: mine.key } });
  await using tunnelled = await stage({ url: secure.url, proxy: `http://user:open@${proxy.url}`, tls: { ca_file: mine.certFile } });
  await tunnelled.write(tunnelled.lines("b"));
  assert.deepEqual(secure.received.map(({ body }) => body), ['{"message":"b"}\n']);
  assert.equal(proxy.seen[1], `CONNECT 127.0.0.1:${secure.port}`);
  await using stranger = await stage({ url: secure.url, proxy: `http://user:wrongword@${proxy.url}`, tls: { ca_file: mine.certFile } });
  const error: unknown = await stranger.write(stranger.lines("c")).then(() => undefined, (thrown: unknown) => thrown);
  assert.ok(error instanceof Error);
  assert.ok(!JSON.stringify([error.message, String(error.cause), stranger.context.said]).includes("wrongword"));
});

test("out.Http: a proxy that never opens the tunnel is given up", async () => {
  const sockets: Socket[] = [];
  const mute = createTcpServer((socket) => sockets.push(socket.on("error", () => {}))).listen(0, "127.0.0.1");
  await once(mute, "listening");
  await using on = await stage({ url: "https://logs.example.com/", proxy: `http://127.0.0.1:${(mute.address() as AddressInfo).port}`, connect_timeout: "200ms" });
  assert.equal(await failureOf(on.write(on.lines("a"))), "timeout");
  const stop = new AbortController();
  const writing = on.write(on.lines("b"), stop.signal);
  while (sockets.length < 2) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  assert.equal(await failureOf(writing), "aborted");
  for (const socket of sockets) socket.destroy();
  mute.close();
});

test("out.Http: options that cannot work are told apart in both languages, where they stand", () => {
  for (const [options, path] of [
    [{ url: "ftp://a/" }, "url"],
    [{ url: "nonsense" }, "url"],
    [{ url: "http://user:pw@a/" }, "url"],
    [{ url: "http://${tag}.example.com/" }, "url"],
    [{ url: "http://a/", password: "x" }, "username"],
    [{ url: "http://a/", username: "x", bearer_token: "y" }, "bearer_token"],
    [{ url: "http://a/", headers: { "Content-Length": "3" } }, "headers.Content-Length"],
    [{ url: "http://a/", headers: { ok: "a\r\nx: y" } }, "headers.ok"],
    [{ url: "http://a/", tls: { cert_file: "a" } }, "tls.key_file"],
    [{ url: "http://a/", answer_timeout: "0s" }, "answer_timeout"],
  ] as const) {
    const result = http.options.safeParse(options);
    assert.equal(result.success, false, JSON.stringify(options));
    const [issue] = result.error?.issues ?? [];
    assert.equal(issue?.path.join("."), path);
    assert.match(String((issue as unknown as { params?: { ko?: string } }).params?.ko ?? ""), /[가-힣]/);
  }
});

test("out.Http: `dure validate` asks the server", async () => {
  await using receiver = await startHttpReceiver({ otherwise: ({ headers }) => ({ status: headers.authorization === undefined ? 401 : 405 }) });
  const ask = (options: Record<string, unknown>) => http.checkEnvironment?.(http.options.parse(options), { configDir: ".", signal: soon() });
  assert.match((await ask({ url: receiver.url }))?.[0]?.ko ?? "", /인증을 거절했습니다/);
  assert.deepEqual(await ask({ url: receiver.url, bearer_token: "t" }), []);
  assert.match((await ask({ url: `http://127.0.0.1:${await freePort()}` }))?.[0]?.en ?? "", /cannot reach its server now/);
});
