// The worker's line over what was its standard input and output. Rules and what they start find nothing to read there, and write to standard error: nobody gets between the lines.
import { openSync } from "node:fs";
import { Socket } from "node:net";
import { devNull } from "node:os";
import { takeOver } from "#base/system-calls.ts";
import type { Line } from "./worker-program.ts";

const NEWLINE = 10;
const STANDARD_ERROR = 2;

/** `broken`: nobody reads any more what is written. */
export function standardLine(broken: () => void): Line {
  const [input, output] = [takeOver(0, openSync(devNull, "r")), takeOver(1, STANDARD_ERROR)];
  const out = new Socket({ fd: output, readable: false, writable: true });
  out.on("error", broken);
  return {
    write: (text) => void out.write(text),
    read: (each, ended) => readLines(new Socket({ fd: input, readable: true, writable: false }), each, ended),
    end: (done) => void out.end(done),
  };
}

function readLines(socket: Socket, each: (line: string) => void, ended: () => void): void {
  let parts: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const text = parts.length === 0 ? chunk.toString("utf8", from, at) : Buffer.concat([...parts, chunk.subarray(from, at)]).toString("utf8");
      parts = [];
      from = at + 1;
      if (text !== "") each(text);
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
  });
  socket.on("error", ended);
  socket.on("close", ended);
}
