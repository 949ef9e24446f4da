// What somebody whom nobody knows can make the agent do, or hold in memory.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { test } from "node:test";
import { until } from "#test/cli/run-dure.ts";
import { post, testRoom } from "./testing.ts";
import type { TestRoom } from "./testing.ts";

const LONG = { name: "x".repeat(100_000) };

for (const path of ["/api/login", "/api/nothing", "/health", "/"]) {
  test(`http: a stranger's long body is not taken: ${path}`, async () => {
    await using room = await testRoom();
    const { status } = await post(room, path, LONG, { role: null });
    assert.equal(status, 413);
  });
}

test("http: who is known may send a long one, and nobody else the same", async () => {
  await using room = await testRoom();
  const statuses = await Promise.all((["viewer", null] as const).map(async (role) => (await post(room, "/api/things/x/weigh", { text: LONG.name }, { role })).status));
  assert.deepEqual(statuses, [200, 401]);
});

for (const upgrade of ["h2c", "TLS/1.0", "websockets"]) {
  test(`http: who would rather speak ${upgrade} is answered in HTTP/1.1`, async () => {
    await using room = await testRoom();
    const answer = await said(room, `GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade, http2-settings, close\r\nupgrade: ${upgrade}\r\nhttp2-settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 200 /);
  });
}

for (const path of ["/health", "/", "/api/session", "/api/ws", "/api/nothing"]) {
  test(`http: a stranger gets no WebSocket, which may send megabytes: ${path}`, async () => {
    await using room = await testRoom();
    const answer = await said(room, `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade, close\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
    assert.match(answer, path === "/health" ? /^HTTP\/1\.1 200 / : path === "/api/ws" ? /^HTTP\/1\.1 401 / : /^HTTP\/1\.1 (?:404|503) /);
  });
}

test("http: who is known has few long bodies held at a time, and leaves places for others", async () => {
  await using room = await testRoom();
  const begin = async (role: string): Promise<Socket> => {
    const socket = connect({ port: room.door.port, host: "127.0.0.1" });
    socket.on("error", () => {}); // The room ends with it.
    const head = `POST /api/things/x/weigh HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${role}\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: 4000000\r\n\r\n{`;
    socket.write(head);
    await once(socket, "data");
    return socket;
  };
  const begun = await Promise.all(Array.from({ length: 40 }, () => begin("viewer")));
  const long = async (role: "viewer" | "operator"): Promise<number> => (await post(room, "/api/things/x/weigh", { text: LONG.name }, { role })).status;
  assert.deepEqual([await long("viewer"), await long("operator")], [429, 200]);
  assert.equal((await post(room, "/api/things/x/weigh", { text: "short" }, { role: "viewer" })).status, 200);
  for (const socket of begun) socket.destroy();
  await until(async () => (await long("viewer")) === 200, "the places are free again");
});

async function said({ door }: TestRoom, text: string): Promise<string> {
  const socket = connect({ port: door.port, host: "127.0.0.1" });
  let answer = "";
  socket.setEncoding("utf8").on("data", (part: string) => (answer += part));
  socket.end(text);
  await once(socket, "close");
  return answer;
}
