// A batch as it lies on a disk: a head and the batch's own bytes. Disk buffers and dead letters share it.
//
//   0 magic        4 CRC-32C of the head from byte 12 on      8 CRC-32C of that and the payload
//  12 version u8, form u8, flags u8, 0                       16 payload bytes   20 rows
//  24 seconds     28 nanoseconds                             32 segment         36 offset in the segment
//  40 tag bytes u16, source bytes u16                        44 tag, source; then the payload
//
// All little-endian. A frame says where it lies, so that bytes which only look like a frame (a log that holds
// another agent's buffer) are not taken for one when a reader searches behind damage.
import { assert } from "#base/assert.ts";
import { crc32c } from "#base/crc32.ts";
import { Batch } from "./batch.ts";
import type { Facts } from "./batch.ts";
import type { Chunk, ChunkPool } from "./memory.ts";

/** Not UTF-8, and no beginning of a MessagePack entry. */
export const FRAME_MAGIC = Buffer.from([0xf5, 0x44, 0x55, 0x01]);
/** The head without tag and source. */
export const FRAME_HEAD_BYTES = 44;
const VERSION = 1;
const FORMS = ["lines", "entries"] as const;
const FLAG_REPLAYABLE = 1;
/** Holds no batch: it stands where damage was, so that a reader passes over it. What lies behind its head is not checked. */
const FLAG_FILLER = 2;
const TEXT_BYTES_MAX = 0xffff;

export interface FramePlace {
  readonly segment: number;
  readonly offset: number;
}

export interface FrameHead extends FramePlace {
  readonly form: "lines" | "entries";
  readonly facts: Facts;
  readonly rows: number;
  /** Whoever wrote the batch would send it again if it was never told that it is safe. */
  readonly isReplayable: boolean;
  readonly isFiller: boolean;
  /** Bytes of the head, tag and source included. */
  readonly headBytes: number;
  readonly payloadBytes: number;
  readonly headCrc: number;
  readonly frameCrc: number;
}

/** A batch in a form that frames hold: lines and entries as they are, fields as entries. Consumes the batch. */
export function framedForm(batch: Batch): Batch {
  if (batch.form !== "fields") return batch;
  const { chunk, length } = batch.entries();
  assert(chunk !== undefined, "entries made from fields have a chunk of their own");
  const entries = Batch.entries(chunk, 0, length, batch.count, batch.facts);
  batch.release();
  return entries;
}

/** The head of a frame for a batch of lines or entries; its payload are the batch's bytes. */
export function frameHead(batch: Batch, place: FramePlace, isReplayable: boolean): Buffer {
  assert(batch.form !== "fields");
  const tag = cut(batch.facts.tag);
  const source = cut(batch.facts.source ?? "");
  const head = Buffer.alloc(FRAME_HEAD_BYTES + tag.length + source.length);
  FRAME_MAGIC.copy(head);
  head[12] = VERSION;
  head[13] = FORMS.indexOf(batch.form);
  head[14] = isReplayable ? FLAG_REPLAYABLE : 0;
  head.writeUInt32LE(batch.length, 16);
  head.writeUInt32LE(batch.rows, 20);
  head.writeUInt32LE(batch.facts.seconds >>> 0, 24);
  head.writeUInt32LE(batch.facts.nanoseconds >>> 0, 28);
  head.writeUInt32LE(place.segment, 32);
  head.writeUInt32LE(place.offset, 36);
  head.writeUInt16LE(tag.length, 40);
  head.writeUInt16LE(source.length, 42);
  head.set(tag, FRAME_HEAD_BYTES);
  head.set(source, FRAME_HEAD_BYTES + tag.length);
  const headCrc = crc32c(head, 12);
  head.writeUInt32LE(headCrc, 4);
  head.writeUInt32LE(batch.pool.memory.kernels.crc32c(batch.pointer, batch.length, headCrc), 8);
  return head;
}

/** The head of a frame that fills `bytes` bytes from the place on, itself among them, and holds no batch. */
export function fillerHead(place: FramePlace, bytes: number): Buffer {
  assert(FRAME_HEAD_BYTES <= bytes, "a head fits into what it fills");
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  FRAME_MAGIC.copy(head);
  head[12] = VERSION;
  head[14] = FLAG_FILLER;
  head.writeUInt32LE(bytes - FRAME_HEAD_BYTES, 16);
  head.writeUInt32LE(place.segment, 32);
  head.writeUInt32LE(place.offset, 36);
  head.writeUInt32LE(crc32c(head, 12), 4);
  return head;
}

/** Bytes the whole head takes, if `bytes` (at least FRAME_HEAD_BYTES from `at` on) can be believed. */
export function headBytesAt(bytes: Buffer, at: number): number {
  return FRAME_HEAD_BYTES + bytes.readUInt16LE(at + 40) + bytes.readUInt16LE(at + 42);
}

/** The head at `at`, when all of it is there, undamaged and made for this place. */
export function readFrameHead(bytes: Buffer, at: number, place: FramePlace): FrameHead | undefined {
  if (bytes.length < at + FRAME_HEAD_BYTES || FRAME_MAGIC.compare(bytes, at, at + FRAME_MAGIC.length) !== 0) return undefined;
  const form = FORMS[bytes[at + 13] ?? 255];
  if (bytes[at + 12] !== VERSION || form === undefined || bytes.readUInt32LE(at + 32) !== place.segment || bytes.readUInt32LE(at + 36) !== place.offset) return undefined;
  const headBytes = headBytesAt(bytes, at);
  const headCrc = bytes.readUInt32LE(at + 4);
  if (bytes.length < at + headBytes || crc32c(bytes, at + 12, at + headBytes) !== headCrc) return undefined;
  const source = at + FRAME_HEAD_BYTES + bytes.readUInt16LE(at + 40);
  return {
    ...place,
    form,
    facts: {
      tag: bytes.toString("utf8", at + FRAME_HEAD_BYTES, source),
      seconds: bytes.readUInt32LE(at + 24),
      nanoseconds: bytes.readUInt32LE(at + 28),
      source: source === at + headBytes ? undefined : bytes.toString("utf8", source, at + headBytes),
    },
    rows: bytes.readUInt32LE(at + 20),
    isReplayable: ((bytes[at + 14] ?? 0) & FLAG_REPLAYABLE) !== 0,
    isFiller: ((bytes[at + 14] ?? 0) & FLAG_FILLER) !== 0,
    headBytes,
    payloadBytes: bytes.readUInt32LE(at + 16),
    headCrc,
    frameCrc: bytes.readUInt32LE(at + 8),
  };
}

/** Whether the payload at `pointer` in the pool's memory is the one that was written. */
export function isPayloadWhole(head: FrameHead, pool: ChunkPool, pointer: number): boolean {
  return pool.memory.kernels.crc32c(pointer, head.payloadBytes, head.headCrc) === head.frameCrc;
}

/** The batch whose payload begins at `start` of the chunk; it owns the chunk. */
export function batchOfFrame(head: FrameHead, chunk: Chunk, start: number): Batch {
  return head.form === "lines" ? Batch.lines(chunk, start, head.payloadBytes, head.facts) : Batch.entries(chunk, start, head.payloadBytes, head.rows, head.facts);
}

/** Tags and paths beyond any sane length are cut, not refused. */
function cut(text: string): Buffer {
  return Buffer.from(text).subarray(0, TEXT_BYTES_MAX);
}
