// Tables for the kernel that decodes code pages, built from iconv-lite once a thread and kept in chunk memory.
import iconv from "iconv-lite";
import type { ChunkMemory } from "#dataplane/memory.ts";

/** Where a table lies, and a word the kernel may write its count of bad bytes to. */
export interface CodeTable {
  readonly pointer: number;
  readonly result: number;
}

const SINGLE_UNITS = 256;
const TABLE_BYTES = (SINGLE_UNITS + 65_536) * 2;
const REPLACEMENT = 0xfffd;

const built = new WeakMap<ChunkMemory, Map<string, CodeTable>>();

/** The table of a code page whose characters take one byte or two. */
export function codeTable(memory: ChunkMemory, encoding: string): CodeTable {
  let tables = built.get(memory);
  if (tables === undefined) built.set(memory, (tables = new Map()));
  let table = tables.get(encoding);
  if (table === undefined) {
    // A pool of its own: the table outlives the pipeline that asked first and is none of its share.
    const { pointer } = memory.pool().take(TABLE_BYTES + 4);
    fill(memory, pointer, encoding);
    tables.set(encoding, (table = { pointer, result: pointer + TABLE_BYTES }));
  }
  return table;
}

function fill(memory: ChunkMemory, pointer: number, encoding: string): void {
  memory.bytes.fill(0, pointer, pointer + TABLE_BYTES);
  const pair = Buffer.alloc(2);
  for (let lead = 0; lead < 256; lead += 1) {
    pair[0] = lead;
    const single = unitOf(iconv.decode(pair.subarray(0, 1), encoding));
    memory.view.setUint16(pointer + lead * 2, single, true);
    if (single !== 0 || lead < 0x80) continue;
    // No second byte below 0x30 exists in any of these code pages, above all no newline.
    for (let trail = 0x30; trail < 256; trail += 1) {
      pair[1] = trail;
      memory.view.setUint16(pointer + (SINGLE_UNITS + lead * 256 + trail) * 2, unitOf(iconv.decode(pair, encoding)), true);
    }
  }
}

/** The one 16-bit character a text consists of, or 0. */
function unitOf(text: string): number {
  const unit = text.length === 1 ? text.charCodeAt(0) : 0;
  return unit === REPLACEMENT ? 0 : unit;
}
