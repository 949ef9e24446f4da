// Decides which bytes of a file to read next, and what the bytes that came are good for. Every read begins a few bytes
// before the place reached: if those are not the bytes that were there, the file was emptied and filled again
// between two looks. A line that is still unfinished is read again from the page cache when its end has come.
import type { Chunk } from "#dataplane/memory.ts";
import type { LineLimits } from "../parts/long-lines.ts";
import { TAIL_BYTES, tailIn } from "./position.ts";
import type { Position, ReadAt } from "./position.ts";
import type { TailFile } from "./tail-file.ts";

/** A chunk of this size, slack included, is a whole MiB of the allocator. */
export const READ_BYTES = (1 << 20) - 64;
/** The allocator's smallest chunk. */
const LIVE_READ_BYTES = 4096 - 64;
/** Text that is decoded grows up to three times. */
const DECODED_READ_BYTES = (1 << 18) - 64;
/** An unfinished line longer than this is not read again until its end is known. */
const REREAD_BYTES_MAX = 65_536;

export interface ReadPlan {
  /**
   * lines: whole lines. probe: only looks for the end of a long line. piece: part of a line that is too long.
   * rest: an unfinished line that no newline will follow.
   */
  readonly kind: "lines" | "probe" | "piece" | "rest";
  readonly from: number;
  readonly bytes: number;
  /** So many of the bytes lie before the file's offset. */
  readonly overlap: number;
  readonly generation: number;
}

/** Whole lines in a chunk that were read and not yet handed out. */
export interface Cut {
  readonly file: TailFile;
  readonly chunk: Chunk;
  /** Within the chunk. */
  readonly start: number;
  readonly length: number;
  /** Offset in the file of the byte at `start`. */
  readonly offset: number;
  /** The file as it stands after these lines. */
  readonly position: Position;
  /** The last line has no newline of its own. */
  readonly isUnfinished: boolean;
}

/** What was added behind the offset, if it is no more than a few lines. */
export function planLiveRead({ offset, generation }: TailFile): ReadPlan {
  const overlap = Math.min(TAIL_BYTES, offset);
  return { kind: "lines", from: offset - overlap, bytes: LIVE_READ_BYTES, overlap, generation };
}

/** undefined: there is nothing to read. */
export function planRead(file: TailFile, fileBytes: number, { lineBytesMax, longLines }: LineLimits): ReadPlan | undefined {
  const { offset, scannedTo, generation } = file;
  // Half of a two-byte unit is no text yet.
  const size = fileBytes - (fileBytes % (file.encoding?.unit ?? 1));
  const partial = scannedTo - offset;
  const overlap = Math.min(TAIL_BYTES, offset);
  const from = offset - overlap;
  const readBytes = file.encoding?.isUtf8 === false ? DECODED_READ_BYTES : READ_BYTES;
  const isTooLong = lineBytesMax <= partial;
  if (file.isSkipping || (isTooLong && longLines === "skip")) {
    return scannedTo < size ? { kind: "probe", from: scannedTo, bytes: Math.min(READ_BYTES, size - scannedTo), overlap: 0, generation } : undefined;
  }
  // The bytes beyond the piece tell whether it ends between two characters.
  if (isTooLong) return { kind: "piece", from, bytes: Math.min(size - from, overlap + lineBytesMax + 8), overlap, generation };
  if (file.isLineEndFound) return { kind: "lines", from, bytes: Math.min(size - from, Math.max(readBytes, overlap + partial + 4)), overlap, generation };
  if (size <= scannedTo) return file.isEnding && offset < fileBytes ? { kind: "rest", from, bytes: fileBytes - from, overlap, generation } : undefined;
  if (partial <= Math.min(REREAD_BYTES_MAX, readBytes / 2)) return { kind: "lines", from, bytes: Math.min(readBytes, size - from), overlap, generation };
  return { kind: "probe", from: scannedTo, bytes: Math.min(READ_BYTES, size - scannedTo), overlap: 0, generation };
}

/**
 * What the bytes read are good for; moves the file on. `replaced`: they are of another text than the one begun.
 * The caller keeps the chunk only when lines come of it.
 */
export function settleRead(file: TailFile, plan: ReadPlan, chunk: Chunk, got: number, { lineBytesMax, longLines }: LineLimits, readAt: ReadAt, nowMs: number): Cut | "replaced" | undefined {
  const { encoding } = file;
  if (encoding === undefined || plan.generation !== file.generation) return undefined;
  const unit = encoding.unit;
  const whole = got - (got % unit);
  const { pointer, pool: { memory } } = chunk;

  if (plan.kind === "probe") {
    const after = encoding.afterFirstNewline(chunk.bytes.subarray(0, whole));
    if (!file.isSkipping && longLines === "skip" && lineBytesMax <= file.scannedTo - file.offset) {
      file.isSkipping = true;
      file.longLines += 1;
    }
    if (after === -1) file.scannedTo += whole;
    else {
      file.scannedTo += after - unit;
      file.isLineEndFound = true;
    }
    if (file.isSkipping) {
      // Where the line ends the next one begins; until then the place is only held in memory.
      if (file.isLineEndFound) file.isSkipping = false;
      file.skipTo(after === -1 ? file.scannedTo : file.scannedTo + unit, readAt);
    }
    return undefined;
  }

  const { overlap } = plan;
  if (got < overlap || (file.tailBytes === overlap && tailIn(memory, pointer, pointer + overlap).tail !== file.tail)) return "replaced";
  let length = got - overlap;
  if (plan.kind === "lines") {
    const wholeUnits = length - (length % unit);
    length = encoding.wholeLines(memory, pointer + overlap, wholeUnits);
    if (length === 0) file.scannedTo = Math.max(file.scannedTo, file.offset + wholeUnits);
  } else if (plan.kind === "piece") {
    length = encoding.characterEnd(chunk.bytes.subarray(overlap, got), lineBytesMax);
    file.longLines += 1;
  }
  // The file ends in the middle of a character: what there is of it is no text.
  const torn = plan.kind === "rest" ? length % unit : 0;
  length -= torn;
  file.tornBytes += torn;
  if (length === 0 && 0 < torn) file.skipTo(file.offset + torn, readAt);
  if (length === 0) return undefined;

  const { offset } = file;
  const isRest = plan.kind === "rest";
  const end = overlap + length + torn;
  // A text that begins in this chunk is told by these bytes, not by what may be in the file now.
  const head: ReadAt = plan.from === 0 ? (from, bytes) => chunk.bytes.subarray(from, from + bytes) : readAt;
  file.advance(offset + length + torn, tailIn(memory, pointer, pointer + end), head);
  if (plan.kind === "lines") {
    file.isLineEndFound = false;
    file.scannedTo = file.offset;
  }
  return { file, chunk, start: overlap, length, offset, position: file.position(nowMs), isUnfinished: isRest || plan.kind === "piece" };
}
