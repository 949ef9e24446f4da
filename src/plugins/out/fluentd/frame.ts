// A batch as one PackedForward frame: a short head, the entries where they lie, a short option.
import { promisify } from "node:util";
import { nodeZlib } from "#base/on-demand.ts";
import { sha256 } from "#base/sha256.ts";
import type { Batch, Slice } from "#dataplane/batch.ts";
import type { Chunk } from "#dataplane/memory.ts";
import { OPTION_BYTES_MAX, newChunkId, packedHead, writeOption } from "#dataplane/forward-protocol.ts";
import type { Compression } from "#dataplane/forward-protocol.ts";

export interface Frame {
  /** One after the other they are the frame. */
  readonly pieces: readonly Buffer[];
  /** Of the entries, as they go over the wire. */
  readonly bodyBytes: number;
  /** What the ack will name; undefined = none is asked for. */
  readonly chunk: string | undefined;
  /** Gives the memory of the pieces back; to be called once. */
  release(): void;
}

export interface FrameStyle {
  /** Names the output among all of this agent's: others may send parts of the same records to the same receiver. */
  readonly sender: string;
  readonly tag: string | undefined;
  readonly ack: boolean;
  readonly hasWholeSeconds: boolean;
  readonly compression: Compression | undefined;
}

/** Up to this size a frame is put together by copying: cheaper than a gathering write. */
const COPIED_BYTES_MAX = 16_384;
const LENGTH_BYTES = 4;

// Level 1: gzip at its usual 6 takes three times as long for a tenth of the bytes.
const compress: Readonly<Record<Compression, (bytes: Buffer) => Promise<Buffer>>> = {
  gzip: (bytes) => promisify(nodeZlib().gzip)(bytes, { level: 1 }),
  zstd(bytes) {
    const { constants, zstdCompress } = nodeZlib();
    return promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  },
};

export class Framer {
  readonly #style: FrameStyle;
  /** The head of the last tag: most inputs have one. */
  #head: Buffer = Buffer.alloc(0);
  #headTag: string | undefined;
  /** A batch that is sent again keeps its id, after a restart too if it has one of its own: a receiver that remembers it takes it once. */
  readonly #chunks = new WeakMap<Batch, string>();

  constructor(style: FrameStyle) {
    this.#style = style;
  }

  /** The caller goes on holding the batch. */
  frameOf(batch: Batch): Frame | Promise<Frame> {
    const { hasWholeSeconds, compression } = this.#style;
    const entries = hasWholeSeconds ? wholeSeconds(batch) : batch.entries();
    return compression === undefined ? this.#frameAround(batch, entries.bytes, () => entries.release()) : this.#compressed(batch, entries, compression);
  }

  async #compressed(batch: Batch, entries: Slice, compression: Compression): Promise<Frame> {
    try {
      return this.#frameAround(batch, await compress[compression](entries.bytes), () => {});
    } finally {
      entries.release();
    }
  }

  #frameAround(batch: Batch, body: Buffer, release: () => void): Frame {
    const { ack, compression: compressed } = this.#style;
    const head = this.#headOf(this.#style.tag ?? batch.tag);
    const chunk = ack ? this.#chunkOf(batch) : undefined;
    const bodyBytes = body.length;
    const isCopied = bodyBytes <= COPIED_BYTES_MAX;
    const copiedBytes = isCopied ? bodyBytes : 0;
    const around = Buffer.allocUnsafe(head.length + LENGTH_BYTES + copiedBytes + OPTION_BYTES_MAX);
    around.set(head);
    const bodyAt = around.writeUInt32BE(bodyBytes, head.length);
    const optionAt = bodyAt + copiedBytes;
    const end = writeOption(around, optionAt, { size: batch.count, chunk, compressed });
    if (!isCopied) return { pieces: [around.subarray(0, optionAt), body, around.subarray(optionAt, end)], bodyBytes, chunk, release };
    around.set(body, bodyAt);
    release();
    return { pieces: [around.subarray(0, end)], bodyBytes, chunk, release: () => {} };
  }

  #chunkOf(batch: Batch): string {
    let id = this.#chunks.get(batch);
    if (id === undefined) this.#chunks.set(batch, (id = batch.facts.id === undefined ? newChunkId() : chunkIdOf(`${batch.facts.id}\n${this.#style.sender}`)));
    return id;
  }

  #headOf(tag: string): Buffer {
    if (tag !== this.#headTag) {
      this.#head = packedHead(tag);
      this.#headTag = tag;
    }
    return this.#head;
  }
}

/** 128 bits in base64, as the protocol wants it; the same after a restart. */
function chunkIdOf(name: string): string {
  return sha256(name).toString("base64", 0, 16);
}

/** Entries with integer times, for servers of protocol v0. */
function wholeSeconds(batch: Batch): Slice {
  const entries = batch.entries();
  const { pool, count } = batch;
  const { memory } = pool;
  let table: Chunk | undefined;
  let out: Chunk;
  let end: number;
  try {
    table = pool.take(count * ENTRY_BYTES);
    // An integer takes five bytes where a time took one or more.
    out = pool.take(entries.length + count * 5);
    end = out.pointer;
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
    table?.release();
    entries.release();
  }
  const length = end - out.pointer;
  return { pointer: out.pointer, length, bytes: out.bytes.subarray(0, length), release: () => out.release() };
}

/** A row of an entry table. */
const ENTRY_BYTES = 20;
