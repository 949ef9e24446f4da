// The journal's file: a few letters, then frames of `length u32, checksum u32, payload`. What is in a frame, `operations.ts` knows.
import fs from "node:fs";
import { crc32c } from "#base/crc32.ts";
import { nodeZlib } from "#base/on-demand.ts";

export const FIRST_LETTERS = Buffer.from("DUREFLW1");
export const FRAME_HEAD_BYTES = 8;
/** A length beyond it is damage. */
const FRAME_BYTES_MAX = 1 << 30;
const BLOCK_BYTES = 256 << 10;
/** Short frames are summed up here; for longer ones the system's own sum, of another polynomial, is 13 times as fast (5.5 GB/s). */
const SHORT_BYTES = 4 << 10;

/** Of a payload that lies in pieces. */
export function checksumOf(parts: readonly Buffer[], length: number): number {
  const sum = length < SHORT_BYTES ? (part: Buffer, seed: number) => crc32c(part, 0, part.length, seed) : nodeZlib().crc32;
  return parts.reduce((seed, part) => sum(part, seed), 0);
}

export interface Reading {
  /** So much of the file is whole frames. */
  readonly goodBytes: number;
  readonly fileBytes: number;
  /** What lies behind them: nothing; a frame that was cut off while it was written; or something else. */
  readonly end: "clean" | "torn" | "damaged";
}

/** Gives each frame's payload to `take`; what it throws counts as damage. A payload is its own: it may be kept. */
export function readFrames(path: string, take: (payload: Buffer) => void): Reading {
  const fd = fs.openSync(path, "r");
  try {
    const fileBytes = fs.fstatSync(fd).size;
    const source = new BlockReader(fd);
    const letters = source.read(0, FIRST_LETTERS.length);
    if (!letters.equals(FIRST_LETTERS)) return { goodBytes: 0, fileBytes, end: FIRST_LETTERS.subarray(0, letters.length).equals(letters) ? "torn" : "damaged" };
    let at = FIRST_LETTERS.length;
    while (at + FRAME_HEAD_BYTES <= fileBytes) {
      const head = source.read(at, FRAME_HEAD_BYTES);
      const length = head.readUInt32LE(0);
      const sum = head.readUInt32LE(4);
      if (length === 0 || FRAME_BYTES_MAX < length || fileBytes < at + FRAME_HEAD_BYTES + length) break;
      const payload = source.read(at + FRAME_HEAD_BYTES, length);
      if (checksumOf([payload], length) !== sum) break;
      try {
        take(payload);
      } catch {
        return { goodBytes: at, fileBytes, end: "damaged" };
      }
      at += FRAME_HEAD_BYTES + length;
    }
    return { goodBytes: at, fileBytes, end: at === fileBytes ? "clean" : isCutOff(source, at, fileBytes) ? "torn" : "damaged" };
  } finally {
    fs.closeSync(fd);
  }
}

/** A frame at the file's very end that is not all there; or, after a loss of power, nothing but zeros where it was to be. */
function isCutOff(source: BlockReader, at: number, fileBytes: number): boolean {
  if (fileBytes < at + FRAME_HEAD_BYTES) return true;
  const length = source.read(at, 4).readUInt32LE(0);
  if (fileBytes <= at + FRAME_HEAD_BYTES + length && 0 < length && length <= FRAME_BYTES_MAX) return true;
  for (let from = at; from < fileBytes; from += BLOCK_BYTES) if (source.read(from, Math.min(BLOCK_BYTES, fileBytes - from)).some((byte) => byte !== 0)) return false;
  return true;
}

class BlockReader {
  readonly #fd: number;
  #block: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** A copy; shorter at the end of the file. */
  read(at: number, length: number): Buffer {
    if (at < this.#start || this.#start + this.#block.length < at + length) {
      if (BLOCK_BYTES < length) return this.#load(Buffer.allocUnsafeSlow(length), at);
      this.#block = this.#load(Buffer.allocUnsafeSlow(BLOCK_BYTES), at);
      this.#start = at;
    }
    return Buffer.from(this.#block.subarray(at - this.#start, at - this.#start + length));
  }

  #load(into: Buffer, at: number): Buffer {
    let done = 0;
    while (done < into.length) {
      const read = fs.readSync(this.#fd, into, done, into.length - done, at + done);
      if (read === 0) break;
      done += read;
    }
    return into.subarray(0, done);
  }
}
