import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import iconv from "iconv-lite";
import { until } from "#test/cli/run-dure.ts";
import { textStage } from "./parts/testing.ts";
import { udp } from "./udp.ts";

async function send(port: number, datagrams: readonly (string | Buffer)[]): Promise<void> {
  const socket = createSocket("udp4");
  for (const datagram of datagrams) await new Promise<void>((resolve, reject) => socket.send(datagram, port, "127.0.0.1", (error) => (error === null ? resolve() : reject(error))));
  socket.close();
}

for (const [framing, datagrams, lines] of [
  ["newline", ["one", "two\n", "three\nfour\n\u0000", "", "끝"], ["one", "two", "three", "four", "\u0000", "끝"]],
  ["message", ["one", "two\n", "three\nfour\n\u0000", "", "끝\r\n"], ["one", "two", "three\\nfour", "끝"]],
] as const) {
  test(`in.Udp: datagrams as ${framing}`, async () => {
    await using on = await textStage(udp, { framing });
    await send(on.port.udp, datagrams);
    assert.deepEqual(await on.lines(lines.length), lines);
  });
}

test("in.Udp: CP949, and a datagram longer than max_line", async () => {
  await using on = await textStage(udp, { encoding: "cp949", max_line: "1k", framing: "message" });
  await send(on.port.udp, [iconv.encode("똠방각하", "cp949"), iconv.encode("가".repeat(5000), "cp949")]);
  assert.deepEqual(await on.lines(2), ["똠방각하", "가".repeat(512)]);
  assert.equal(on.context.counts.get("lines_too_long_total"), 1);
});

test("in.Udp: what finds no room is counted: here, and in the system where it tells", async (t) => {
  // A small pool that nobody empties: the rest has no place.
  await using full = await textStage(udp, {}, { poolBytes: 1 << 20 });
  const dropped = () => full.context.counts.get("datagrams_dropped_total") ?? 0;
  const block = "x".repeat(30_000);
  for (let sent = 0; sent < 200 && dropped() === 0; sent += 1) await send(full.port.udp, [block]);
  await until(() => 0 < dropped(), "datagrams are dropped");
  assert(full.context.pool.usedBytes <= 1 << 20);
  assert.equal(full.context.said.filter(({ message }) => message.includes("are lost")).length, 1);

  if (process.platform !== "linux") return t.diagnostic("only Linux tells what it dropped");
  await using small = await textStage(udp, { receive_buffer: "8k" });
  // Nothing is read while this runs: the system takes a datagram at once, and drops it when the buffer is full.
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.connect(small.port.udp, "127.0.0.1", resolve));
  const sent = 200;
  await Promise.all(Array.from({ length: sent }, (_, index) => new Promise<void>((resolve) => socket.send(`${index} ${"y".repeat(1000)}`, () => resolve()))));
  const lines: string[] = [];
  const soon = AbortSignal.timeout(60_000);
  while (lines.at(-1) !== "the end") {
    const delivery = await small.input.read(soon);
    assert(delivery !== undefined);
    for (let row = 0; row < delivery.batch.rows; row += 1) lines.push(String(delivery.batch.record(row)["message"]));
    delivery.batch.release();
    if (lines.at(-1) !== "the end") socket.send("the end");
  }
  socket.close();
  await small.input.close();
  const bySystem = small.context.counts.get("datagrams_dropped_by_system_total") ?? 0;
  assert(0 < bySystem);
  assert.equal(new Set(lines).size - 1 + bySystem, sent, "every datagram came or was counted");
  assert(small.context.said.some(({ message }) => message.startsWith("the system dropped")));
});

test("in.Udp: a port that is taken, and a test that nothing ends but its signal", async () => {
  await using on = await textStage(udp, {}, { mode: "test" });
  await assert.rejects(textStage(udp, { port: on.port.udp }), /cannot listen on/);
  const stop = new AbortController();
  const read = on.input.read(stop.signal);
  stop.abort();
  assert.equal(await read, undefined);
});
