// A batch as one PackedForward frame: a short head, the entries where they lie, a short option.
import { promisify } from "node:util";
import { constants, gzip, zstdCompress } from "node:zlib";
import type { Batch, Slice } from "#dataplane/batch.ts";
import { frameOption, newChunkId, packedHead } from "#dataplane/forward-protocol.ts";
import type { Compression } from "#dataplane/forward-protocol.ts";

export interface Frame {
  readonly head: Buffer;
  readonly body: Buffer;
  readonly option: Buffer;
  /** What the ack will name; undefined = none is asked for. */
  readonly chunk: string | undefined;
  /** Gives the body's memory back; to be called once. */
  release(): void;
}

export interface FrameStyle {
  readonly tag: string | undefined;
  readonly ack: boolean;
  readonly hasWholeSeconds: boolean;
  readonly compression: Compression | undefined;
}

// Level 1: gzip at its usual 6 takes three times as long for a tenth of the bytes.
const compress: Readonly<Record<Compression, (bytes: Buffer) => Promise<Buffer>>> = {
  gzip: (bytes) => promisify(gzip)(bytes, { level: 1 }),
  zstd: (bytes) => promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
};

/** The caller goes on holding the batch. */
export function frameOf(batch: Batch, style: FrameStyle): Frame | Promise<Frame> {
  const entries = style.hasWholeSeconds ? wholeSeconds(batch) : batch.entries();
  return style.compression === undefined ? frameAround(batch, entries.bytes, style, () => entries.release()) : compressed(batch, entries, style, style.compression);
}

async function compressed(batch: Batch, entries: Slice, style: FrameStyle, compression: Compression): Promise<Frame> {
  try {
    return frameAround(batch, await compress[compression](entries.bytes), style, () => {});
  } finally {
    entries.release();
  }
}

function frameAround(batch: Batch, body: Buffer, { tag, ack, compression }: FrameStyle, release: () => void): Frame {
  const chunk = ack ? newChunkId() : undefined;
  const option = { size: batch.count, ...(chunk === undefined ? {} : { chunk }), ...(compression === undefined ? {} : { compressed: compression }) };
  return { head: packedHead(tag ?? batch.tag, body.length), body, option: frameOption(option), chunk, release };
}

/** Entries with integer times, for servers of protocol v0. */
function wholeSeconds(batch: Batch): Slice {
  const entries = batch.entries();
  const { pool, count } = batch;
  const { memory } = pool;
  const table = pool.take(count * ENTRY_BYTES);
  // An integer takes five bytes where a time took one or more.
  const out = pool.take(entries.length + count * 5);
  let end = out.pointer;
  try {
    const rows = memory.kernels.entryTable(entries.pointer, entries.length, table.pointer);
    for (let row = 0, at = table.pointer >>> 2; row < rows; row += 1, at += ENTRY_BYTES / 4) {
      const map = memory.words[at + 2] ?? 0;
      const next = (memory.words[at] ?? 0) + (memory.words[at + 1] ?? 0);
      memory.view.setUint16(end, 0x92ce);
      memory.view.setUint32(end + 2, memory.words[at + 3] ?? 0);
      memory.bytes.copyWithin(end + 6, map, next);
      end += 6 + next - map;
    }
  } finally {
    table.release();
    entries.release();
  }
  const length = end - out.pointer;
  return { pointer: out.pointer, length, bytes: out.bytes.subarray(0, length), release: () => out.release() };
}

/** A row of an entry table. */
const ENTRY_BYTES = 20;
