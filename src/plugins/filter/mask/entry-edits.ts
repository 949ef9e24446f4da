// Where texts of MessagePack entries change. Maps and lists count their items, not their bytes, so a text, however deep, is
// replaced where it stands and nothing around it changes.
import type { Batch } from "#dataplane/batch.ts";
import { ValueReader } from "#dataplane/msgpack.ts";
import type { Edit } from "./batch-masker.ts";
import { exactBytes, exactText } from "./exact-text.ts";
import type { TextMasker } from "./text-masker.ts";

const ENTRY_ROW_WORDS = 5;

/** A map or list that is being read. */
interface Open {
  readonly isMap: boolean;
  left: number;
  key: string;
}

export function entryEdits(batch: Batch, masker: TextMasker, isNamed: (name: string) => boolean): Edit[] {
  const { memory } = batch.pool;
  const { bytes, words } = memory;
  const edits: Edit[] = [];
  const keys = new KeyCache(bytes);
  const open: Open[] = [];
  const table = batch.table >>> 2;
  for (let row = 0; row < batch.rows; row += 1) {
    let at = words[table + row * ENTRY_ROW_WORDS + 2] ?? 0;
    const { count } = head(bytes, at);
    at += head(bytes, at).size;
    open.push({ isMap: true, left: count, key: "" });
    for (let inner = open.at(-1); inner !== undefined; inner = open.at(-1)) {
      if (inner.left === 0) {
        open.pop();
        continue;
      }
      inner.left -= 1;
      if (inner.isMap) {
        const end = endOfValue(bytes, at);
        inner.key = keys.text(at, end);
        at = end;
        if (open.length === 1 && !isNamed(inner.key)) {
          at = endOfValue(bytes, at);
          continue;
        }
      }
      const { type, size, count: length } = head(bytes, at);
      if (type === "map" || type === "list") {
        open.push({ isMap: type === "map", left: length, key: inner.key });
        at += size;
        continue;
      }
      const end = at + size + (type === "other" ? 0 : length);
      if (type === "text") {
        const text = exactText(memory, at + size, length);
        const masked = masker.value(inner.key, text);
        if (masked !== text) edits.push({ start: at, end, bytes: textValue(exactBytes(masked)) });
      } else if (type === "other" && 1 < size) {
        // A number of one byte is no secret's and no person's.
        const value = new ValueReader(bytes, at).value();
        const masked = typeof value === "number" || typeof value === "bigint" ? masker.number(inner.key, String(value)) : undefined;
        if (masked !== undefined) edits.push({ start: at, end, bytes: textValue(Buffer.from(masked)) });
      }
      at = end;
    }
  }
  return edits;
}

/** The bytes as a MessagePack text, whether or not they are UTF-8. */
function textValue(text: Buffer): Buffer {
  const { length } = text;
  const header = Buffer.alloc(length < 32 ? 1 : length < 256 ? 2 : length < 65_536 ? 3 : 5);
  if (header.length === 1) header[0] = 0xa0 | length;
  else if (header.length === 2) header.writeUInt16BE(0xd900 | length);
  else if (header.length === 3) header.writeUIntBE(0xda_0000 | length, 0, 3);
  else {
    header[0] = 0xdb;
    header.writeUInt32BE(length, 1);
  }
  return Buffer.concat([header, text]);
}

interface Head {
  readonly type: "text" | "map" | "list" | "other";
  /** Bytes of the head; of what is neither text, map nor list: of all of it. */
  readonly size: number;
  /** Bytes of a text, items of a list, pairs of a map. */
  readonly count: number;
}

/** What begins at `at`, which is known to be well formed. */
function head(bytes: Buffer, at: number): Head {
  const code = bytes[at] ?? 0;
  const as = (type: Head["type"], size: number, count = 0): Head => ({ type, size, count });
  if (code < 0x80 || 0xe0 <= code) return as("other", 1);
  if (code < 0x90) return as("map", 1, code & 15);
  if (code < 0xa0) return as("list", 1, code & 15);
  if (code < 0xc0) return as("text", 1, code & 31);
  switch (code) {
    case 0xc4: case 0xd9: return as("text", 2, bytes[at + 1]);
    case 0xc5: case 0xda: return as("text", 3, bytes.readUInt16BE(at + 1));
    case 0xc6: case 0xdb: return as("text", 5, bytes.readUInt32BE(at + 1));
    case 0xc7: return as("other", 3 + (bytes[at + 1] ?? 0));
    case 0xc8: return as("other", 4 + bytes.readUInt16BE(at + 1));
    case 0xc9: return as("other", 6 + bytes.readUInt32BE(at + 1));
    case 0xcc: case 0xd0: return as("other", 2);
    case 0xcd: case 0xd1: case 0xd4: return as("other", 3);
    case 0xd5: return as("other", 4);
    case 0xca: case 0xce: case 0xd2: return as("other", 5);
    case 0xd6: return as("other", 6);
    case 0xcb: case 0xcf: case 0xd3: return as("other", 9);
    case 0xd7: return as("other", 10);
    case 0xd8: return as("other", 18);
    case 0xdc: return as("list", 3, bytes.readUInt16BE(at + 1));
    case 0xdd: return as("list", 5, bytes.readUInt32BE(at + 1));
    case 0xde: return as("map", 3, bytes.readUInt16BE(at + 1));
    case 0xdf: return as("map", 5, bytes.readUInt32BE(at + 1));
    default: return as("other", 1); // nil, false, true.
  }
}

function endOfValue(bytes: Buffer, at: number): number {
  let next = at;
  for (let left = 1; 0 < left; left -= 1) {
    const { type, size, count } = head(bytes, next);
    next += type === "text" ? size + count : size;
    if (type === "map") left += count * 2;
    else if (type === "list") left += count;
  }
  return next;
}

/** Keys as text: the records of a batch have the same ones again and again. */
class KeyCache {
  readonly #bytes: Buffer;
  readonly #known = new Map<string, string>();

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  text(start: number, end: number): string {
    const raw = this.#bytes.toString("latin1", start, end);
    let text = this.#known.get(raw);
    if (text === undefined) {
      text = String(new ValueReader(this.#bytes, start, end).value());
      // Keys that are data must not fill the memory.
      if (this.#known.size < 1000) this.#known.set(raw, text);
    }
    return text;
  }
}
