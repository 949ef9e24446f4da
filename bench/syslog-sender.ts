// Sends an input as syslog over TCP, as fast as it is taken, from memory: `node bench/syslog-sender.ts FILE newline|octet_counting PORT`.
// Says one JSON object a line: {ready} when the messages are made, {sent} when the system has the last of them. Begins at a line on its input.
import { once } from "node:events";
import { readFileSync, writeSync } from "node:fs";
import { connect } from "node:net";

const HEADER = Buffer.from("<134>1 2026-10-10T00:00:00.123456Z web-01 nginx 4242 - - ");
const WRITE_BYTES = 256 << 10;

const [file = "", framing, port] = process.argv.slice(2);
const text = readFileSync(file);
const stream = framed(text, framing === "octet_counting");
const say = (fact: Record<string, unknown>): void => void writeSync(1, `${JSON.stringify(fact)}\n`);

say({ ready: true, bytes: stream.length });
await once(process.stdin, "data");
const socket = connect(Number(port), "127.0.0.1");
await once(socket, "connect");
for (let at = 0; at < stream.length; at += WRITE_BYTES) if (!socket.write(stream.subarray(at, at + WRITE_BYTES))) await once(socket, "drain");
await new Promise<void>((resolve) => socket.end(() => resolve()));
say({ sent: true });
process.exit(0);

function framed(lines: Buffer, isCounted: boolean): Buffer {
  let rows = 0;
  for (let at = lines.indexOf(10); at !== -1; at = lines.indexOf(10, at + 1)) rows += 1;
  const out = Buffer.allocUnsafe(lines.length + rows * (HEADER.length + 8));
  let end = 0;
  for (let at = 0; at < lines.length; ) {
    const newline = lines.indexOf(10, at);
    if (isCounted) end += out.write(`${HEADER.length + newline - at} `, end, "latin1");
    end += HEADER.copy(out, end);
    end += lines.copy(out, end, at, isCounted ? newline : newline + 1);
    at = newline + 1;
  }
  return out.subarray(0, end);
}
