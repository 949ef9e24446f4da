// A slice over a chunk that an output has filled itself.
import type { Slice } from "#dataplane/batch.ts";
import type { Chunk } from "#dataplane/memory.ts";

export function ownSlice(chunk: Chunk, length: number): Slice {
  return { pointer: chunk.pointer, length, bytes: chunk.bytes.subarray(0, length), chunk, release: () => chunk.release() };
}
