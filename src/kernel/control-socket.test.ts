import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { UsageError } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import { callControl, controlAddress, serveControl } from "./control-socket.ts";
import type { ControlCall } from "./control-socket.ts";
import { CommandFailure } from "./commands/failure.ts";

async function serving(methods: Readonly<Record<string, (call: ControlCall) => JsonValue | Promise<JsonValue>>>) {
  const dir = mkdtempSync(join(tmpdir(), "dure-control-"));
  const address = controlAddress(join(dir, "dure.pid"));
  const server = await serveControl(address, async (method, call) => {
    const run = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (run === undefined) throw new CommandFailure("UNKNOWN_COMMAND", { message: `no ${method}` });
    return run(call);
  });
  return {
    address,
    server,
    async [Symbol.asyncDispose]() {
      await server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

test("control: a request may be as long as over HTTP, and one that is longer is refused in words", async () => {
  await using here = await serving({ length: ({ params }) => String(params["text"]).length });
  assert.equal(await callControl(here.address, "length", { text: "가\n".repeat(1_000_000) }), 2_000_000);
  await assert.rejects(callControl(here.address, "length", { text: "x".repeat(4 << 20) }), { code: "INVALID", message: "the request is too long" });
});

test("control: a method is asked by name, and answers with a result, or with an error and how to put it right", async () => {
  await using here = await serving({
    add: ({ params }) => Number(params["a"]) + Number(params["b"]),
    fail: () => {
      throw new UsageError("no such pipeline");
    },
  });
  assert.equal(await callControl(here.address, "add", { a: 1, b: 2 }), 3);
  await assert.rejects(callControl(here.address, "fail"), { message: "no such pipeline" });
  await assert.rejects(callControl(here.address, "constructor"), { code: "UNKNOWN_COMMAND" });
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
  for (const text of ["hello\n", "[1]\n", '{"id":{},"method":"x"}\n', "x".repeat((4 << 20) + 2)]) {
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

test("control: who wants no answer any more before he asks gets none, whatever listens", async () => {
  await using here = await serving({ "pipelines.tap": async ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(null))) });
  await assert.rejects(callControl(here.address, "pipelines.tap", {}, { signal: AbortSignal.abort() }), { code: "ABORTED" });
});

test("control: a deep data folder has a short address all the same, in a deep folder for temporary files, too", () => {
  const before = process.env["TMPDIR"];
  try {
    for (const tmp of [undefined, "/tmp", `/tmp/${"deep/".repeat(40)}`]) {
      if (tmp !== undefined) process.env["TMPDIR"] = tmp;
      const address = controlAddress(`/${"deep/".repeat(40)}dure.pid`, "linux");
      assert(Buffer.byteLength(address) <= 103, address);
    }
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
  assert.match(controlAddress("C:\\data\\dure.pid", "win32"), /^\\\\\.\\pipe\\dure-[0-9a-f]{24}$/);
});

const planted: Readonly<Record<string, (dir: string) => void>> = {
  "that others may write into": (dir) => (mkdirSync(dir), chmodSync(dir, 0o777)),
  "that is a link to somewhere else": (dir) => (mkdirSync(`${dir}-theirs`, { mode: 0o700 }), symlinkSync(`${dir}-theirs`, dir)),
};

for (const [what, plant] of Object.entries(planted)) {
  test(`control: among everybody's folders, one ${what} is neither listened in nor called`, { skip: process.platform === "win32" && "pipes have no folder" }, async () => {
    const before = process.env["TMPDIR"];
    const tmp = mkdtempSync(join(tmpdir(), "dure-tmp-"));
    process.env["TMPDIR"] = tmp;
    // Whoever listens there would be told passwords.
    const theirs = createServer((socket) => socket.end('{"id":1,"result":"heard"}\n'));
    try {
      const address = controlAddress(`/${"x".repeat(120)}/dure.pid`);
      plant(dirname(address));
      await once(theirs.listen(address), "listening");
      await assert.rejects(callControl(address, "users.set-password", { password: "a secret" }), { code: "FOREIGN_FOLDER" });
      await assert.rejects(serveControl(address, async () => null), { code: "FOREIGN_FOLDER" });
    } finally {
      theirs.close();
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
      rmSync(tmp, { recursive: true, force: true });
    }
  });
}

test("control: a caller with much under way is read on as it is answered, and is answered to the last", async () => {
  const calls = 200;
  let underWay = 0;
  let most = 0;
  let waiting: PromiseWithResolvers<void>[] = [];
  await using here = await serving({
    async hold({ params }) {
      underWay += 1;
      most = Math.max(most, underWay);
      const turn = Promise.withResolvers<void>();
      waiting.push(turn);
      await turn.promise;
      underWay -= 1;
      return params["number"] ?? null;
    },
  });
  const socket = createConnection(here.address);
  const answered = new Set<number>();
  let rest = "";
  const all = Promise.withResolvers<void>();
  socket.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) answered.add((JSON.parse(line) as { result: number }).result);
    if (answered.size === calls) all.resolve();
  });
  const text = "x".repeat(50_000);
  for (let number = 0; number < calls; number += 1) socket.write(`${JSON.stringify({ id: number, method: "hold", params: { number, text } })}\n`);
  // One is answered at a time, each when nothing more has come for a turn.
  const step = setInterval(() => {
    const [next, ...others] = waiting;
    waiting = others;
    next?.resolve();
  }, 1);
  await all.promise;
  clearInterval(step);
  socket.destroy();
  assert.ok(most <= 12, `${most} calls of 50 kB were under way at once`);
});
