import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { testRoom } from "./testing.ts";
import type { TestRoom } from "./testing.ts";

interface Message {
  readonly id: number | string | null;
  readonly event?: { readonly id: number; readonly text: string };
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** A page or a program, and what it was told so far. */
async function visitor(room: TestRoom, headers: Record<string, string> = { authorization: "Bearer admin" }) {
  // Node's own takes headers, which those of browsers do not.
  const socket = new WebSocket(`${room.url.replace("http", "ws")}/api/ws`, { headers } as never);
  const told: Message[] = [];
  const heard: (() => void)[] = [];
  socket.addEventListener("message", ({ data }) => {
    told.push(JSON.parse(String(data)) as Message);
    for (const each of heard.splice(0)) each();
  });
  const closed = new Promise<number>((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error("refused")));
  });
  const say = (message: unknown): void => socket.send(typeof message === "string" ? message : JSON.stringify(message));
  return {
    socket,
    told,
    closed,
    say,
    /** The first message that fits. */
    async hear(fits: (message: Message) => boolean): Promise<Message> {
      for (;;) {
        const found = told.find(fits);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => heard.push(resolve));
      }
    },
    [Symbol.dispose]: () => socket.close(),
  };
}

test("websocket: calls are answered by their ids, in whatever order they end", async () => {
  await using room = await testRoom();
  using page = await visitor(room);
  page.say({ id: 1, method: "things.wait" });
  page.say({ id: "two", method: "things.show", params: { name: "x" } });
  assert.deepEqual((await page.hear(({ id }) => id === "two")).result, { name: "x", count: 1, isGood: true, tags: [], by: "a admin" });
  while (room.bench.waiting.length === 0) await new Promise(setImmediate);
  room.bench.waiting[0]?.end();
  assert.equal((await page.hear(({ id }) => id === 1)).result, "done");
});

const wrong: readonly (readonly [unknown, number | string | null, string])[] = [
  ["no JSON", null, "INVALID"],
  ["[]", null, "INVALID"],
  ["null", null, "INVALID"],
  [{ method: "things.list" }, null, "INVALID"],
  [{ id: {}, method: "things.list" }, null, "INVALID"],
  [{ id: 1, method: 5 }, null, "INVALID"],
  [{ id: 1, method: "things.nothing" }, 1, "UNKNOWN_COMMAND"],
  [{ id: 1, method: "toString" }, 1, "UNKNOWN_COMMAND"],
  [{ id: 1, method: "things.list", params: { cuont: 1 } }, 1, "INVALID"],
  [{ id: 1, method: "things.list", params: [1] }, 1, "INVALID"],
  [{ id: 1, method: "things.list", params: "x" }, 1, "INVALID"],
  [{ id: 1, method: "things.show", params: { name: "nothing" } }, 1, "NOT_FOUND"],
  [{ id: 1, method: "things.show", params: { name: "broken" } }, 1, "FAILED"],
];
for (const [message, id, code] of wrong) {
  test(`websocket: ${typeof message === "string" ? message : JSON.stringify(message)} is answered with ${code}, and the next call is well`, async () => {
    await using room = await testRoom();
    using page = await visitor(room);
    page.say(message);
    const { error } = await page.hear((told) => told.error !== undefined);
    assert.equal(error?.code, code);
    assert.equal(page.told[0]?.id, id);
    assert.doesNotMatch(JSON.stringify(error), /s3cret|\.ts:/);
    page.say({ id: 99, method: "things.list" });
    assert.ok((await page.hear(({ id: each }) => each === 99)).result !== undefined);
  });
}

test("websocket: a stream goes on until it is cancelled, and a closed connection ends what is under way", async () => {
  await using room = await testRoom();
  using page = await visitor(room, { authorization: "Bearer viewer" });
  page.say({ id: 1, method: "things.follow", params: { after: 0 } });
  while (room.bench.followers.size === 0) await new Promise(setImmediate);
  room.bench.publish("첫 소식");
  assert.deepEqual((await page.hear(({ id }) => id === 1)).event, { id: 1, text: "첫 소식" });
  page.say({ id: 1, method: "things.list" });
  assert.equal((await page.hear(({ error }) => error !== undefined)).error?.message, "a call with this id is under way");
  page.say({ id: 1, cancel: true });
  assert.equal((await page.hear(({ result }) => result === null)).id, 1);
  page.say({ id: 2, method: "things.follow" });
  while (room.bench.followers.size === 0) await new Promise(setImmediate);
  page.socket.close();
  while (room.bench.followers.size === 1) await new Promise(setImmediate);
});

for (const [who, headers] of [
  ["nobody", {}],
  ["a page from elsewhere", { authorization: "Bearer admin", origin: "http://evil.example" }],
  ["a login whose page does not say from where it is", { cookie: "dure-PORT=admin" }],
  ["a login whose page is from elsewhere", { cookie: "dure-PORT=admin", origin: "http://localhost:3000" }],
] as const) {
  test(`websocket: ${who} is refused`, async () => {
    await using room = await testRoom();
    await assert.rejects(visitor(room, Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace("PORT", String(room.door.port))]))));
  });
}

test("websocket: a login from our own page is let in, and sent away when it ends", async () => {
  await using room = await testRoom();
  using page = await visitor(room, { cookie: `dure-${room.door.port}=operator`, origin: room.url });
  page.say({ id: 1, method: "things.create", params: { name: "x" } });
  await page.hear(({ id }) => id === 1);
  assert.equal(room.bench.audited[0]?.caller.edge, "websocket");
  room.gone.add("operator");
  room.changed();
  assert.equal(await page.closed, 4401);
});

test("websocket: calls under way are bounded, each connection for itself", async () => {
  await using room = await testRoom();
  using page = await visitor(room);
  using other = await visitor(room);
  for (let id = 1; id <= 65; id += 1) page.say({ id, method: "things.wait" });
  assert.equal((await page.hear(({ error }) => error !== undefined)).error?.code, "BUSY");
  other.say({ id: 1, method: "things.list" });
  assert.ok((await other.hear(({ id }) => id === 1)).result !== undefined);
});

test("websocket: messages too long, or not text, end the connection", async () => {
  await using room = await testRoom({ limits: { bodyBytesMax: 10_000 } });
  using long = await visitor(room);
  long.say({ id: 1, method: "things.show", params: { name: "x".repeat(10_000) } });
  assert.equal(await long.closed, 1009);
  using binary = await visitor(room);
  binary.socket.send(new Uint8Array([1, 2, 3]));
  assert.equal(await binary.closed, 1003);
});

test("websocket: who does not answer is dropped", async () => {
  await using room = await testRoom({ limits: { beatMs: 50 } });
  // Speaks the protocol's opening and then nothing more, not even a pong.
  const silent = connect({ port: room.door.port, host: "127.0.0.1" }).on("error", () => {});
  const closed = once(silent, "close");
  silent.write(`GET /api/ws HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer admin\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${"A".repeat(22)}==\r\n\r\n`);
  silent.resume();
  await closed;
});

test("websocket: one event is made into text once for all who read it", async () => {
  await using room = await testRoom();
  using page = await visitor(room);
  page.say({ id: 1, method: "things.follow" });
  let made = 0;
  const event = { id: 1, get text() { return `made ${(made += 1)}`; } };
  while (room.bench.followers.size === 0) await new Promise(setImmediate);
  const all = Array.from({ length: 3 }, () => visitor(room));
  const others = await Promise.all(all);
  for (const other of others) other.say({ id: 7, method: "things.follow" });
  while (room.bench.followers.size !== 4) await new Promise(setImmediate);
  for (const follower of room.bench.followers) follower(event);
  assert.deepEqual((await Promise.all([page, ...others].map((each) => each.hear(({ event: told }) => told !== undefined)))).map(({ event: told }) => told?.text), Array(4).fill("made 1"));
  for (const other of others) other.socket.close();
});

test("websocket: who asks on and on and reads nothing is sent away before his answers fill the memory", async () => {
  await using room = await testRoom({ limits: { beatMs: 3_600_000 } });
  const flood = connect({ port: room.door.port, host: "127.0.0.1" }).on("error", () => {});
  let isClosed = false;
  const closed = new Promise<void>((resolve) => flood.once("close", () => resolve())).then(() => (isClosed = true));
  flood.write(`GET /api/ws HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer admin\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${"A".repeat(22)}==\r\n\r\n`);
  // What is asked for comes back: a megabyte each, masked with zeros.
  const tags = ["x".repeat(1 << 20)];
  let asked = 0;
  for (; !isClosed && asked < 100; asked += 1) {
    const bytes = Buffer.from(JSON.stringify({ id: asked, method: "things.create", params: { name: "x", tags } }));
    const head = Buffer.concat([Buffer.from([0x81, 0xff]), Buffer.alloc(12)]);
    head.writeUInt32BE(bytes.length, 6);
    if (!flood.write(Buffer.concat([head, bytes]))) await Promise.race([new Promise((resolve) => flood.once("drain", resolve)), closed]);
  }
  flood.destroy();
  assert.ok(isClosed, `${asked} megabytes of answers were kept for somebody who read none`);
});

test("websocket: an id is short, for it stands in each answer", async () => {
  await using room = await testRoom();
  using page = await visitor(room);
  page.say({ id: "x".repeat(101), method: "things.list" });
  assert.equal((await page.hear(({ id }) => id === null)).error?.code, "INVALID");
});

test("websocket: one user takes no more than his share of the places, and the others come in", async () => {
  await using room = await testRoom();
  const own = await Promise.all(Array.from({ length: 64 }, () => visitor(room, { authorization: "Bearer viewer" })));
  const [beyond, other] = [await visitor(room, { authorization: "Bearer viewer" }), await visitor(room, { authorization: "Bearer operator" })];
  assert.equal(await beyond.closed, 1013);
  other.say({ id: 1, method: "things.list" });
  assert.ok((await other.hear(({ id }) => id === 1)).result !== undefined);
  // Who leaves makes room.
  own[0]?.socket.close();
  await own[0]?.closed;
  const next = await visitor(room, { authorization: "Bearer viewer" });
  next.say({ id: 1, method: "things.list" });
  assert.ok((await next.hear(({ id }) => id === 1)).result !== undefined);
  for (const { socket } of [...own, other, next]) socket.close();
});
