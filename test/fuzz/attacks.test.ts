// What peers do who mean harm, to a real agent with the memory it has by default. After each attack a whole message arrives, and the agent
// is no larger than it may be.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { encoded, packedHead } from "#dataplane/forward-protocol.ts";
import { folder, until } from "../cli/run-dure.ts";
import { startAgent } from "../faults/agent.ts";
import { freePort } from "../servers/free-port.ts";

/** Of the clients and of the pieces; all of them in `npm run soak`. */
const SHARE = Number(process.env["DURE_ATTACK_SHARE"] ?? 0.1);
const MEMORY_MIB_MAX = 320;
const WITHIN_MS = 60_000;
const CONNECTIONS = 2000;
const MIB = 1 << 20;

const post = (body: string | Buffer, head = ""): Buffer => Buffer.concat([Buffer.from(`POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n`), Buffer.from(body)]);
const packed = (entries: Buffer, option: object): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(entries.length);
  return Buffer.concat([packedHead("t"), length, entries, encoded(option)]);
};
const bomb = Buffer.alloc(24 * MIB);

/** Bytes for each of some connections, all at once; the peer then waits to be cut off or, where nobody would, ends. */
const ATTACKS: readonly { readonly what: string; readonly to: "http" | "tcp" | "forward"; readonly bytes: () => Buffer; readonly times: number }[] = [
  { what: "headers without end", to: "http", bytes: () => Buffer.concat([Buffer.from("POST / HTTP/1.1\r\n"), Buffer.alloc(MIB, "x: y\r\n")]), times: 50 },
  { what: "a head without end", to: "http", bytes: () => Buffer.concat([Buffer.from("POST /"), Buffer.alloc(MIB, "a")]), times: 50 },
  { what: "heads that stop (slowloris)", to: "http", bytes: () => Buffer.from("POST / HTTP/1.1\r\nhost: a\r\nx: "), times: CONNECTIONS },
  { what: "bodies that stop", to: "http", bytes: () => Buffer.from("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9999999\r\n\r\n{"), times: CONNECTIONS },
  { what: "chunks of odd sizes", to: "http", bytes: () => Buffer.from("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n{}\r\n"), times: 50 },
  { what: "a body that unpacks to much more (gzip)", to: "http", bytes: () => post(gzipSync(bomb), "content-encoding: gzip\r\n"), times: 50 },
  { what: "a body that unpacks to much more (zstd)", to: "http", bytes: () => post(zstdCompressSync(bomb), "content-encoding: zstd\r\n"), times: 50 },
  { what: "nesting without end", to: "http", bytes: () => post(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`), times: 20 },
  { what: "lone surrogates, long exponents and numbers", to: "http", bytes: () => post(`{"a":"\\ud800","b":1e${"9".repeat(1000)},"c":${"9".repeat(1000)},"d":-1e-999999}`), times: 20 },
  { what: "many empty objects", to: "http", bytes: () => post(`[${"{},".repeat(200_000)}{}]`), times: 4 },
  { what: "empty lines", to: "tcp", bytes: () => Buffer.alloc(2 * MIB, "\n"), times: 4 },
  { what: "a line without end", to: "tcp", bytes: () => Buffer.alloc(4 * MIB, "a"), times: 50 },
  { what: "NULs", to: "tcp", bytes: () => Buffer.alloc(4 * MIB), times: 10 },
  { what: "clients that say nothing", to: "tcp", bytes: () => Buffer.alloc(0), times: CONNECTIONS },
  { what: "clients that say nothing", to: "forward", bytes: () => Buffer.alloc(0), times: CONNECTIONS },
  { what: "a map of 2^32 pairs", to: "forward", bytes: () => Buffer.concat([Buffer.from([0x93, 0xa1, 0x74, 5, 0xdf, 0xff, 0xff, 0xff, 0xff]), Buffer.alloc(MIB, 0xa0)]), times: 50 },
  { what: "an option of 2^32 pairs", to: "forward", bytes: () => Buffer.concat([Buffer.from([0x93, 0xa1, 0x74, 0xc4, 0, 0xdf, 0xff, 0xff, 0xff, 0xff]), Buffer.alloc(MIB, 0xa0)]), times: 50 },
  { what: "lists in lists", to: "forward", bytes: () => Buffer.concat([Buffer.from([0x93, 0xa1, 0x74, 5]), Buffer.alloc(100_000, 0x91)]), times: 50 },
  { what: "sizes that never come", to: "forward", bytes: () => Buffer.from([0x92, 0xa1, 0x74, 0xc6, 0x03, 0xff, 0xff, 0xff, 0x92]), times: 100 },
  { what: "frames that unpack to much more (gzip)", to: "forward", bytes: () => packed(gzipSync(bomb), { compressed: "gzip" }), times: 50 },
  { what: "frames that unpack to much more (zstd)", to: "forward", bytes: () => packed(zstdCompressSync(bomb), { compressed: "zstd" }), times: 50 },
];

test("an agent bears what peers do who mean harm", { timeout: 240_000, skip: process.platform === "win32" && "the agent is stopped by signals" }, async (context) => {
  await using dir = folder();
  const port = { http: await freePort(), tcp: await freePort(), forward: await freePort() };
  const out = dir.file("out.ndjson");
  const json = { "out.File": { path: out, format: "json" } };
  const agent = startAgent(dir, {
    http: [{ "in.Http": { port: port.http, request_timeout: "1s" } }, json],
    tcp: [{ "in.Tcp": { port: port.tcp, idle_timeout: "1s" } }, { "filter.Where": "r.message.startsWith('whole')" }, { "out.File": { path: `${out}.tcp`, format: "json" } }],
    forward: [{ "in.Forward": { port: port.forward, stall_timeout: "1s", idle_timeout: "1s" } }, { "out.File": { path: `${out}.forward`, format: "json" } }],
  });
  const files = { http: out, tcp: `${out}.tcp`, forward: `${out}.forward` };
  const whole = {
    http: (text: string) => post(JSON.stringify({ message: text })),
    tcp: (text: string) => Buffer.from(`${text}\n`),
    forward: (text: string) => packed(Buffer.concat([Buffer.from([0x92, 5]), encoded({ message: text })]), {}),
  };
  const talk = (to: keyof typeof port): Socket => connect({ host: "127.0.0.1", port: port[to] }).on("error", () => {});
  await until(() => agent.log().split("listening").length === 4, "all three listen");
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, agent.memoryMiB() ?? 0)), 50);
  try {
    for (const [index, { what, to, bytes, times }] of ATTACKS.entries()) {
      const sent = bytes();
      const clients = Math.ceil(times * SHARE);
      most = 0;
      const sockets = Array.from({ length: clients }, () => {
        const socket = talk(to);
        socket.resume();
        if (0 < sent.length) socket.write(sent);
        return socket;
      });
      const text = `whole ${index}`;
      let tries = 0;
      await until(
        async () => {
          if (tries++ % 25 === 0) {
            const socket = talk(to);
            socket.resume();
            await Promise.race([once(socket, "connect"), once(socket, "close")]).catch(() => {});
            socket.write(whole[to](text));
            setTimeout(() => socket.destroy(), 5000).unref();
          }
          return readIfThere(files[to]).includes(`"${text}"`);
        },
        `a whole message comes behind ${what} (${to})`,
        WITHIN_MS,
      ).catch((error: Error) => assert.fail(`${error.message}\n${agent.log().slice(-3000)}`));
      for (const socket of sockets) socket.destroy();
      context.diagnostic(`${to}: ${what}, ${clients} times: RSS ${most.toFixed(0)} MiB at most`);
      assert(most < MEMORY_MIB_MAX, `${what} (${to}): resident memory reached ${most.toFixed(0)} MiB`);
    }
  } finally {
    clearInterval(watch);
  }
  assert.doesNotMatch(agent.log(), /pipeline broke|pipeline failed/);
  await agent.stop();
});

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
