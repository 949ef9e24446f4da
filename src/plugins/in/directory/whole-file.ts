// A file as one record.
import { posix } from "node:path";
import iconv from "iconv-lite";
import { composed } from "#base/text.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import type { Batch, Facts } from "#dataplane/batch.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import type { FoundFile } from "./file-finder.ts";
import { openFile } from "./open-file.ts";

/** Most that decoding makes of a byte. */
const GROWTH = 3;

export async function wholeFile(file: FoundFile, encoding: string, bytesMax: number, facts: Facts, pool: ChunkPool, signal: AbortSignal): Promise<Batch | "too large" | undefined> {
  const source = await openFile(file.path, file.exact, 0, signal);
  try {
    const parts: Buffer[] = [];
    let bytes = 0;
    for (;;) {
      const available = await source.available(signal);
      if (available === undefined) return undefined;
      if (available === 0) break;
      if (bytesMax < bytes + available) return "too large";
      const part = Buffer.allocUnsafe(available);
      bytes += (await source.read(part, signal)) ?? 0;
      parts.push(part);
    }
    await pool.room(bytes * GROWTH + 4096, signal);
    if (signal.aborted) return undefined;
    const content = iconv.decode(Buffer.concat(parts, bytes), encoding);
    const path = composed(file.path);
    return batchOfRecords(pool, [{ name: posix.basename(path), path, size: bytes, content }], facts);
  } finally {
    source.close();
  }
}
