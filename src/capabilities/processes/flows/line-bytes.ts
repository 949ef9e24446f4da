// Lines in chunks of bytes.

/**
 * Ends of lines in `bytes[start, end)`. Four bytes at a time (4 GB/s; one by one it would take longer than reading them): a byte that is an end
 * becomes 1 in its place of the word, and up to 255 words are added before the four places are.
 */
export function countLines(bytes: Buffer, start = 0, end = bytes.length): number {
  let count = 0;
  let at = start;
  if (end - start < FEW_BYTES) {
    for (; at < end; at += 1) if (bytes[at] === 10) count += 1;
    return count;
  }
  for (; at < end && ((bytes.byteOffset + at) & 3) !== 0; at += 1) if (bytes[at] === 10) count += 1;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (end - at) >> 2);
  for (let word = 0; word < words.length; ) {
    let sums = 0;
    const stop = Math.min(words.length, word + 255);
    for (; word < stop; word += 1) {
      const rest = (words[word] as number) ^ 0x0a0a0a0a;
      sums = (sums + ((~(((rest & 0x7f7f7f7f) + 0x7f7f7f7f) | rest) >>> 7) & 0x01010101)) | 0;
    }
    count += (sums & 0xff) + ((sums >>> 8) & 0xff) + ((sums >>> 16) & 0xff) + (sums >>> 24);
  }
  for (at += words.length * 4; at < end; at += 1) if (bytes[at] === 10) count += 1;
  return count;
}

/** Below it, a view of words takes longer than it saves. */
const FEW_BYTES = 256;

/** Where the first `count` lines of whole lines end, from `start`. */
export function endOfLines(bytes: Buffer, start: number, count: number): number {
  let at = start;
  for (let left = count; 0 < left; left -= 1) at = bytes.indexOf(10, at) + 1;
  return at;
}

/** Each line without its end. */
export function* linesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const stop = end < 0 ? bytes.length : end;
    yield bytes.subarray(at, stop);
    at = stop + 1;
  }
}

/** Whole lines out of chunks that are cut anywhere. A line longer than the bound is cut there, and goes on as the next one. */
export class LineCutter {
  #held = NOTHING;
  #heldBytes = 0;
  bytesMax: number;
  readonly #onCut: () => void;

  constructor(bytesMax: number, onCut: () => void) {
    this.bytesMax = bytesMax;
    this.#onCut = onCut;
  }

  /** What has come of a line whose end has not. Good until the next call. */
  carry(): Buffer {
    return this.#held.subarray(0, this.#heldBytes);
  }

  /** Lines that are whole now, with their ends; undefined: none. */
  push(chunk: Buffer): Buffer | undefined {
    const last = chunk.lastIndexOf(10);
    if (last < 0) {
      this.#hold(chunk);
      return this.#heldBytes <= this.bytesMax ? undefined : this.#cutHeld();
    }
    const head = last + 1 === chunk.length ? chunk : chunk.subarray(0, last + 1);
    const whole = this.#heldBytes === 0 ? head : Buffer.concat([this.carry(), head]);
    this.#clear();
    if (last + 1 < chunk.length) this.#hold(chunk.subarray(last + 1));
    return whole.length <= this.bytesMax ? whole : this.#cut(whole);
  }

  /** What is held as a line, though its end is missing. */
  rest(): Buffer | undefined {
    if (this.#heldBytes === 0) return undefined;
    const whole = Buffer.concat([this.carry(), END]);
    this.#clear();
    return whole.length <= this.bytesMax ? whole : this.#cut(whole);
  }

  #hold(part: Buffer): void {
    const bytes = this.#heldBytes + part.length;
    if (this.#held.length < bytes) {
      const bigger = Buffer.allocUnsafeSlow(Math.max(256, bytes * 2));
      this.#held.copy(bigger, 0, 0, this.#heldBytes);
      this.#held = bigger;
    }
    part.copy(this.#held, this.#heldBytes);
    this.#heldBytes = bytes;
  }

  #clear(): void {
    this.#heldBytes = 0;
    if (HELD_BYTES < this.#held.length) this.#held = NOTHING;
  }

  /** As many lines as are too long; the rest stays held. */
  #cutHeld(): Buffer {
    const parts: Buffer[] = [];
    let at = 0;
    for (; this.bytesMax < this.#heldBytes - at; ) {
      this.#onCut();
      const end = characterStart(this.#held, at + this.bytesMax, at);
      parts.push(this.#held.subarray(at, end), END);
      at = end;
    }
    const whole = Buffer.concat(parts);
    this.#held.copyWithin(0, at, this.#heldBytes);
    this.#heldBytes -= at;
    return whole;
  }

  #cut(whole: Buffer): Buffer {
    const parts: Buffer[] = [];
    let first = 0;
    for (let at = 0; at < whole.length; ) {
      const end = whole.indexOf(10, at);
      if (end - at <= this.bytesMax) at = end + 1;
      else {
        this.#onCut();
        at = characterStart(whole, at + this.bytesMax, at);
        parts.push(whole.subarray(first, at), END);
        first = at;
      }
    }
    return parts.length === 0 ? whole : Buffer.concat([...parts, whole.subarray(first)]);
  }
}

const NOTHING = Buffer.alloc(0);
const END = Buffer.from("\n");
/** More than this is not kept for the next line. */
const HELD_BYTES = 64 << 10;

/** The place itself, or a little before it where it stands inside a character of UTF-8. */
function characterStart(bytes: Buffer, at: number, first: number): number {
  for (let back = 0; back < 4 && first < at - back; back += 1) if (((bytes[at - back] ?? 0) & 0xc0) !== 0x80) return at - back;
  return at;
}
