// Cuts a stream of bytes into whole lines. What comes after the last newline is carried in front of the next bytes.

export interface Cut {
  /** Bytes of whole lines at the start of the buffer. */
  readonly length: number;
  /** Lines that were cut because they were too long. */
  readonly tooLong: number;
}

/**
 * Holds one line in the making. A line over `lineBytesMax` is cut there, between characters; the rest of it is skipped.
 */
export class LineCutter {
  readonly #lineBytesMax: number;
  #carried = Buffer.alloc(0);
  #isSkipping = false;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** Room a caller must have for `fresh` new bytes. */
  roomFor(fresh: number): number {
    return this.#carried.length + fresh + 1;
  }

  /** Puts what was carried in front; new bytes go behind it. Returns how many bytes that are. */
  putCarried(into: Buffer): number {
    return this.#carried.copy(into);
  }

  /** `length` bytes lie in `buffer`: those carried and the new ones. At the end of the input a last line gets its newline. */
  cut(buffer: Buffer, length: number, isEnd: boolean): Cut {
    let end = length;
    let tooLong = 0;
    if (this.#isSkipping) {
      const newline = buffer.subarray(0, end).indexOf(10);
      const skipped = newline < 0 ? end : newline + 1;
      buffer.copyWithin(0, skipped, end);
      end -= skipped;
      this.#isSkipping = newline < 0;
    }
    let last = buffer.subarray(0, end).lastIndexOf(10) + 1;
    const rest = end - last;
    if (this.#lineBytesMax < rest) {
      last += wholeCharacters(buffer.subarray(last, last + this.#lineBytesMax));
      buffer[last] = 10;
      last += 1;
      tooLong = 1;
      this.#isSkipping = !isEnd;
      this.#carried = Buffer.alloc(0);
    } else if (isEnd && 0 < rest) {
      buffer[end] = 10;
      last = end + 1;
      this.#carried = Buffer.alloc(0);
    } else {
      this.#carried = Buffer.from(buffer.subarray(last, end));
    }
    return this.#lineBytesMax < last ? this.#shorten(buffer, last, tooLong) : { length: last, tooLong };
  }

  /** Cuts whole lines that are too long, and moves the others together. */
  #shorten(buffer: Buffer, length: number, tooLongBefore: number): Cut {
    let tooLong = tooLongBefore;
    let end = 0;
    for (let start = 0; start < length;) {
      const newline = buffer.indexOf(10, start);
      const bytes = newline - start;
      const kept = bytes <= this.#lineBytesMax ? bytes : wholeCharacters(buffer.subarray(start, start + this.#lineBytesMax));
      if (kept < bytes) tooLong += 1;
      buffer.copyWithin(end, start, start + kept);
      buffer[end + kept] = 10;
      end += kept + 1;
      start = newline + 1;
    }
    return { length: end, tooLong };
  }
}

/** Bytes without a torn UTF-8 character at the end. */
function wholeCharacters(bytes: Buffer): number {
  let at = bytes.length - 1;
  while (0 < at && bytes.length - at < 4 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at -= 1;
  const lead = bytes[at] ?? 0;
  const needs = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return at + needs <= bytes.length ? bytes.length : at;
}
