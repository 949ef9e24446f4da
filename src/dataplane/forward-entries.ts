// Walks over forward entries without decoding them: where each ends, whether it has the form that batches hold
// (`[EventTime | unsigned integer, {str: …}]`), and how to bring it into that form where it has not.
import { kindOf, ProtocolError } from "./forward-protocol.ts";
import { ValueReader, keyText, strKey } from "./msgpack.ts";

/** A record is data, not a graph: deeper ones are refused. */
export const DEPTH_MAX = 64;

/** Finds the end of a MessagePack value, or of several, also when its bytes come in pieces. */
export class ValueWalk {
  /** Where the next token begins: past the bytes there are, while those of a long text are still to come. */
  at = 0;
  /** Some map has a key that is no str. */
  hasOddKeys = false;
  /** Errors count bytes from here. */
  #first = 0;
  #depth = -1;
  readonly #left = new Float64Array(DEPTH_MAX + 1);
  readonly #isMap = new Uint8Array(DEPTH_MAX + 1);

  /** `first`: where what a person would call the whole of it begins; it may lie before the bytes there are. */
  begin(at: number, count = 1, first = at): void {
    this.at = at;
    this.#first = first;
    this.hasOddKeys = false;
    this.#depth = 0;
    this.#left[0] = count;
    this.#isMap[0] = 0;
  }

  /** The bytes moved, as when a buffer grows or is drained in front. */
  shift(by: number): void {
    this.at += by;
    this.#first += by;
  }

  /** True when the value ends at or before `end`; else to be called again when there are more bytes. */
  walk(bytes: Uint8Array, end: number): boolean {
    const left = this.#left;
    const isMap = this.#isMap;
    let depth = this.#depth;
    let at = this.at;
    for (;;) {
      while (0 <= depth && left[depth] === 0) depth -= 1;
      if (depth < 0) break;
      if (end <= at) break;
      const code = bytes[at] ?? 0;
      let next = at + 1;
      let children = 0;
      let opensMap = 0;
      if (code < 0x80 || 0xe0 <= code) {
        // An integer in one byte.
      } else if (code < 0x90) {
        children = (code & 15) * 2;
        opensMap = 1;
      } else if (code < 0xa0) children = code & 15;
      else if (code < 0xc0) next += code & 31;
      else {
        const head = HEAD_BYTES[code - 0xc0] ?? 0;
        if (head === 0) throw new ProtocolError(`byte ${at - this.#first} is c1, which begins no MessagePack value`);
        if (end < at + head) break;
        next = at + head + (PAYLOAD_BYTES[code - 0xc0] ?? 0);
        if (code <= 0xc9 ? 0xc4 <= code : 0xd9 <= code) {
          const count = lengthIn(bytes, at + 1, code);
          if (code < 0xdc) next += count;
          else {
            opensMap = code <= 0xdd ? 0 : 1;
            children = count * (opensMap + 1);
          }
        }
      }
      const remaining = (left[depth] ?? 0) - 1;
      left[depth] = remaining;
      if (isMap[depth] === 1 && (remaining & 1) === 1 && !(0xa0 <= code && code < 0xc0) && !(0xd9 <= code && code <= 0xdb)) this.hasOddKeys = true;
      if (0 < children) {
        depth += 1;
        if (DEPTH_MAX < depth) throw new ProtocolError(`byte ${at - this.#first}: the value is nested deeper than ${DEPTH_MAX} levels`);
        left[depth] = children;
        isMap[depth] = opensMap;
      }
      at = next;
    }
    this.#depth = depth;
    this.at = at;
    return depth < 0 && at <= end;
  }
}

/** Walks entry by entry over packed entries. */
export class EntryScan {
  /** Everything before this is whole entries. */
  at = 0;
  rows = 0;
  /** Some entry has not the form that batches hold. */
  isOdd = false;
  #first = 0;
  readonly #walk = new ValueWalk();

  /** `first` as for ValueWalk. */
  begin(at: number, first = at): void {
    this.at = at;
    this.#first = first;
    this.rows = 0;
    this.isOdd = false;
  }

  /** Goes on to the last whole entry before `end`, or to `rowsMax` rows. Throws ProtocolError at what is no entry. */
  scan(bytes: Uint8Array, end: number, rowsMax: number): void {
    const walk = this.#walk;
    while (this.rows < rowsMax && this.at < end) {
      const at = this.at;
      let time = at + 1;
      let isOdd = false;
      if (bytes[at] !== 0x92) {
        const head = arrayOfTwo(bytes, at, end, this.#first);
        if (head === 0) return;
        time = at + head;
        isOdd = true;
      }
      if (end <= time) return;
      const code = bytes[time] ?? 0;
      let record: number;
      if (code === 0xd7 || (code === 0xc7 && bytes[time + 1] === 8)) {
        record = time + (code === 0xd7 ? 10 : 11);
        if (end < record) return;
        if (bytes[record - 9] !== 0) isOdd = true; // Another ext than EventTime.
      } else if (0 < code && code < 0x80) record = time + 1;
      else if (code === 0xcc) record = time + 2;
      else if (code === 0xcd) record = time + 3;
      else if (code === 0xce) record = time + 5;
      else record = time;
      if (record === time) {
        isOdd = true;
        walk.begin(time, 1, this.#first);
        if (!walk.walk(bytes, end)) return;
        record = walk.at;
      }
      if (end <= record) return;
      const map = bytes[record] ?? 0;
      if (!((0x80 <= map && map <= 0x8f) || map === 0xde || map === 0xdf)) throw new ProtocolError(`byte ${record - this.#first}: the record of an entry is ${kindOf(map)}, not a map`);
      walk.begin(record, 1, this.#first);
      if (!walk.walk(bytes, end)) return;
      if (isOdd || walk.hasOddKeys) this.isOdd = true;
      this.at = walk.at;
      this.rows += 1;
    }
  }
}

/** A time as the protocol allows it, read into one reused value; `isKnown` false = none that can be used. */
export class EntryTime {
  seconds = 0;
  nanoseconds = 0;
  isKnown = false;

  /** Reads the whole value at `at`; floats and EventTimes in a `[time, metadata]` pair too. */
  read(bytes: Buffer, at: number): void {
    const code = bytes[at] ?? 0;
    if (code === 0xd7 && bytes[at + 1] === 0) return this.#set(bytes.readUInt32BE(at + 2), bytes.readUInt32BE(at + 6));
    if (code === 0xc7 && bytes[at + 1] === 8 && bytes[at + 2] === 0) return this.#set(bytes.readUInt32BE(at + 3), bytes.readUInt32BE(at + 7));
    // Fluent Bit 2 sends [[time, metadata], record].
    if (0x91 <= code && code <= 0x9f) return this.read(bytes, at + 1);
    if (code < 0x80) return this.#set(code, 0);
    if (code === 0xcc) return this.#set(bytes.readUInt8(at + 1), 0);
    if (code === 0xcd) return this.#set(bytes.readUInt16BE(at + 1), 0);
    if (code === 0xce) return this.#set(bytes.readUInt32BE(at + 1), 0);
    if (code === 0xcf) return this.#set(Number(bytes.readBigUInt64BE(at + 1)), 0);
    if (code === 0xd0) return this.#set(bytes.readInt8(at + 1), 0);
    if (code === 0xd1) return this.#set(bytes.readInt16BE(at + 1), 0);
    if (code === 0xd2) return this.#set(bytes.readInt32BE(at + 1), 0);
    if (code === 0xd3) return this.#set(Number(bytes.readBigInt64BE(at + 1)), 0);
    if (code === 0xca) return this.#setFloat(bytes.readFloatBE(at + 1));
    if (code === 0xcb) return this.#setFloat(bytes.readDoubleBE(at + 1));
    this.isKnown = false;
  }

  #setFloat(time: number): void {
    const seconds = Math.floor(time);
    this.#set(seconds, Math.min(999_999_999, Math.round((time - seconds) * 1e9)));
  }
  /** 0 is what loggers without a clock send, as with Fluentd; an EventTime has 32 bits of seconds. */
  #set(seconds: number, nanoseconds: number): void {
    this.isKnown = 0 < seconds && seconds <= 0xffff_ffff;
    this.seconds = seconds;
    this.nanoseconds = Math.min(nanoseconds, 999_999_999);
  }
}

/** The value at `at` with every map key a str: `{1: "a"}` becomes `{"1": "a"}`; all else byte for byte. Off the hot path. */
export function withTextKeys(bytes: Buffer, at: number): Buffer {
  const pieces: Buffer[] = [];
  copyValue(bytes, at, pieces);
  return Buffer.concat(pieces);
}

function copyValue(bytes: Buffer, at: number, pieces: Buffer[]): number {
  const code = bytes[at] ?? 0;
  const isMap = (0x80 <= code && code <= 0x8f) || code === 0xde || code === 0xdf;
  const isArray = (0x90 <= code && code <= 0x9f) || code === 0xdc || code === 0xdd;
  if (!isMap && !isArray) {
    const end = endOf(bytes, at);
    pieces.push(bytes.subarray(at, end));
    return end;
  }
  const head = code < 0xa0 ? 1 : (HEAD_BYTES[code - 0xc0] ?? 1);
  const count = head === 1 ? code & 15 : lengthIn(bytes, at + 1, code);
  pieces.push(bytes.subarray(at, at + head));
  let next = at + head;
  for (let index = 0; index < count; index += 1) {
    if (isMap) next = copyKey(bytes, next, pieces);
    next = copyValue(bytes, next, pieces);
  }
  return next;
}

function copyKey(bytes: Buffer, at: number, pieces: Buffer[]): number {
  const end = endOf(bytes, at);
  const code = bytes[at] ?? 0;
  if ((0xa0 <= code && code < 0xc0) || (0xd9 <= code && code <= 0xdb)) pieces.push(bytes.subarray(at, end));
  else {
    pieces.push(strKey(keyText(new ValueReader(bytes, at, end).value())));
  }
  return end;
}

function endOf(bytes: Buffer, at: number): number {
  const walk = new ValueWalk();
  walk.begin(at);
  walk.walk(bytes, bytes.length);
  return walk.at;
}

/** Bytes of the array header when it holds two elements; 0 while they are not all there. */
function arrayOfTwo(bytes: Uint8Array, at: number, end: number, first: number): number {
  const code = bytes[at] ?? 0;
  if (code === 0xdc || code === 0xdd) {
    const head = code === 0xdc ? 3 : 5;
    if (end < at + head) return 0;
    if (lengthIn(bytes, at + 1, code) === 2) return head;
  }
  const isArray = (0x90 <= code && code <= 0x9f) || code === 0xdc || code === 0xdd;
  throw new ProtocolError(`byte ${at - first}: an entry is ${isArray ? "an array, but not of two" : kindOf(code)}; it must be [time, record]`);
}

function word(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}

/** The length that stands behind the codes c4–c9 and d9–df. */
function lengthIn(bytes: Uint8Array, at: number, code: number): number {
  const size = LENGTH_BYTES[code - 0xc0];
  if (size === 1) return bytes[at] ?? 0;
  if (size === 2) return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  return word(bytes, at);
}

// By code from c0 to df: bytes of the length field; bytes that must be there to know the value's size (0 = no value); bytes after them.
const LENGTH_BYTES = [0, 0, 0, 0, 1, 2, 4, 1, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4];
const HEAD_BYTES = [1, 0, 1, 1, 2, 3, 5, 3, 4, 6, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 5, 3, 5, 3, 5];
const PAYLOAD_BYTES = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 16, 0, 0, 0, 0, 0, 0, 0];
