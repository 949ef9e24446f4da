import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { test } from "node:test";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { ask, testRoom } from "./testing.ts";
import type { TestRoom } from "./testing.ts";

/** Reads server-sent events as they come: `data 3`, `lost 2`, `end`, `failure CODE`. */
async function* events(response: Response): AsyncGenerator<{ readonly name: string; readonly id: string | undefined; readonly value: never }> {
  let begun = "";
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    const parts = (begun + decoder.decode(bytes as Uint8Array, { stream: true })).split("\n\n");
    begun = parts.pop() ?? "";
    for (const part of parts) {
      const fields = new Map(part.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]));
      const data = fields.get("data");
      if (data !== undefined) yield { name: fields.get("event") ?? "data", id: fields.get("id"), value: JSON.parse(data) as never };
    }
  }
}

const followed = async (room: TestRoom, count: number): Promise<void> => {
  while (room.bench.followers.size !== count) await new Promise(setImmediate);
};

/** A reader that may stop reading. */
async function rawReader(room: TestRoom): Promise<Socket> {
  const socket = connect({ port: room.door.port, host: "127.0.0.1" }).on("error", () => {});
  await once(socket, "connect");
  socket.write(`GET /api/things/follow HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer viewer\r\n\r\n`);
  return socket;
}

test("streams: a break loses nothing and doubles nothing: what came meanwhile comes first, by Last-Event-ID", async () => {
  await using room = await testRoom();
  const seen: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const away = new AbortController();
    const last = seen.at(-1);
    const response = await Promise.all([ask(room, "/api/things/follow", { signal: away.signal, headers: { "last-event-id": String(last ?? 0) } }), followed(room, 1).then(() => room.bench.publish("first after the break"))]);
    const wanted = room.bench.kept.length + 10;
    for (let more = 0; more < 10; more += 1) room.bench.publish(`round ${round}`);
    for await (const { name, id, value } of events(response[0])) {
      assert.deepEqual([name, (value as { id: number }).id], ["data", Number(id)]);
      seen.push(Number(id));
      if (seen.length === wanted) break;
    }
    away.abort();
    await followed(room, 0);
    for (let missed = 0; missed < 3; missed += 1) room.bench.publish("while nobody listened");
  }
  assert.deepEqual(seen, Array.from({ length: seen.length }, (_, index) => index + 1));
  assert.equal(seen.length, room.bench.kept.length - 3);
});

test("streams: what fails before the first event is answered with its status, and the parameters are looked at", async () => {
  await using room = await testRoom();
  const [missing, wrong, nobody] = await Promise.all([ask(room, "/api/things/follow?after=404"), ask(room, "/api/things/follow?after=soon"), ask(room, "/api/things/follow", { role: null })]);
  assert.deepEqual([missing.status, wrong.status, nobody.status], [404, 400, 401]);
  assert.equal(missing.headers.get("content-type"), "application/json; charset=utf-8");
});

test("streams: an answer begins though nothing happens yet", async () => {
  await using room = await testRoom();
  const response = await ask(room, "/api/things/follow");
  assert.deepEqual([response.status, response.headers.get("content-type")], [200, "text/event-stream; charset=utf-8"]);
  room.bench.publish("now");
  for await (const { value } of events(response)) {
    assert.deepEqual(value, { id: 1, text: "now" });
    break;
  }
});

test("streams: who is nobody any more is told so, and reads no further", async () => {
  await using room = await testRoom();
  const response = await ask(room, "/api/things/follow", { role: "viewer" });
  await followed(room, 1);
  room.gone.add("viewer");
  room.changed();
  const all = [];
  for await (const event of events(response)) all.push(event);
  assert.deepEqual(all.map(({ name, value }) => `${name} ${(value as { code: string }).code}`), ["failure UNAUTHENTICATED"]);
  await followed(room, 0);
});

test("streams: who leaves before it is known who he is takes no place, and nothing is begun for him", async () => {
  const asked = Promise.withResolvers<void>();
  const told = Promise.withResolvers<void>();
  let isSlow = true;
  await using room = await testRoom({ asking: async () => (isSlow ? (asked.resolve(), told.promise) : undefined) });
  const early = await rawReader(room);
  await asked.promise;
  early.destroy();
  await once(early, "close");
  for (let turn = 0; turn < 3; turn += 1) await (await ask(room, "/health")).text(); // What the agent is told later it has heard: so it knows that he left.
  isSlow = false;
  told.resolve();
  const response = await ask(room, "/api/things/follow");
  assert.deepEqual([response.status, room.bench.followers.size], [200, 1]);
  await response.body?.cancel();
});

test("streams: while it cannot be told who the reader is, he reads on", async () => {
  let isAway = false;
  let refused = 0;
  const asking = async (): Promise<void> => {
    if (!isAway) return;
    refused += 1;
    throw new CommandFailure("UNAVAILABLE", { message: "the store is away" });
  };
  await using room = await testRoom({ asking });
  const response = await ask(room, "/api/things/follow");
  isAway = true;
  room.changed();
  await new Promise(setImmediate);
  assert.equal(refused, 1);
  room.bench.publish("still here");
  for await (const { name, value } of events(response)) {
    assert.deepEqual([name, value], ["data", { id: 1, text: "still here" }]);
    break;
  }
});

test("streams: a slow reader who is offered the same event until he takes it has lost none", async () => {
  await using room = await testRoom();
  const slow = await rawReader(room);
  await followed(room, 1);
  slow.pause();
  while (room.bench.publish("x".repeat(64 << 10))[0] === true) await new Promise(setImmediate);
  const missed = room.bench.kept.at(-1);
  assert.ok(missed !== undefined);
  const [again] = [...room.bench.followers];
  let heard = "";
  slow.setEncoding("utf8").on("data", (piece: string) => (heard += piece)).resume();
  while (again?.(missed) === false) await new Promise(setImmediate);
  while (!heard.includes(`id: ${missed.id}\n`)) await new Promise(setImmediate);
  assert.equal(heard.includes("event: lost"), false);
  slow.destroy();
});

test("streams: a reader that does not read is skipped, told how many it lost when it reads again, and holds up nobody", async () => {
  await using room = await testRoom();
  const slow = await rawReader(room);
  const quick = await ask(room, "/api/things/follow");
  await followed(room, 2);
  slow.pause();
  const text = "x".repeat(64 << 10);
  const reading = events(quick);
  let sent = 0;
  let skipped = 0;
  while (skipped < 5) {
    const [one, other] = room.bench.publish(text);
    sent += 1;
    skipped += [one, other].filter((isTaken) => isTaken === false).length;
    const { value } = await reading.next();
    assert.equal((value as { id: string }).id, String(sent));
    assert.ok(sent < 1000, "a socket takes no more than its system holds");
  }
  let heard = "";
  slow.setEncoding("utf8").on("data", (piece: string) => (heard += piece)).resume();
  const lost = async (): Promise<number> => {
    for (;;) {
      const told = /event: lost\ndata: (\{.*\})\n/.exec(heard)?.[1];
      if (told !== undefined) return (JSON.parse(told) as { lost: number }).lost;
      room.bench.publish("one more");
      await new Promise(setImmediate);
    }
  };
  const told = await lost();
  assert.ok(skipped <= told, `${told} of ${skipped}`);
  const ids = [...heard.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  const gap = ids.findIndex((id, index) => id !== index + 1);
  assert.equal((ids[gap] ?? 0) - (ids[gap - 1] ?? 0) - 1, told, "so many are missing");
  slow.destroy();
});

test("streams: a reader that never reads is dropped, and its command ends", async () => {
  await using room = await testRoom({ limits: { unreadBytesMax: 1000, stalledMs: 0, beatMs: 20 } });
  const stuck = await rawReader(room);
  stuck.pause();
  const closed = once(stuck, "close");
  await followed(room, 1);
  while (room.bench.followers.size === 1) {
    room.bench.publish("x".repeat(64 << 10));
    await new Promise(setImmediate);
  }
  stuck.resume();
  await closed;
});

test("streams: a thousand readers, a tenth of which do not read: all the others get everything, in order", async () => {
  const [readers, stuck, eventCount] = [1000, 100, 20];
  await using room = await testRoom();
  const heard = new Map<Socket, string>();
  const sockets: Socket[] = [];
  for (let index = 0; index < readers; index += 50) {
    const some = await Promise.all(Array.from({ length: 50 }, () => rawReader(room)));
    sockets.push(...some);
    await followed(room, sockets.length);
  }
  for (const [index, socket] of sockets.entries()) {
    if (index % (readers / stuck) === 0) socket.pause();
    else {
      heard.set(socket, "");
      socket.setEncoding("latin1").on("data", (piece: string) => heard.set(socket, (heard.get(socket) ?? "") + piece.replaceAll(/x{2,}/g, "")));
    }
  }
  const text = "x".repeat(200_000); // More than a socket of the system holds after a few.
  for (let count = 0; count < eventCount; count += 1) {
    room.bench.publish(count % 4 === 0 ? text : "small");
    await new Promise(setImmediate);
    while ([...heard.values()].some((all) => !all.includes(`id: ${count + 1}\n`))) await new Promise(setImmediate);
  }
  const wanted = Array.from({ length: eventCount }, (_, index) => String(index + 1));
  for (const all of heard.values()) assert.deepEqual([...all.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id), wanted);
  assert.equal(room.bench.followers.size, readers);
  for (const socket of sockets) socket.destroy();
  await followed(room, 0);
});

test("streams: one user takes no more than his share of the places, and another gets his", async () => {
  await using room = await testRoom();
  const own = await Promise.all(Array.from({ length: 1200 }, () => rawReader(room)));
  await followed(room, own.length);
  const beyond = await ask(room, "/api/things/follow", { role: "viewer" });
  assert.equal(beyond.status, 429);
  const away = new AbortController();
  const other = await ask(room, "/api/things/follow", { role: "operator", signal: away.signal });
  assert.equal(other.status, 200);
  away.abort();
  for (const socket of own) socket.destroy();
  await followed(room, 0);
  const again = new AbortController();
  assert.equal((await ask(room, "/api/things/follow", { role: "viewer", signal: again.signal })).status, 200);
  again.abort();
});
