// The bytes of a connection to lines: ends are LF, CRLF or what a terminal sends for Enter (CR NUL), negotiations of telnet are left out, and what was rubbed
// out is. Bounded for each connection, and long lines for all of them together.

export interface LineLimits {
  /** Only `set task`, which may hold a program, may be longer than this. */
  readonly lineBytesMax: number;
  readonly uploadBytesMax: number;
}

/** What long lines of all connections may hold at a time. */
export class LongLines {
  readonly #most: number;
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  take(bytes: number): boolean {
    if (this.#most < this.#held + bytes) return false;
    this.#held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

/** A line, or why no more can come. */
export type ReadLine = { readonly bytes: Buffer; readonly hasCarriageReturn: boolean } | { readonly refused: "too long" | "no text" | "too many" };

const LF = 10;
const CR = 13;
const IAC = 255;
const [SE, SB, WILL, DONT] = [240, 250, 251, 254];
/** So much each connection may hold of a line without asking. */
const FREE_BYTES = 16 << 10;
const UPLOAD = /^\s*set\s+task\s/;

export class LineReader {
  readonly #limits: () => LineLimits;
  readonly #longLines: LongLines;
  #parts: Buffer[] = [];
  #length = 0;
  #taken = 0;
  #isUpload: boolean | undefined;
  #why: "too long" | "too many" = "too long";
  /** Of a negotiation that the last chunk broke off. */
  #telnet: "text" | "command" | "option" | "inside" | "inside command" = "text";

  constructor(limits: () => LineLimits, longLines: LongLines) {
    this.#limits = limits;
    this.#longLines = longLines;
  }

  /** Ends after it has refused. Before the next line is asked for, the one before is to be done with. */
  *read(chunk: Buffer): Generator<ReadLine> {
    const text = this.#withoutTelnet(chunk);
    let begun = 0;
    for (let at = 0; at < text.length; at += 1) {
      const byte = text[at];
      const isEnter = byte === 0 && (0 < at ? text[at - 1] === CR : this.#parts.at(-1)?.at(-1) === CR);
      if (byte === 0 && !isEnter) return yield { refused: "no text" };
      if (byte !== LF && !isEnter) continue;
      if (!this.#hold(text.subarray(begun, at))) return yield this.#refusal();
      begun = at + 1;
      yield this.#line();
      this.forget();
    }
    if (!this.#hold(text.subarray(begun))) yield this.#refusal();
  }

  /** What came after the last end of line, when nothing more comes. */
  last(): ReadLine | undefined {
    return this.#length === 0 ? undefined : this.#line();
  }

  forget(): void {
    this.#longLines.give(this.#taken);
    this.#taken = 0;
    this.#parts = [];
    this.#length = 0;
    this.#isUpload = undefined;
  }

  #hold(part: Buffer): boolean {
    if (part.length === 0) return true;
    const { lineBytesMax, uploadBytesMax } = this.#limits();
    const length = this.#length + part.length;
    if (FREE_BYTES < length) {
      const more = length - Math.max(FREE_BYTES, this.#length);
      if (lineBytesMax < length && (uploadBytesMax < length || !(this.#isUpload ??= this.#beginsAsUpload(part)))) return this.#refuse("too long");
      if (!this.#longLines.take(more)) return this.#refuse("too many");
      this.#taken += more;
    } else if (lineBytesMax < length) return this.#refuse("too long");
    this.#parts.push(Buffer.from(part)); // A copy: the chunk it is of may be much larger.
    this.#length = length;
    return true;
  }

  #refuse(why: "too long" | "too many"): false {
    this.#why = why;
    return false;
  }

  #beginsAsUpload(part: Buffer): boolean {
    return UPLOAD.test(Buffer.concat([...this.#parts.slice(0, 4), part]).toString("latin1", 0, 64));
  }

  #refusal(): ReadLine {
    return { refused: this.#why };
  }

  #line(): ReadLine {
    const whole = this.#parts.length === 1 ? (this.#parts[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#parts);
    const hasCarriageReturn = whole.at(-1) === CR;
    return { bytes: rubbedOut(hasCarriageReturn ? whole.subarray(0, -1) : whole), hasCarriageReturn };
  }

  /** https://www.rfc-editor.org/rfc/rfc854: IAC and a command, some with an option behind it; whatever is between IAC SB and IAC SE. */
  #withoutTelnet(chunk: Buffer): Buffer {
    if (this.#telnet === "text" && !chunk.includes(IAC)) return chunk;
    const text = Buffer.allocUnsafe(chunk.length);
    let length = 0;
    for (const byte of chunk) {
      const state = this.#telnet;
      if (state === "text") {
        if (byte === IAC) this.#telnet = "command";
        else text[length++] = byte;
      } else if (state === "command") this.#telnet = byte === SB ? "inside" : WILL <= byte && byte <= DONT ? "option" : "text";
      else if (state === "option") this.#telnet = "text";
      else if (state === "inside") this.#telnet = byte === IAC ? "inside command" : "inside";
      else this.#telnet = byte === SE ? "text" : "inside";
    }
    return text.subarray(0, length);
  }
}

const BACKSPACE = 8;
const DELETE = 127;

/** Terminals that send each key send Backspace too. */
function rubbedOut(line: Buffer): Buffer {
  if (!line.includes(BACKSPACE) && !line.includes(DELETE)) return line;
  const kept: number[] = [];
  for (const byte of line) {
    if (byte !== BACKSPACE && byte !== DELETE) kept.push(byte);
    else while (((kept.pop() ?? 0) & 0xc0) === 0x80); // A character of UTF-8, whole.
  }
  return Buffer.from(kept);
}
