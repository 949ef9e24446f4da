// New entries out of old ones: keys leave or get another name, values join, times change. What stays is copied as the
// bytes it is, never decoded.
import { Batch } from "./batch.ts";
import { RoomError, ValueWriter } from "./msgpack.ts";

export interface Rewriting {
  /** The name a field goes on under; undefined: it leaves. Asked once for each name. In a record that has a field of the new name, too, the renamed one takes its place. */
  rename(key: string): string | undefined;
  /** Fields that join the record of a row. Their names must not be among those that stay. */
  added?(row: number): readonly (readonly [string, unknown])[];
  /** The time of a row, when it is another. */
  time?(row: number): { readonly seconds: number; readonly nanoseconds: number } | undefined;
}

const ENTRY_ROW_WORDS = 5;
const NOTHING: readonly (readonly [string, unknown])[] = [];

/** Consumes an entries batch, unless it throws: then that is as it was. */
export function rewriteEntries(batch: Batch, rewriting: Rewriting): Batch {
  const names = new KeyNames(batch.pool.memory.bytes, rewriting);
  const { table } = batch;
  for (let room = batch.length + batch.rows * 32 + 256; ; room *= 2) {
    const chunk = batch.pool.take(room);
    try {
      const length = write(batch, table >>> 2, new ValueWriter(chunk.bytes), rewriting, names);
      const rewritten = Batch.entries(chunk, 0, length, batch.rows, batch.facts);
      batch.release();
      return rewritten;
    } catch (error) {
      chunk.release();
      if (!(error instanceof RoomError)) throw error;
    }
  }
}

function write(batch: Batch, table: number, writer: ValueWriter, { added, time }: Rewriting, names: KeyNames): number {
  const { bytes, words } = batch.pool.memory;
  /** (start of the key, start of the value, end of the value, index of its name), for each field that stays. */
  const stays: number[] = [];
  for (let row = 0; row < batch.rows; row += 1) {
    const at = table + row * ENTRY_ROW_WORDS;
    const own = time?.(row);
    writer.head(own?.seconds ?? words[at + 3] ?? 0, own?.nanoseconds ?? words[at + 4] ?? 0);
    let place = words[at + 2] ?? 0;
    const fields = mapSize(bytes, place);
    place += mapHeaderSize(bytes, place);
    stays.length = 0;
    let isRenamed = false;
    for (let field = 0; field < fields; field += 1) {
      const value = skipValue(bytes, place);
      const end = skipValue(bytes, value);
      const name = names.of(field, place, value);
      if (name !== LEAVES) stays.push(place, value, end, name);
      if (0 <= name) isRenamed = true;
      place = end;
    }
    if (isRenamed) displace(bytes, stays, names);
    const joins = added?.(row) ?? NOTHING;
    writer.map(stays.length / 4 + joins.length);
    // Neighbours are copied together: from `from` to `to` is not written yet.
    let from = 0;
    let to = 0;
    for (let index = 0; index < stays.length; index += 4) {
      const name = stays[index + 3] ?? SAME;
      const start = stays[name === SAME ? index : index + 1] ?? 0;
      if (start !== to) {
        if (from < to) writer.raw(bytes, from, to);
        from = start;
      }
      to = stays[index + 2] ?? 0;
      if (name === SAME) continue;
      // Its key stands between what is before it and its value.
      writer.string(names.list[name] ?? "");
    }
    if (from < to) writer.raw(bytes, from, to);
    for (const [name, value] of joins) {
      writer.string(name);
      writer.value(value);
    }
  }
  return writer.end;
}

const LEAVES = -2;
const SAME = -1;

/** Takes out of one record's `stays` what has a name that a renamed field takes; of two renamed to one name the first stays. */
function displace(bytes: Buffer, stays: number[], names: KeyNames): void {
  for (let index = 0; index < stays.length; index += 4) {
    const taken = names.texts[stays[index + 3] ?? SAME];
    if (taken === undefined) continue;
    for (let other = stays.length - 4; 0 <= other; other -= 4) {
      const name = stays[other + 3] ?? SAME;
      if (other === index) continue;
      const isTaken = name === SAME ? isKey(bytes, stays[other] ?? 0, stays[other + 1] ?? 0, taken) : index < other && names.texts[name]?.equals(taken) === true;
      if (!isTaken) continue;
      stays.splice(other, 4);
      if (other < index) index -= 4;
    }
  }
}

/** What becomes of keys. Records of one kind have the same keys at the same places, so the last row's answer is tried first. */
class KeyNames {
  /** New names, by index. */
  readonly list: string[] = [];
  /** The same as bytes. */
  readonly texts: Buffer[] = [];
  readonly #bytes: Buffer;
  readonly #rewriting: Rewriting;
  readonly #answers = new Map<string, number>();
  readonly #lastStart: number[] = [];
  readonly #lastEnd: number[] = [];
  readonly #lastAnswer: number[] = [];

  constructor(bytes: Buffer, rewriting: Rewriting) {
    this.#bytes = bytes;
    this.#rewriting = rewriting;
  }

  /** LEAVES, SAME or the index of a new name for the key from `start` to `end`, which is the record's `place`-th. */
  of(place: number, start: number, end: number): number {
    if (this.#isLast(place, start, end)) return this.#lastAnswer[place] ?? SAME;
    const key = keyText(this.#bytes, start, end);
    let answer = this.#answers.get(key);
    if (answer === undefined) {
      const name = this.#rewriting.rename(key);
      answer = name === undefined ? LEAVES : name === key ? SAME : this.list.push(name) - 1;
      if (name !== undefined && 0 <= answer) this.texts.push(Buffer.from(name));
      // Keys that are data (user ids as field names) must not fill the memory.
      if (this.#answers.size < 10_000) this.#answers.set(key, answer);
    }
    this.#lastStart[place] = start;
    this.#lastEnd[place] = end;
    this.#lastAnswer[place] = answer;
    return answer;
  }

  #isLast(place: number, start: number, end: number): boolean {
    const last = this.#lastStart[place];
    if (last === undefined || (this.#lastEnd[place] ?? 0) - last !== end - start) return false;
    for (let index = 0; start + index < end; index += 1) if (this.#bytes[last + index] !== this.#bytes[start + index]) return false;
    return true;
  }
}

function keyText(bytes: Buffer, start: number, end: number): string {
  return bytes.toString("utf8", start + textHeaderSize(bytes, start), end);
}

function isKey(bytes: Buffer, start: number, end: number, text: Buffer): boolean {
  const from = start + textHeaderSize(bytes, start);
  return end - from === text.length && bytes.compare(text, 0, text.length, from, end) === 0;
}

function textHeaderSize(bytes: Buffer, at: number): number {
  const code = bytes[at] ?? 0;
  return 0xa0 <= code && code < 0xc0 ? 1 : code === 0xd9 || code === 0xc4 ? 2 : code === 0xda || code === 0xc5 ? 3 : code === 0xdb || code === 0xc6 ? 5 : 0;
}

function mapSize(bytes: Buffer, at: number): number {
  const code = bytes[at] ?? 0;
  return code === 0xde ? bytes.readUInt16BE(at + 1) : code === 0xdf ? bytes.readUInt32BE(at + 1) : code & 15;
}

function mapHeaderSize(bytes: Buffer, at: number): number {
  const code = bytes[at] ?? 0;
  return code === 0xde ? 3 : code === 0xdf ? 5 : 1;
}

/** Where the MessagePack value at `at`, known to be well formed, ends. */
function skipValue(bytes: Buffer, at: number): number {
  let next = at;
  for (let left = 1; 0 < left; left -= 1) {
    const code = bytes[next] ?? 0;
    next += 1;
    if (code < 0x80 || 0xe0 <= code) continue;
    if (code < 0x90) left += (code & 15) * 2;
    else if (code < 0xa0) left += code & 15;
    else if (code < 0xc0) next += code & 31;
    else {
      switch (code) {
        case 0xc4: case 0xd9: next += 1 + (bytes[next] ?? 0); break;
        case 0xc5: case 0xda: next += 2 + bytes.readUInt16BE(next); break;
        case 0xc6: case 0xdb: next += 4 + bytes.readUInt32BE(next); break;
        case 0xc7: next += 2 + (bytes[next] ?? 0); break;
        case 0xc8: next += 3 + bytes.readUInt16BE(next); break;
        case 0xc9: next += 5 + bytes.readUInt32BE(next); break;
        case 0xcc: case 0xd0: next += 1; break;
        case 0xcd: case 0xd1: case 0xd4: next += 2; break;
        case 0xd5: next += 3; break;
        case 0xca: case 0xce: case 0xd2: next += 4; break;
        case 0xd6: next += 5; break;
        case 0xcb: case 0xcf: case 0xd3: next += 8; break;
        case 0xd7: next += 9; break;
        case 0xd8: next += 17; break;
        case 0xdc: left += bytes.readUInt16BE(next); next += 2; break;
        case 0xdd: left += bytes.readUInt32BE(next); next += 4; break;
        case 0xde: left += bytes.readUInt16BE(next) * 2; next += 2; break;
        case 0xdf: left += bytes.readUInt32BE(next) * 2; next += 4; break;
        default: // nil, false, true: nothing follows.
      }
    }
  }
  return next;
}
