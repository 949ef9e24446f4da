import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { boundBodies, mayBeSlow } from "./body-bound.ts";

const BODY_MS = 30_000;

async function site(isSlowAllowed: boolean) {
  const late: string[] = [];
  const server = createServer(async (request, response) => {
    if (isSlowAllowed) mayBeSlow(request);
    let bytes = 0;
    request.on("data", (part: Buffer) => server.emit("taken", (bytes += part.length)));
    request.on("end", () => response.end(String(bytes))).on("error", () => {});
  });
  boundBodies(server, BODY_MS, (socket) => {
    late.push("late");
    socket.destroy();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
  const asked = once(server, "request") as Promise<[IncomingMessage]>;
  socket.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n");
  await asked;
  return {
    late,
    socket,
    async send(count: number) {
      const taken = once(server, "taken");
      socket.write("x".repeat(count));
      await taken;
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

test("a body that may be slow comes whole, however long it takes, as long as something comes", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  await using here = await site(true);
  for (let part = 0; part < 9; part += 1) {
    await here.send(10);
    context.mock.timers.tick(BODY_MS);
  }
  const answer = once(here.socket, "data") as Promise<[Buffer]>;
  await here.send(10);
  assert.match((await answer)[0].toString(), /\r\n100$|\r\n\r\n3?100/);
  assert.deepEqual(here.late, []);
});

test("one of which nothing comes any more is late, and so is any other that is not whole in time", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  for (const isSlowAllowed of [true, false]) {
    await using here = await site(isSlowAllowed);
    const closed = once(here.socket, "close");
    if (isSlowAllowed) context.mock.timers.tick(BODY_MS); // Looks once; the head has not changed since.
    else {
      await here.send(10);
      context.mock.timers.tick(BODY_MS);
    }
    await closed;
    assert.deepEqual(here.late, ["late"]);
  }
});
