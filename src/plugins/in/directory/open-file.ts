// The bytes of a file, unpacked where its name says that it is compressed.
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { streamSource } from "../parts/byte-source.ts";
import type { ByteSource } from "../parts/byte-source.ts";
import type { ExactPath } from "../parts/discover.ts";

const READ_BYTES = 256 << 10;

export function isCompressed(path: string): boolean {
  return /\.(?:gz|zst)$/i.test(path);
}

/** From byte `start` of what is unpacked on. A failure comes out of the source. */
export async function openFile(path: string, exact: ExactPath, start: number, signal: AbortSignal): Promise<ByteSource> {
  const isPacked = isCompressed(path);
  const file = createReadStream(exact, { highWaterMark: READ_BYTES, start: isPacked ? 0 : start });
  if (!isPacked) return streamSource(file);
  const unpacked = /\.gz$/i.test(path) ? createGunzip({ chunkSize: READ_BYTES }) : createZstdDecompress({ chunkSize: READ_BYTES });
  const source = streamSource(unpacked);
  pipeline(file, unpacked, () => {}); // Whoever reads gets the failure, too.
  await skip(source, start, signal);
  return source;
}

async function skip(source: ByteSource, bytes: number, signal: AbortSignal): Promise<void> {
  const scratch = Buffer.allocUnsafe(Math.min(bytes, READ_BYTES));
  for (let left = bytes; 0 < left; ) {
    const got = await source.read(scratch.subarray(0, Math.min(left, scratch.length)), signal);
    if (got === undefined || got === 0) return;
    left -= got;
  }
}
