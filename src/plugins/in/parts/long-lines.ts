// Lines longer than `max_line` inside text that was read: cut into pieces, or left out.
import type { Chunk, ChunkPool } from "#dataplane/memory.ts";
import type { Encoding } from "./encoding.ts";

export interface LineLimits {
  readonly lineBytesMax: number;
  readonly longLines: "split" | "skip";
}

export interface Limited {
  readonly chunk: Chunk;
  readonly length: number;
  /** Pieces made, or lines left out. */
  readonly longLines: number;
}

/** The text (whole lines) in a chunk of its own without long lines; undefined when it has none, which is found out without looking at every line. */
export function limitLines(text: Buffer, pool: ChunkPool, encoding: Encoding, { lineBytesMax, longLines }: LineLimits): Limited | undefined {
  const { unit, newline } = encoding;
  const most = lineBytesMax - (lineBytesMax % unit);
  /** End of the lines that begin at `at` and are surely short enough; -1: the line there is too long. */
  const shortLinesEnd = (at: number): number => {
    if (text.length - at <= most + unit) return text.length;
    const after = encoding.afterLastNewline(text.subarray(at, at + most + unit));
    return after === -1 ? -1 : at + after;
  };
  let at = 0;
  while (at !== -1 && at < text.length) at = shortLinesEnd(at);
  if (at !== -1) return undefined;

  // A piece is at most three bytes shorter than allowed, for the sake of whole characters.
  const chunk = pool.take(text.length + Math.ceil(text.length / (most - 3)) * unit);
  const out = chunk.bytes;
  let written = 0;
  let pieces = 0;
  for (at = 0; at < text.length; ) {
    const end = shortLinesEnd(at);
    if (end !== -1) {
      written += text.copy(out, written, at, end);
      at = end;
      continue;
    }
    const lineEnd = at + encoding.afterFirstNewline(text.subarray(at));
    if (longLines === "skip") pieces += 1;
    else {
      while (most < lineEnd - unit - at) {
        const length = encoding.characterEnd(text.subarray(at, lineEnd - unit), most);
        written += text.copy(out, written, at, at + length);
        written += newline.copy(out, written);
        at += length;
        pieces += 1;
      }
      written += text.copy(out, written, at, lineEnd);
    }
    at = lineEnd;
  }
  return { chunk, length: written, longLines: pieces };
}
