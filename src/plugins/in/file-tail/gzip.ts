// Compressed logs. The head is looked at to recognise a log that was rotated away before its end was read; what is still
// to be read is unpacked into a file, at the place it has in the text, so that reading it is like reading any other.
import { createReadStream, openSync, readSync, closeSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { nodeZlib } from "#base/on-demand.ts";
import type { ExactPath } from "../parts/discover.ts";
import { HEAD_BYTES, TAIL_BYTES } from "./position.ts";

/** Compressed bytes that surely hold the first HEAD_BYTES of text: names in the header are short. */
const PEEK_BYTES = 16_384;

export function isGzipName(path: string): boolean {
  return path.toLowerCase().endsWith(".gz");
}

/** The first bytes of the text; undefined when it is no gzip, or not yet. */
export function gzipHead(exact: ExactPath): Buffer | undefined {
  const packed = Buffer.alloc(PEEK_BYTES);
  let descriptor: number | undefined;
  try {
    descriptor = openSync(exact, "r");
    const bytes = readSync(descriptor, packed, 0, PEEK_BYTES, 0);
    const { constants, gunzipSync } = nodeZlib();
    return gunzipSync(packed.subarray(0, bytes), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, HEAD_BYTES);
  } catch {
    return undefined; // Half-written, not ours to read, or something else under this name.
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Unpacks the text from `offset` on (a little before it, to recognise the place) and gives an open descriptor of it. Rejects when the file is not whole. */
export async function unpackFrom(exact: ExactPath, offset: number, folder: string, name: string, signal: AbortSignal): Promise<number> {
  const path = join(folder, name);
  const descriptor = openSync(path, "w+");
  // On systems that keep a removed file for who has it open nothing is ever left behind.
  if (process.platform !== "win32") rmSync(path);
  const keepFrom = Math.max(0, offset - TAIL_BYTES);
  let at = 0;
  try {
    const source = createReadStream(exact, { signal });
    const text = source.pipe(nodeZlib().createGunzip());
    source.on("error", (error) => text.destroy(error));
    for await (const piece of text as AsyncIterable<Buffer>) {
      const skipped = Math.max(0, keepFrom - at);
      if (skipped < piece.length) for (let from = skipped; from < piece.length; ) from += writeSync(descriptor, piece, from, piece.length - from, at + from);
      at += piece.length;
    }
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}
