// Where a NUL ends a message, one inside it would begin another: it goes out as the two characters \0.
import type { Slice } from "#dataplane/batch.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import { ownSlice } from "./own-slice.ts";

const NUL = 0;
const [BACKSLASH, ZERO] = [0x5c, 0x30];

/** Consumes the slice. Nearly all have none, and stay as they are. */
export function nulFree(pool: ChunkPool, slice: Slice): Slice {
  let count = 0;
  for (let at = slice.bytes.indexOf(NUL); at !== -1; at = slice.bytes.indexOf(NUL, at + 1)) count += 1;
  if (count === 0) return slice;
  try {
    const chunk = pool.take(slice.length + count);
    const out = chunk.bytes;
    let end = 0;
    for (const byte of slice.bytes) {
      if (byte === NUL) {
        out[end++] = BACKSLASH;
        out[end++] = ZERO;
      } else out[end++] = byte;
    }
    return ownSlice(chunk, end);
  } finally {
    slice.release();
  }
}
