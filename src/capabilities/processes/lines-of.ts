// Lines of a stream as bytes, without their ends; one that is longer than it may be is cut there.
import type { Readable } from "node:stream";

const END = 10;

export async function* linesOf(stream: Readable, bytesMax: number): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let bytes = 0;
  let isCut = false;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let to = chunk.indexOf(END); to !== -1; to = chunk.indexOf(END, from)) {
      keep(chunk.subarray(from, to));
      yield whole();
      from = to + 1;
    }
    keep(chunk.subarray(from));
  }
  if (0 < bytes || isCut) yield whole();

  function keep(part: Buffer): void {
    const taken = part.subarray(0, bytesMax - bytes);
    isCut ||= taken.length < part.length;
    if (taken.length === 0) return;
    held.push(taken);
    bytes += taken.length;
  }

  function whole(): Buffer {
    const line = Buffer.concat(held, bytes);
    [held, bytes, isCut] = [[], 0, false];
    return line.at(-1) === 13 ? line.subarray(0, -1) : line;
  }
}
