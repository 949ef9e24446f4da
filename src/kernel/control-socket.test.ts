import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { JsonValue } from "#base/json.ts";
import { callControl, controlAddress, serveControl } from "./control-socket.ts";
import type { ControlMethods } from "./control-socket.ts";

async function serving(methods: ControlMethods) {
  const dir = mkdtempSync(join(tmpdir(), "dure-control-"));
  const address = controlAddress(join(dir, "dure.pid"));
  const server = await serveControl(address, methods);
  return {
    address,
    server,
    async [Symbol.asyncDispose]() {
      await server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

test("control: a method is asked by name, and answers with a result, or with an error and how to put it right", async () => {
  await using here = await serving({
    add: ({ params }) => Number(params["a"]) + Number(params["b"]),
    fail: () => {
      throw new Error("no such pipeline");
    },
  });
  assert.equal(await callControl(here.address, "add", { a: 1, b: 2 }), 3);
  await assert.rejects(callControl(here.address, "fail"), { message: "no such pipeline" });
  await assert.rejects(callControl(here.address, "constructor"), { code: "UNKNOWN_METHOD" });
});

test("control: events come before the result, and a caller that leaves ends what it asked for", async () => {
  const left = Promise.withResolvers<void>();
  await using here = await serving({
    count: ({ emit }) => {
      for (let n = 0; n < 3; n += 1) emit(n);
      return "done";
    },
    forever: ({ emit, signal }) => {
      emit("begun");
      return new Promise((resolve) =>
        signal.addEventListener("abort", () => {
          left.resolve();
          resolve(null);
        }),
      );
    },
  });
  const events: JsonValue[] = [];
  assert.equal(await callControl(here.address, "count", {}, { onEvent: (event) => void events.push(event) }), "done");
  assert.deepEqual(events, [0, 1, 2]);
  const stop = new AbortController();
  await assert.rejects(callControl(here.address, "forever", {}, { onEvent: () => stop.abort(), signal: stop.signal }), { code: "ABORTED" });
  await left.promise;
});

test("control: a caller that does not read gets no more than it can take", async () => {
  const refused = Promise.withResolvers<void>();
  await using here = await serving({
    flood: async ({ emit, signal }) => {
      while (!signal.aborted && emit("x".repeat(10_000))) await new Promise((next) => setImmediate(next));
      refused.resolve();
      return null;
    },
  });
  const socket = createConnection(here.address);
  socket.pause();
  socket.write('{"id":1,"method":"flood"}\n');
  await refused.promise;
  socket.destroy();
});

test("control: what is no request is told so, and one without an end is cut off", async () => {
  await using here = await serving({});
  for (const text of ["hello\n", "[1]\n", '{"id":{},"method":"x"}\n', "x".repeat((1 << 20) + 2)]) {
    const socket = createConnection(here.address);
    socket.on("error", () => {});
    let got = "";
    socket.setEncoding("utf8").on("data", (more: string) => (got += more));
    socket.write(text);
    await once(socket, "close");
    if (text.endsWith("\n")) assert.match(got, /BAD_REQUEST/);
  }
});

test("control: only its own user can open it, and it is gone when the agent is", { skip: process.platform === "win32" && "pipes have no mode" }, async () => {
  const here = await serving({});
  assert.equal(statSync(here.address).mode & 0o777, 0o600);
  await here.server.close();
  await assert.rejects(callControl(here.address, "any"), { code: "ENOENT" });
  await here[Symbol.asyncDispose]();
});

test("control: a deep data folder has a short address all the same", () => {
  const address = controlAddress(`/${"deep/".repeat(40)}dure.pid`, "linux");
  assert(Buffer.byteLength(address) <= 107, address);
  assert.match(controlAddress("C:\\data\\dure.pid", "win32"), /^\\\\\.\\pipe\\dure-[0-9a-f]{24}$/);
});
