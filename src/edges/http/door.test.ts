import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { UsageError } from "#base/errors.ts";
import type { HttpPlan } from "#kernel/config/plan.ts";
import { openDoor } from "./door.ts";
import type { Door } from "./door.ts";
import { ask, quietLog, testRoom, usualPlan } from "./testing.ts";

const open = (plan: Partial<HttpPlan>, hasUser = true): Promise<Door> => openDoor({ plan: { ...usualPlan, ...plan }, log: quietLog, hasUser: async () => hasUser });

async function taken(port = 0): Promise<Server & AsyncDisposable> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** All that a client hears until the end. */
async function heard(socket: Socket): Promise<string> {
  let all = "";
  socket.setEncoding("utf8").on("data", (piece: string) => (all += piece)).on("error", () => {});
  await new Promise((resolve) => socket.once("close", resolve));
  return all;
}

test("door: a port that the config names and another program has fails the start, with a way out in both languages", async () => {
  await using other = await taken();
  const { port } = other.address() as AddressInfo;
  await assert.rejects(open({ port }), (error: unknown) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}: another program has this port`));
    assert.match(error.hint ?? "", /http: false/);
    assert.match(error.ko?.message ?? "", /다른 프로그램이 쓰는 포트/);
    return true;
  });
});

test("door: without a port in the config, the next that is free is used", async () => {
  await using other = await taken();
  const { port } = other.address() as AddressInfo;
  const door = await open({ port, isPortGiven: false });
  assert.notEqual(door.port, port);
  assert.equal(door.address, `http://127.0.0.1:${door.port}/`);
  await door.close();
});

for (const [what, plan, hasUser, says] of [
  ["without TLS", { host: "0.0.0.0" }, true, /plain text/],
  ["with TLS, but no user", { host: "0.0.0.0", tls: { certFile: "none", keyFile: "none" } }, false, /no user yet/],
] as const) {
  test(`door: beyond this machine ${what} it stays shut, unless told otherwise`, async () => {
    await assert.rejects(open(plan, hasUser), (error: unknown) => error instanceof UsageError && says.test(error.message) && /insecure: true/.test(error.hint ?? ""));
    const { tls: _, ...plain } = plan as Partial<HttpPlan>;
    const door = await open({ ...plain, isInsecure: true }, hasUser);
    await door.close();
  });
}

test("door: who comes before anything is behind it waits, and is answered; what fails to load is tried again", async () => {
  await using room = await testRoom();
  const early = await open({});
  const first = heard(connect(early.port, "127.0.0.1", function (this: Socket) {
    this.write("GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
  }));
  let tries = 0;
  early.lead(async () => {
    tries += 1;
    if (tries === 1) throw new Error("half of it is not there");
    return { enter: (socket) => void socket.end("hello"), close: async () => {} };
  });
  assert.equal(await first, "", "this one is sent away");
  assert.equal(await heard(connect(early.port, "127.0.0.1")), "hello");
  await early.close();
  assert.equal((await ask(room, "/health", { role: null })).status, 200);
});

test("door: nothing that speaks HTTP is loaded before somebody comes", () => {
  const script = `
    const { openDoor } = await import(${JSON.stringify(join(import.meta.dirname, "door.ts"))});
    const { isBuiltin } = await import("node:module");
    const door = await openDoor({ plan: ${JSON.stringify(usualPlan)}, log: console, hasUser: async () => true });
    const loaded = process.moduleLoadList.filter((name) => /_http|internal\\/tls|internal\\/crypto/.test(name) && name.startsWith("NativeModule "));
    console.log(JSON.stringify(loaded));
    await door.close();`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8", timeout: 120_000 });
  const before = spawnSync(process.execPath, ["--input-type=module", "-e", 'await import("node:net"); await import("node:fs/promises"); console.log(JSON.stringify(process.moduleLoadList.filter((name) => /_http|internal\\/tls|internal\\/crypto/.test(name) && name.startsWith("NativeModule "))));'], { encoding: "utf8", timeout: 240_000 });
  assert.deepEqual(JSON.parse(stdout || "null"), JSON.parse(before.stdout), stderr);
});

test("door: a client that is slow to say what it wants is sent away, and the others are served meanwhile", async () => {
  await using room = await testRoom({ limits: { requestMs: 50 } });
  const slow = heard(connect(room.door.port, "127.0.0.1", function (this: Socket) {
    this.write("POST /api/things HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 100\r\nauthorization: Bearer admin\r\n");
  }));
  assert.equal((await ask(room, "/health")).status, 200);
  assert.match(await slow, /^HTTP\/1\.1 408 /);
});

for (const [what, text, status] of [
  ["nonsense", "nonsense\r\n\r\n", 400],
  ["bytes", "\0\x01\x02\r\n\r\n", 400],
  ["a header too long", `GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${"y".repeat(20_000)}\r\n\r\n`, 431],
  ["no host", "GET /health HTTP/1.0\r\n\r\n", 403],
  ["two lengths", "POST /api/things HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd", 400],
  ["a length and chunks", "POST /api/things HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400],
] as const) {
  test(`door: ${what} is answered with ${status} and nothing of ours`, async () => {
    await using room = await testRoom();
    const answer = await heard(connect(room.door.port, "127.0.0.1", function (this: Socket) {
      this.end(text);
    }));
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.doesNotMatch(answer, /\.ts\b|node_modules|\n +at /);
  });
}

const noOpenssl = spawnSync("openssl", ["version"]).status === 0 ? undefined : "no openssl on this machine to make a certificate with";
test("door: with TLS it speaks HTTPS, and a pair of files that does not work is said with its file", { skip: noOpenssl }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "dure-door-"));
  try {
    const make = (name: string): { certFile: string; keyFile: string } => {
      const [certFile, keyFile] = [join(dir, `${name}.crt`), join(dir, `${name}.key`)];
      const { status, stderr } = spawnSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", keyFile, "-out", certFile], { encoding: "utf8", timeout: 120_000 });
      assert.equal(status, 0, stderr);
      return { certFile, keyFile };
    };
    const [one, other] = [make("one"), make("other")];
    await using room = await testRoom({ plan: { tls: one } });
    const answer = await new Promise<string>((resolve, reject) => {
      const asked = request({ port: room.door.port, host: "127.0.0.1", path: "/api/things", headers: { authorization: "Bearer viewer" }, rejectUnauthorized: false, agent: false }, (response) => {
        response.resume();
        resolve(`${response.statusCode} ${response.headers["content-type"]}`);
      });
      asked.on("error", reject).end();
    });
    assert.deepEqual([answer, room.door.address], ["200 application/json; charset=utf-8", `https://127.0.0.1:${room.door.port}/`]);
    writeFileSync(join(dir, "empty.crt"), "nothing");
    for (const [tls, says] of [
      [{ certFile: one.certFile, keyFile: other.keyFile }, /other\.key is not that of the certificate in .*one\.crt/],
      [{ certFile: join(dir, "empty.crt"), keyFile: one.keyFile }, /empty\.crt holds no PEM certificate/],
      [{ certFile: one.certFile, keyFile: join(dir, "gone.key") }, /gone\.key cannot be read \(ENOENT\)/],
    ] as const)
      await assert.rejects(open({ tls }), (error: unknown) => error instanceof UsageError && says.test(error.message));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test("door: one address cannot take every place, and has its places again when it leaves them", { skip: process.platform !== "linux" && "only there this machine has more than one address of its own" }, async () => {
  const said: string[] = [];
  const log = { ...quietLog, warn: (message: string) => void said.push(message) };
  const door = await openDoor({ plan: usualPlan, log, hasUser: async () => true, connectionsMax: 8 });
  let entered: (() => void) | undefined;
  door.lead(async () => ({
    enter(socket) {
      socket.resume();
      entered?.();
    },
    close: async () => {},
  }));
  const all: Socket[] = [];
  /** Whether he is let in. */
  const come = async (localAddress: string): Promise<boolean> => {
    const isIn = new Promise<boolean>((resolve) => (entered = () => resolve(true)));
    const socket = connect({ port: door.port, host: "127.0.0.1", localAddress });
    all.push(socket);
    const isOut = new Promise<boolean>((resolve) => socket.on("error", () => {}).once("close", () => resolve(false)));
    return Promise.race([isIn, isOut]);
  };
  try {
    const greedy: boolean[] = [];
    for (let count = 0; count < 8; count += 1) greedy.push(await come("127.0.0.1"));
    assert.deepEqual(greedy, [true, true, true, true, true, true, false, false]);
    assert.equal(said.length, 1, "said once");
    assert.equal(await come("127.0.0.2"), true);
    for (const socket of all.slice(0, 6)) socket.destroy();
    // The door hears of it when it next looks; whoever comes again and again is let in then.
    while (!(await come("127.0.0.1")));
  } finally {
    for (const socket of all) socket.destroy();
    await door.close();
  }
});
