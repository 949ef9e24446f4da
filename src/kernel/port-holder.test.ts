// Who has a port, against real sockets of this machine.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { holderOf, portTakenText } from "./port-holder.ts";

const skip = process.platform !== "linux" && "only Linux says whose socket it is";

test("port holder: the process that listens is named; nobody where nobody listens", { skip }, async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const holder = await holderOf(port);
    assert.equal(holder?.pid, process.pid);
    assert.match(holder.name, /^[\w.-]+$/);
    const { en, ko } = await portTakenText(port);
    assert.ok(en.startsWith("another program has this port (process "), en);
    assert.match(ko, /\(프로세스 \d+, /);
  } finally {
    await new Promise((closed) => server.close(closed));
  }
});

test("port holder: where the system does not say, that somebody has it is all that is said", async () => {
  assert.equal(await holderOf(1, "/no/such/folder"), undefined);
});
