// Reloads while senders talk to listeners: only what changes is replaced, so a TCP client keeps its connection, UDP is never deaf, a buffer in
// memory keeps what it holds, and a tap stays. Each line is there once at the end.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { folder, until } from "../cli/run-dure.ts";
import type { Folder } from "../cli/run-dure.ts";
import { freePort } from "../servers/free-port.ts";
import { numbersIn } from "./numbered.ts";

const RELOADS = Number(process.env["DURE_RELOADS"] ?? 10);
/** Datagrams that may be on their way: far below what the system's receive buffer holds. */
const AHEAD_MAX = 100;
const ARRIVES_WITHIN_MS = 60_000;

const isWindows = process.platform === "win32" && "agents are stopped by signals";

/** Numbers in all files whose name begins with this: each config writes to files of its own. */
const numbersOf = (here: Folder, begin: string): number[] => readdirSync(here.path).filter((name) => name.startsWith(begin)).flatMap((name) => numbersIn(here.file(name)));

function assertOnce(numbers: readonly number[], count: number, what: string): void {
  assert.equal(new Set(numbers).size, count, `${what}: nothing is lost`);
  assert.equal(numbers.length, count, `${what}: nothing is there twice`);
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

/** Writes numbered lines, as fast as they are taken, until the signal; gives how many. */
async function talk(socket: Socket, signal: AbortSignal): Promise<number> {
  let count = 0;
  while (!signal.aborted) {
    let text = "";
    for (let line = 0; line < 50; line += 1) text += `${count++} 가나다\n`;
    if (!socket.write(text)) await once(socket, "drain");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return count;
}

/** Sends numbered datagrams in step with what arrives, until the signal; gives how many. */
async function shout(port: number, arrived: () => number, signal: AbortSignal): Promise<number> {
  const socket = createSocket("udp4");
  let count = 0;
  while (!signal.aborted) {
    const burst = Math.min(10, AHEAD_MAX - (count - arrived()));
    for (let sent = 0; sent < burst; sent += 1) await new Promise((resolve) => socket.send(`${count++} 라마바`, port, "127.0.0.1", resolve));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  socket.close();
  return count;
}

test(`reload × ${RELOADS} of what is behind listeners, some of it wrong: no connection is cut, no line lost or doubled, the tap stays`, { timeout: 180_000, skip: isWindows }, async (context) => {
  await using here = folder();
  const [tcpPort, udpPort, heldPort] = [await freePort(), await freePort(), await freePort()];
  // An output that is checked and cannot be opened.
  here.write("plugins/Broken.js", 'import { defineOutput, z } from "dure/plugin";\nexport default defineOutput({ name: "Broken", summary: { en: "Fails.", ko: "실패." }, options: z.strictObject({}), async open() { throw new Error("no luck"); } });\n');
  const write = (version: number, wrong?: "syntax" | "output"): void => {
    const more = version % 3 === 0 ? [{ "filter.Where": `r.message !== '${version}'` }] : [];
    const pipelines = {
      tcp: [{ "in.Syslog": { host: "127.0.0.1", port: tcpPort, protocols: ["tcp"], framing: "newline" } }, ...more, { "out.File": { path: here.file(`tcp-${version}.log`), format: "lines" } }, ...(wrong === "output" ? ["out.Broken"] : [])],
      udp: [{ "in.Syslog": { host: "127.0.0.1", port: udpPort, protocols: ["udp"] } }, ...more, { "out.File": { path: here.file(`udp-${version}.log`), format: "lines" } }],
      // Nothing makes the buffer give on: only its end.
      held: [{ "in.Tcp": { host: "127.0.0.1", port: heldPort } }, { "buffer.Lines": { lines: 1_000_000 } }, { "out.File": { path: here.file(`held-${version}.log`), format: "lines" } }],
    };
    here.write("dure.yml", `${JSON.stringify({ pipelines })}${wrong === "syntax" ? " ]" : ""}`);
  };
  write(0);
  const agent = here.spawn(["run", "--lang", "en"]);
  const list = async (): Promise<{ name: string; state: string; recordsIn: number }[]> => {
    const { code, stdout } = await here.dure(["ls", "--json"]);
    return code === exitCode.done ? (JSON.parse(stdout) as { pipelines: { name: string; state: string; recordsIn: number }[] }).pipelines : [];
  };
  await until(async () => (await list()).filter(({ state }) => state === "running").length === 3, "the pipelines run");

  const holding = await connected(heldPort);
  holding.write(Array.from({ length: 500 }, (_, line) => `${line} 사아자\n`).join(""));
  await until(async () => (await list()).some(({ name, recordsIn }) => name === "held" && recordsIn === 500), "the buffer holds the lines");
  const tap = here.spawn(["tap", "tcp:syslog", "--json", "--per-second", "2"]);

  const stop = new AbortController();
  const talking = await connected(tcpPort);
  const cuts: string[] = [];
  for (const [name, socket] of [["tcp", talking], ["held", holding]] as const) for (const event of ["error", "end"]) socket.on(event, () => cuts.push(`${name}: ${event}`));
  const written = talk(talking, stop.signal);
  const shouted = shout(udpPort, () => numbersOf(here, "udp-").length, stop.signal);
  let slowestMs = 0;
  let newest = 0;
  for (let version = 1; version <= RELOADS; version += 1) {
    const wrong = version % 7 === 3 ? "syntax" : version % 7 === 5 ? "output" : undefined;
    write(version, wrong);
    if (wrong === undefined) newest = version;
    const startedAt = performance.now();
    const { code, stderr } = await here.dure(["reload"]);
    slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    assert.equal(code, wrong === undefined ? exitCode.done : wrong === "output" ? exitCode.failed : exitCode.configInvalid, stderr);
    if (wrong === "syntax") assert.match(stderr, /the one before runs on/);
    assert.deepEqual(cuts, [], "no connection is cut");
  }
  assert.equal(tap.child.exitCode, null, "the tap is still there");
  assert.deepEqual(numbersOf(here, "held-"), [], "what the buffer holds is still held");
  stop.abort();
  const [lines, datagrams] = await Promise.all([written, shouted]);
  assert(RELOADS < lines && RELOADS < datagrams);
  await until(() => numbersOf(here, "tcp-").length >= lines && numbersOf(here, "udp-").length >= datagrams, "all that was sent is there", ARRIVES_WITHIN_MS).catch(() => {});
  assertOnce(numbersOf(here, "tcp-"), lines, "tcp");
  assertOnce(numbersOf(here, "udp-"), datagrams, "udp");
  tap.child.kill("SIGTERM");
  const seen = (await tap.ended).stdout.trim().split("\n").length;
  agent.child.kill("SIGTERM");
  const end = await agent.ended;
  assert.equal(end.code, exitCode.terminated, end.stderr.slice(-4000));
  assertOnce(numbersIn(here.file(`held-${newest}.log`)), 500, "what the buffer held goes to the last of the outputs");
  assert(RELOADS / 4 < seen, "the tap went on seeing records");
  for (const socket of [talking, holding]) socket.destroy();
  context.diagnostic(JSON.stringify({ lines, datagrams, seen, slowestMs: Math.round(slowestMs) }));
});
