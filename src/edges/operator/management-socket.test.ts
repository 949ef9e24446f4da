import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { WebSocket } from "ws";
import type { Caller } from "#kernel/access/caller.ts";
import type { OperatorPlan } from "#kernel/config/jobs-plan.ts";
import { testRoom } from "../http/testing.ts";
import { openManagementSocket } from "./management-socket.ts";

const QUIET = { debug() {}, info() {}, warn() {}, error() {} };
const ORDER = { time: "1", location: "2", direction: "1", client_channel_id: "mine", op_action: "info", op_target: "worker", op_detail: "all" };

test("management socket: an order is answered as its queue would, pretty-printed, under the connection's own id", async () => {
  await using here = await opened({ isOpen: true });
  const socket = await here.connect();
  const [first, second] = [await here.ask(socket, JSON.stringify(ORDER)), await here.ask(socket, JSON.stringify(ORDER))];
  assert.match(first, /^\{\n {2}"time"/);
  const { client_channel_id: id, ...reply } = JSON.parse(first) as Record<string, unknown>;
  assert.notEqual(id, "mine");
  assert.equal((JSON.parse(second) as Record<string, unknown>)["client_channel_id"], id);
  assert.equal(reply["msg"], "done by operator:open");
  // What is no message is dropped, and the next is answered.
  socket.send("no message");
  socket.send("[1]");
  assert.match(await here.ask(socket, JSON.stringify(ORDER)), /done by/);
});

test("management socket: without a login nobody comes in, unless it is open; a token does", async () => {
  await using here = await opened({ isOpen: false });
  await assert.rejects(here.connect(), /401/);
  await assert.rejects(here.connect({ headers: { authorization: "Bearer wrong" } }), /401/);
  const socket = await here.connect({ headers: { authorization: "Bearer right" } });
  assert.match(await here.ask(socket, JSON.stringify(ORDER)), /done by token:test/);
});

for (const [origin, isOpen, mayCome] of [
  ["https://evil.example", true, false],
  ["null", true, false],
  ["http://127.0.0.1:8600", true, true],
  ["http://127.0.0.1:3000", true, false],
  ["http://127.0.0.1:3000", false, false],
  ["https://127.0.0.1:8600", true, false],
  ["http://10.0.0.9", true, false],
  ["file://", true, true],
  ["file://", false, false],
  ["https://ops.example", true, true],
] as const) {
  test(`management socket: a page of ${origin} ${mayCome ? "comes in" : "is kept out"}${isOpen ? "" : ", where it is not open"}`, async () => {
    await using here = await opened({ isOpen, origins: ["https://ops.example"] });
    if (mayCome) await here.connect({ headers: { origin } });
    else await assert.rejects(here.connect({ headers: { origin, ...(isOpen ? {} : { authorization: "Bearer right" }) } }), /403/);
  });
}

test("management socket: another name than ours, and another path, are refused", async () => {
  await using here = await opened({ isOpen: true });
  await assert.rejects(here.connect({ headers: { host: "rebound.example" } }), /403/);
  await assert.rejects(here.connect({}, "/operator/other"), /404/);
});

test("management socket: numbers of fields that nobody knows are echoed as they were written", async () => {
  await using here = await opened({ isOpen: true });
  const reply = await here.ask(await here.connect(), `${JSON.stringify(ORDER).slice(0, -1)},"id":12345678901234567890,"amount":1.10,"far":1e400}`);
  for (const written of ['"id": 12345678901234567890', '"amount": 1.10', '"far": 1e400']) assert.ok(reply.includes(written), reply);
});

test("management socket: who does not answer a ping is sent away, and those who do stay", async () => {
  await using here = await opened({ isOpen: true }, 20);
  const silent = await here.connect({ autoPong: false });
  const lively = await here.connect();
  await once(silent, "close");
  assert.match(await here.ask(lively, JSON.stringify(ORDER)), /done by/);
});

for (const [who, headers, status] of [
  ["nobody", {}, 401],
  ["a page from elsewhere", { authorization: "Bearer admin", origin: "https://evil.example" }, 403],
  ["a page that lies in a file", { cookie: "dure-PORT=admin", origin: "file://" }, 403],
] as const) {
  test(`management socket: at the address of the API ${who} is refused`, async () => {
    await using room = await testRoom();
    const socket = new WebSocket(`${room.url.replace("http", "ws")}/operator/mgmt`, { headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace("PORT", String(room.door.port))])) });
    await assert.rejects(once(socket, "open"), new RegExp(String(status)));
  });
}

test("management socket: at the address of the API whoever is known there is answered", async () => {
  await using room = await testRoom();
  for (const headers of [{ authorization: "Bearer operator" }, { cookie: `dure-${room.door.port}=operator`, origin: room.url }]) {
    const socket = new WebSocket(`${room.url.replace("http", "ws")}/operator/mgmt`, { headers });
    await once(socket, "open");
    socket.send("no message");
    socket.send(`${JSON.stringify(ORDER).slice(0, -1)},"id":12345678901234567890}`);
    const [bytes] = await once(socket, "message");
    const reply = String(bytes);
    assert.ok(reply.includes('"id": 12345678901234567890'), reply);
    const { direction, success, msg } = JSON.parse(reply) as Record<string, unknown>;
    assert.deepEqual([direction, success], ["2", "2"]);
    assert.match(String(msg), /jobs\.message/, "this room has no jobs");
    socket.terminate();
  }
});

async function opened(given: Partial<NonNullable<OperatorPlan["websocket"]>>, beatMs = 30_000) {
  const authenticate = async ({ bearer }: { readonly bearer?: string | undefined }): Promise<Caller | undefined> => (bearer === "right" ? { name: "token:test", role: "operator", edge: "websocket" } : undefined);
  const table = { call: async (_name: string, { text }: { readonly text: string }, caller: Caller) => ({ reply: `${text.slice(0, -1)},"direction":"2","success":"1","msg":"done by ${caller.name}"}` }) };
  const server = await openManagementSocket({ plan: { host: "127.0.0.1", port: 0, isOpen: false, origins: [], ...given }, log: QUIET, cookiePlace: { port: 8600, isSecure: false }, beatMs, lead: async () => ({ table: table as never, access: { authenticate } as never }) });
  const sockets: WebSocket[] = [];
  return {
    async connect(options: ConstructorParameters<typeof WebSocket>[2] = {}, path = "/operator/mgmt"): Promise<WebSocket> {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, options);
      sockets.push(socket);
      await once(socket, "open");
      return socket;
    },
    async ask(socket: WebSocket, text: string): Promise<string> {
      socket.send(text);
      const [bytes] = await once(socket, "message");
      return String(bytes);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.terminate();
      await server.close();
    },
  };
}
