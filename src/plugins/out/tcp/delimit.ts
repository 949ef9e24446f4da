// Lines with another end than a newline.
import type { Slice } from "#dataplane/batch.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import { nulFree } from "../parts/nul-free.ts";
import { ownSlice } from "../parts/own-slice.ts";

export type Delimiter = "newline" | "crlf" | "nul";

/** Consumes the slice. Newlines need no work. */
export function delimited(pool: ChunkPool, lines: Slice, delimiter: Delimiter): Slice {
  if (delimiter === "newline") return lines;
  const slice = delimiter === "nul" ? nulFree(pool, lines) : lines;
  try {
    const { bytes: memory, kernels } = pool.memory;
    const chunk = pool.take(slice.length + (delimiter === "crlf" ? kernels.countLines(slice.pointer, slice.length) : 0));
    let end = chunk.pointer;
    for (let at = slice.pointer; at < slice.pointer + slice.length; ) {
      const newline = memory.indexOf(10, at);
      memory.copyWithin(end, at, newline);
      end += newline - at;
      if (delimiter === "nul") memory[end++] = 0;
      else {
        if (newline === at || memory[newline - 1] !== 13) memory[end++] = 13;
        memory[end++] = 10;
      }
      at = newline + 1;
    }
    return ownSlice(chunk, end - chunk.pointer);
  } finally {
    slice.release();
  }
}
