// Messages as they go over the wire. Lines stay in chunk memory: where each lies is told by a kernel, and they are copied once, between
// what stands in front and what ends them; with a newline at the end and nothing in front there is nothing to do.
import type { Slice } from "#dataplane/batch.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import { nulFree } from "../parts/nul-free.ts";
import { ownSlice } from "../parts/own-slice.ts";

export type Framing = "newline" | "nul" | "octet_counting";

export interface Framed {
  readonly slice: Slice;
  /** Messages that were cut at the bound. */
  readonly cut: number;
}

/** Where frames lie: (start, end) of each message in `slice`, for those that go out one by one. */
export interface Spans extends Framed {
  readonly spans: Uint32Array;
}

const NOTHING = Buffer.alloc(0);
/** A count and its space. */
const COUNT_BYTES_MAX = 11;

/** Consumes the slice of lines. */
export function framedLines(pool: ChunkPool, lines: Slice, prefix: Buffer, framing: Framing, bytesMax: number): Framed {
  if (framing === "newline" && prefix.length === 0 && lines.length <= bytesMax) return { slice: lines, cut: 0 };
  return packed(pool, framing === "nul" ? nulFree(pool, lines) : lines, prefix, framing, bytesMax);
}

export function spannedLines(pool: ChunkPool, lines: Slice, prefix: Buffer, bytesMax: number): Spans {
  return packed(pool, lines, prefix, undefined, bytesMax);
}

/** Messages that were made of records. Where a newline ends them, those inside are written as the two characters \n. */
export function textOf(pool: ChunkPool, messages: readonly string[]): Slice {
  const text = Buffer.from(messages.map((message) => `${message.includes("\n") ? message.replaceAll("\n", "\\n") : message}\n`).join(""));
  const chunk = pool.take(text.length);
  chunk.bytes.set(text);
  return ownSlice(chunk, text.length);
}

function packed(pool: ChunkPool, lines: Slice, prefix: Buffer, framing: Framing | undefined, bytesMax: number): Spans {
  try {
    const { bytes, words, kernels } = pool.memory;
    const rows = kernels.countLines(lines.pointer, lines.length);
    const table = pool.take(rows * 8);
    try {
      kernels.lineTable(lines.pointer, lines.length, table.pointer);
      const chunk = pool.take(lines.length + rows * (prefix.length + COUNT_BYTES_MAX));
      const spans = new Uint32Array(framing === undefined ? rows * 2 : 0);
      let cut = 0;
      let end = chunk.pointer;
      for (let row = 0, at = table.pointer >>> 2; row < rows; row += 1, at += 2) {
        const from = words[at] ?? 0;
        let length = words[at + 1] ?? 0;
        if (bytesMax < prefix.length + length) {
          length = characterEnd(bytes, from, Math.max(0, bytesMax - prefix.length));
          cut += 1;
        }
        if (framing === "octet_counting") end = writeCount(bytes, end, prefix.length + length);
        const start = end;
        if (prefix !== NOTHING) end += prefix.copy(bytes, end);
        bytes.copyWithin(end, from, from + length);
        end += length;
        if (framing === undefined) {
          spans[row * 2] = start - chunk.pointer;
          spans[row * 2 + 1] = end - chunk.pointer;
        } else if (framing !== "octet_counting") bytes[end++] = framing === "nul" ? 0 : 10;
      }
      return { slice: ownSlice(chunk, end - chunk.pointer), cut, spans };
    } finally {
      table.release();
    }
  } finally {
    lines.release();
  }
}

function writeCount(bytes: Buffer, at: number, count: number): number {
  let digits = 1;
  for (let limit = 10; limit <= count; limit *= 10) digits += 1;
  let rest = count;
  for (let place = at + digits - 1; at <= place; place -= 1) {
    bytes[place] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  bytes[at + digits] = 0x20;
  return at + digits + 1;
}

/** The largest length up to `most` that does not cut a UTF-8 character in two. */
function characterEnd(bytes: Buffer, from: number, most: number): number {
  let length = most;
  while (0 < length && most - 4 < length && ((bytes[from + length] ?? 0) & 0xc0) === 0x80) length -= 1;
  return length;
}
