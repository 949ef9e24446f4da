// Where messages end in a stream of bytes: at newlines, at NULs, or after as many bytes as stand in front (RFC 6587, 3.4.1).
// Whole messages are copied once, into the batch that is being collected; only one that is not all there yet is held apart.
// A newline inside a counted or NUL-ended message is written as the two characters \n: one message stays one line.
import { AppError } from "#base/errors.ts";
import type { Encoding } from "./encoding.ts";
import { Carry } from "./carry.ts";
import type { CarryBudget } from "./carry.ts";
import type { LineCollector } from "./line-collector.ts";

export type Framing = "newline" | "nul" | "octet_counting" | "auto";

/** A count was due and something else came: nobody knows where the next message begins. */
export class FramingError extends AppError {
  override readonly name = "FramingError";
  readonly code = "FRAMING";
}

export interface FramerParts {
  readonly framing: Framing;
  readonly lineBytesMax: number;
  readonly encoding: Encoding;
  readonly collector: LineCollector;
  readonly budget: CarryBudget;
  /** A message was cut, and the rest of it skipped: it was longer than a line may be, or there was no more memory for what is unfinished. */
  cut(isLong: boolean): void;
}

const NEWLINE = 10;
const NUL = 0;
const RETURN = 13;
const SPACE = 32;
const COUNT_DIGITS_MAX = 9;
/** Bytes beyond the longest line that tell whether a character ends there. */
const CHARACTER_BYTES = 4;
const ESCAPED_NEWLINE = Buffer.from("\\n");

export class Framer {
  /** Whose bytes come next, for the batch's facts. */
  peer = "";
  readonly #parts: FramerParts;
  readonly #carry: Carry;
  /** Bytes still to come of a counted message. */
  #missing = 0;
  /** Some bytes of the carried message were not kept. */
  #isOver = false;
  /** The rest of a message that was too long is passed over. */
  #isSkipping = false;
  /** What is carried are the digits of a count. */
  #isCount = false;
  /** In the bytes being looked at: the first newline at or behind the place last asked for. */
  #newline = -1;

  constructor(parts: FramerParts) {
    this.#parts = parts;
    this.#carry = new Carry(parts.budget, parts.lineBytesMax + CHARACTER_BYTES);
  }

  /** Throws FramingError, and only where nothing but counts is expected. */
  take(piece: Buffer): void {
    const { framing } = this.#parts;
    this.#newline = -1;
    if (framing === "newline") this.#takeLines(piece);
    else if (framing === "nul") this.#takeEnded(piece, NUL, 0);
    else this.#takeFrames(piece);
  }

  /** One message that came alone, in a datagram. */
  takeMessage(piece: Buffer): void {
    this.#newline = -1;
    this.#message(piece, 0, piece.length, false);
  }

  /** No more comes: what is held is a message. */
  end(): void {
    this.#newline = -1;
    if (0 < this.#carry.length) this.#message(this.#carry.bytes, 0, this.#carry.length, this.#isOver);
    this.#carry.release();
    this.#missing = 0;
    this.#isOver = this.#isSkipping = this.#isCount = false;
  }

  /** Most of it is one copy: from the first newline to the last. */
  #takeLines(piece: Buffer): void {
    const { collector, lineBytesMax } = this.#parts;
    const end = piece.lastIndexOf(NEWLINE) + 1;
    let from = 0;
    if (this.#isSkipping || 0 < this.#carry.length) {
      if (end === 0) return this.#keep(piece, 0);
      from = piece.indexOf(NEWLINE) + 1;
      this.#finish(piece, 0, from - 1);
    }
    if (end - from <= lineBytesMax) collector.add(piece, from, end, this.peer);
    else this.#takeEnded(piece.subarray(0, end), NEWLINE, from);
    this.#keep(piece, end);
  }

  #takeEnded(piece: Buffer, delimiter: number, start: number): void {
    const { collector, lineBytesMax } = this.#parts;
    for (let at = start; at < piece.length; ) {
      const end = piece.indexOf(delimiter, at);
      if (end === -1) return this.#keep(piece, at);
      if (delimiter === NEWLINE && end - at <= lineBytesMax) collector.add(piece, at, end + 1, this.peer);
      else this.#finish(piece, at, end);
      at = end + 1;
    }
  }

  /** Each frame says by its first byte what it is: a digit begins a count, anything else a line. */
  #takeFrames(given: Buffer): void {
    let piece = given;
    let at = 0;
    if (this.#isCount) {
      piece = Buffer.concat([this.#carry.bytes.subarray(0, this.#carry.length), given]);
      this.#carry.clear();
      this.#isCount = false;
    } else if (0 < this.#missing) {
      at = Math.min(this.#missing, piece.length);
      this.#missing -= at;
      this.#hold(piece, 0, at);
      if (0 < this.#missing) return;
      this.#finishCarried();
    } else if (this.#isSkipping || 0 < this.#carry.length) {
      const end = piece.indexOf(NEWLINE);
      if (end === -1) return this.#keep(piece, 0);
      this.#finish(piece, 0, end);
      at = end + 1;
    }
    while (at < piece.length) at = this.#frame(piece, at);
  }

  /** Takes the frame at `at`; gives where the next begins. */
  #frame(piece: Buffer, at: number): number {
    const first = piece[at] ?? 0;
    if (isBetween(first)) return at + 1;
    if (isDigit(first) && first !== 0x30) {
      let bytes = 0;
      let digits = at;
      while (digits < piece.length && digits - at < COUNT_DIGITS_MAX && isDigit(piece[digits] ?? 0)) bytes = bytes * 10 + (piece[digits++] ?? 0) - 0x30;
      if (digits === piece.length) {
        this.#isCount = true;
        this.#hold(piece, at, digits);
        return digits;
      }
      if (piece[digits] === SPACE) return this.#counted(piece, digits + 1, bytes);
    }
    if (this.#parts.framing === "octet_counting") throw new FramingError(`a message without its length in front came: ${JSON.stringify(piece.toString("latin1", at, Math.min(at + 20, piece.length)))}`, { hint: "Let the sender count octets too, or set `framing` to what it does." });
    return this.#lines(piece, at);
  }

  #counted(piece: Buffer, from: number, bytes: number): number {
    const end = from + bytes;
    if (end <= piece.length) this.#message(piece, from, end, false);
    else {
      this.#missing = end - piece.length;
      this.#hold(piece, from, piece.length);
    }
    return Math.min(end, piece.length);
  }

  /** Lines up to the next count, in one copy. */
  #lines(piece: Buffer, start: number): number {
    const { collector, lineBytesMax } = this.#parts;
    let end = start;
    let newline = -1;
    while (end < piece.length) {
      const first = piece[end] ?? 0;
      if (start < end && (isBetween(first) || isDigit(first))) break;
      newline = piece.indexOf(NEWLINE, end);
      if (newline === -1 || lineBytesMax < newline - end) break;
      end = newline + 1;
    }
    if (start < end) {
      collector.add(piece, start, end, this.peer);
      return end;
    }
    if (newline === -1) {
      this.#keep(piece, start);
      return piece.length;
    }
    this.#finish(piece, start, newline);
    return newline + 1;
  }

  /** The end of a message that its delimiter ends lies at `to`. */
  #finish(piece: Buffer, from: number, to: number): void {
    if (this.#isSkipping) this.#isSkipping = false;
    else if (this.#carry.length === 0) this.#message(piece, from, to, false);
    else {
      this.#hold(piece, from, to);
      this.#finishCarried();
    }
  }

  /** The end of the piece belongs to a message that goes on. */
  #keep(piece: Buffer, from: number): void {
    if (this.#isSkipping || from === piece.length) return;
    this.#hold(piece, from, piece.length);
    if (!this.#isOver && this.#carry.length <= this.#parts.lineBytesMax) return;
    this.#finishCarried(true);
    this.#isSkipping = true;
  }

  #hold(piece: Buffer, from: number, to: number): void {
    if (this.#isOver) return; // What comes behind a hole is not its continuation.
    const room = this.#parts.lineBytesMax + CHARACTER_BYTES - this.#carry.length;
    const end = Math.min(to, from + Math.max(0, room));
    if (!this.#carry.append(piece, from, end) || end < to) this.#isOver = true;
  }

  #finishCarried(isOver = this.#isOver): void {
    this.#newline = -1;
    this.#message(this.#carry.bytes, 0, this.#carry.length, isOver);
    this.#newline = -1;
    this.#isOver = false;
    this.#carry.clear();
  }

  /** A whole message, or as much of it as is kept, to one line. */
  #message(bytes: Buffer, from: number, messageEnd: number, isOver: boolean): void {
    const { collector, lineBytesMax, encoding, framing } = this.#parts;
    let end = messageEnd;
    if (from < end && bytes[end - 1] === NUL && framing !== "newline") end -= 1;
    if (from < end && bytes[end - 1] === NEWLINE) {
      end -= 1;
      if (from < end && bytes[end - 1] === RETURN) end -= 1;
    }
    const isLong = lineBytesMax < end - from;
    if (isLong) end = from + encoding.characterEnd(bytes.subarray(from, end), lineBytesMax);
    if (isLong || isOver) this.#parts.cut(isLong);
    if (from === end) return;
    // Looked for once for many messages: a search for each would read the whole piece each time where there is none.
    if (this.#newline < from) this.#newline = bytes.indexOf(NEWLINE, from);
    if (this.#newline === -1) this.#newline = bytes.length;
    if (end <= this.#newline) return collector.addLine(bytes, from, end, this.peer);
    const pieces: Buffer[] = [];
    for (let at = from; at < end; ) {
      const newline = bytes.subarray(0, end).indexOf(NEWLINE, at);
      if (newline === -1) {
        pieces.push(bytes.subarray(at, end));
        break;
      }
      pieces.push(bytes.subarray(at, newline), ESCAPED_NEWLINE);
      at = newline + 1;
    }
    const line = Buffer.concat(pieces);
    collector.addLine(line, 0, line.length, this.peer);
  }
}

function isDigit(byte: number): boolean {
  return 0x30 <= byte && byte <= 0x39;
}

/** What some senders write behind a counted message. */
function isBetween(byte: number): boolean {
  return byte === NEWLINE || byte === NUL || byte === RETURN;
}
