// A Fluentd-forward or newline-TCP receiver that proves what arrived, in a process of its own.
//   node bench/receiver.ts forward|forward-entries|tcp LINES [latency]
// Says one JSON object a line: {port}, {done} when every line is there, and on SIGTERM what it saw.
import { readSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { GUARD_BYTES, Verifier } from "./verifier.ts";

/** `ts=` and nanoseconds of the monotonic clock, as the latency workload writes them. */
const TIMESTAMP_DIGITS = 18;
const READ_BYTES = 1 << 20;
const [protocol, linesText, latencyFlag] = process.argv.slice(2);
const lines = Number(linesText);
const verifier = await Verifier.create(lines);
const delaysMs: number[] = [];
/** By the monotonic clock, the same for every process of this machine: when the bytes in hand were there, before anything was done with them. */
let arrivedNs = 0n;
let bytes = 0;
let frames = 0;
let isDone = false;
const say = (fact: Record<string, unknown>): void => void writeSync(1, `${JSON.stringify(fact)}\n`);

/** A TCP handle of Node: private, but nothing public reads a socket into memory of ours. */
interface Handle {
  readonly fd: number;
  setBlocking(isBlocking: boolean): void;
}

// Reads block this whole process, into one buffer that is used again: a receiver that waits for its event loop and
// allocates for each read takes half of the machine, and would be what is measured.
const server = createServer({ noDelay: true, pauseOnConnect: protocol !== "forward-entries" }, (socket) => {
  if (protocol === "forward-entries") return void socket.on("data", forwardEntries(socket)).on("error", () => {});
  const handle = (socket as unknown as { readonly _handle: Handle })._handle;
  handle.setBlocking(true);
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const take = protocol === "forward" ? forward(handle.fd) : verify;
  for (;;) {
    const got = readOrEnd(handle.fd, buffer);
    if (got === 0) break;
    arrivedNs = process.hrtime.bigint();
    bytes += got;
    take(buffer.subarray(0, got));
    lookWhetherDone();
  }
  socket.destroy();
});
server.listen(0, "127.0.0.1", () => say({ port: (server.address() as { port: number }).port }));
process.on("SIGTERM", () => {
  delaysMs.sort((left, right) => left - right);
  const at = (share: number): number | undefined => delaysMs[Math.min(delaysMs.length - 1, Math.floor(delaysMs.length * share))];
  say({ ...verifier.result, missing: lines - verifier.result.distinct, bytes, frames, ...(delaysMs.length === 0 ? {} : { p50Ms: at(0.5), p99Ms: at(0.99), mostMs: at(1) }) });
  process.exit(0);
});

function lookWhetherDone(): void {
  if (isDone || verifier.result.distinct < lines) return;
  isDone = true;
  say({ done: true });
}

/** A contender that is killed resets its connection: that is an end, too. */
function readOrEnd(descriptor: number, buffer: Buffer): number {
  try {
    return readSync(descriptor, buffer);
  } catch {
    return 0;
  }
}

function verify(chunk: Buffer): void {
  verifier.add(chunk);
  if (latencyFlag === undefined) return;
  for (let at = chunk.indexOf("ts="); at !== -1; at = chunk.indexOf("ts=", at + 1)) {
    const sent = chunk.toString("latin1", at + 3, at + 3 + TIMESTAMP_DIGITS);
    if (/^\d{18}$/.test(sent)) delaysMs.push(Number(arrivedNs - BigInt(sent)) / 1e6);
  }
}

/**
 * Splits the stream into forward messages, by structure only: `[tag, bin, {size, chunk}]`.
 * Bodies are handed to the verifier as they come; only headers and options are looked at, to answer with the ack.
 */
function forward(descriptor: number): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  /** Bytes of a large bin body still to come. */
  let body = 0;
  return (chunk) => {
    let input = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    rest = Buffer.alloc(0);
    while (0 < input.length) {
      if (0 < body) {
        const part = input.subarray(0, body);
        verify(part);
        body -= part.length;
        input = input.subarray(part.length);
        continue;
      }
      const head = packedHead(input);
      if (head === "short") break;
      if (head !== undefined) {
        frames += 1;
        body = head.bodyBytes;
        input = input.subarray(head.headBytes);
        continue;
      }
      const option = optionMap(input);
      if (option === "short") break;
      if (option === undefined) throw new Error(`unexpected byte 0x${input[0]?.toString(16)} in the forward stream`);
      if (option.chunk !== undefined) writeSync(descriptor, Buffer.concat([Buffer.from([0x81, 0xa3, 0x61, 0x63, 0x6b]), option.chunk]));
      input = input.subarray(option.bytes);
    }
    rest = Buffer.from(input);
  };
}

/**
 * For Fluent Bit, which sends `[tag, [entries], {chunk, …}]` over several connections at once. Acks are found by the text of the option
 * that asks for them: to walk through the entries would cost more than all else, and no line of the inputs holds it.
 */
function forwardEntries(socket: Socket): (chunk: Buffer) => void {
  const asked = Buffer.from("\u00a5chunk\u00b8", "latin1"); // 24 letters follow: Base64 of 16 bytes.
  const askedBytes = asked.length + 24;
  let unasked: Buffer = Buffer.alloc(0);
  let unverified: Buffer = Buffer.alloc(0);
  return (chunk) => {
    arrivedNs = process.hrtime.bigint();
    bytes += chunk.length;
    // A mark that is cut at the end waits for its rest: another connection's bytes may come between.
    const text = Buffer.concat([unverified, chunk]);
    const end = wholeMarks(text);
    verify(text.subarray(0, end));
    unverified = text.subarray(end);
    const input = Buffer.concat([unasked, chunk]);
    let done = Math.max(0, input.length - askedBytes + 1);
    for (let at = input.indexOf(asked); at !== -1 && at + askedBytes <= input.length; at = input.indexOf(asked, at + 1)) {
      socket.write(Buffer.concat([Buffer.from("\u0081\u00a3ack", "latin1"), input.subarray(at + 6, at + askedBytes)]));
      done = Math.max(done, at + askedBytes);
    }
    unasked = input.subarray(done);
    lookWhetherDone();
  };
}

/** Where a mark begins that goes on behind the bytes; their length when none does. */
function wholeMarks(bytes: Buffer): number {
  for (let at = Math.max(0, bytes.length - GUARD_BYTES); at < bytes.length; at += 1) if ("rid=".startsWith(bytes.toString("latin1", at, at + 4))) return at;
  return bytes.length;
}

/** `0x92|0x93, tag, bin` at the start of a message. */
function packedHead(input: Buffer): { headBytes: number; bodyBytes: number } | "short" | undefined {
  if (input[0] !== 0x92 && input[0] !== 0x93) return undefined;
  if (input.length < 300) {
    const tag = strBytes(input, 1);
    if (tag === undefined || input.length < 1 + tag + 5) return "short";
  }
  const at = 1 + (strBytes(input, 1) ?? 0);
  const code = input[at];
  if (code === 0xc6 || code === 0xdb) return { headBytes: at + 5, bodyBytes: input.readUInt32BE(at + 1) };
  if (code === 0xc5 || code === 0xda) return { headBytes: at + 3, bodyBytes: input.readUInt16BE(at + 1) };
  if (code === 0xc4 || code === 0xd9) return { headBytes: at + 2, bodyBytes: input.readUInt8(at + 1) };
  if (code !== undefined && 0xa0 <= code && code <= 0xbf) return { headBytes: at + 1, bodyBytes: code & 31 };
  throw new Error("the benchmark's receiver takes PackedForward only");
}

/** The whole str (header and text) at `at`. */
function strBytes(input: Buffer, at: number): number | undefined {
  const code = input[at];
  if (code === undefined) return undefined;
  if (0xa0 <= code && code <= 0xbf) return 1 + (code & 31);
  if (code === 0xd9 || code === 0xc4) return at + 1 < input.length ? 2 + input.readUInt8(at + 1) : undefined;
  if (code === 0xda) return at + 2 < input.length ? 3 + input.readUInt16BE(at + 1) : undefined;
  return undefined;
}

function optionMap(input: Buffer): { bytes: number; chunk: Buffer | undefined } | "short" | undefined {
  const code = input[0];
  if (code === undefined || code < 0x80 || 0x8f < code) return undefined;
  let at = 1;
  let chunk: Buffer | undefined;
  for (let pair = 0; pair < (code & 15); pair += 1) {
    const key = strBytes(input, at);
    if (key === undefined || input.length < at + key) return "short";
    const name = input.toString("latin1", at + 1, at + key);
    at += key;
    const value = input[at];
    if (value === undefined) return "short";
    const bytes = strBytes(input, at) ?? (value < 0x80 ? 1 : value === 0xcc ? 2 : value === 0xcd ? 3 : value === 0xce ? 5 : value === 0xcf ? 9 : 1);
    if (input.length < at + bytes) return "short";
    if (name === "chunk") chunk = Buffer.from(input.subarray(at, at + bytes));
    at += bytes;
  }
  return { bytes: at, chunk };
}
