// One result log: its name taken apart, what is new in it cut into entries.
import { open } from "node:fs/promises";
import iconv from "iconv-lite";

export interface ResultName {
  readonly process: string;
  readonly kind: "LOG" | "STATS";
}

export interface NewEntries {
  readonly entries: readonly string[];
  /** Behind them. */
  readonly offset: number;
  /** More of the file can be taken at once. */
  readonly isMore: boolean;
}

export interface Cut {
  readonly encoding: string;
  /** Entries from this time on are left for later. */
  readonly beforeMs: number;
  /** But no longer than those of a clock that is a little ahead: a time that is far ahead is a mistake, and what stands behind it must not wait for it. */
  readonly waitUntilMs: number;
  /** Nobody writes to it any more: its last entry will have no more lines, and its last line no end. */
  readonly isOver: boolean;
}

const NAME = /^(?<process>.+?)_(?<kind>LOG|STATS)_.*\.log$/s;
const TIME = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)/;
/** Read at a time. */
export const BLOCK_BYTES = 1 << 20;
const NEWLINE = 10;

/** undefined: it is no result log. */
export function resultName(file: string): ResultName | undefined {
  const groups = NAME.exec(file)?.groups;
  return groups === undefined ? undefined : { process: groups["process"] ?? "", kind: groups["kind"] as ResultName["kind"] };
}

/** What stands in the file from `offset` on, as far as it is to be taken now. */
export async function newEntries(path: string, offset: number, cut: Cut): Promise<NewEntries> {
  const block = await blockAt(path, offset);
  const isLast = block.length < BLOCK_BYTES;
  const whole = block.lastIndexOf(NEWLINE) + 1;
  // A line that fills a block has no end that could be waited for: it goes on in pieces.
  const length = (whole === 0 && !isLast) || (isLast && cut.isOver) ? block.length : whole;
  return taken(entriesOf(block.subarray(0, length), cut.encoding), offset, isLast, cut);
}

interface Entry {
  text: string;
  /** Undefined: its first line has none. */
  readonly timeMs: number | undefined;
  bytes: number;
}

/** From the front, so that there is one place to go on from. */
function taken(entries: readonly Entry[], offset: number, isLast: boolean, { beforeMs, waitUntilMs, isOver }: Cut): NewEntries {
  const texts: string[] = [];
  let end = offset;
  for (const [index, { text, timeMs, bytes }] of entries.entries()) {
    const mayGrow = index === entries.length - 1 && !isLast && 1 < entries.length; // The rest of it stands in the next block.
    if (mayGrow || (!isOver && timeMs !== undefined && beforeMs <= timeMs && timeMs < waitUntilMs)) break;
    texts.push(text);
    end += bytes;
  }
  return { entries: texts, offset: end, isMore: !isLast && offset < end };
}

function entriesOf(bytes: Buffer, encoding: string): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, at);
    const next = newline === -1 ? bytes.length : newline + 1;
    const text = iconv.decode(bytes.subarray(at, newline === -1 ? next : newline), encoding, { stripBOM: at === 0 }).replace(/\r$/, "");
    const timeMs = timeOf(text);
    const last = entries.at(-1);
    if (timeMs === undefined && last !== undefined) {
      last.text += `\n${text}`;
      last.bytes += next - at;
    } else entries.push({ text, timeMs, bytes: next - at });
    at = next;
  }
  return entries;
}

/** Of this machine's clock, as the programs wrote it. */
function timeOf(line: string): number | undefined {
  const found = TIME.exec(line);
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second] = found.map(Number);
  return new Date(year ?? 0, (month ?? 1) - 1, day, hour, minute, second).getTime();
}

async function blockAt(path: string, offset: number): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    let length = 0;
    while (length < BLOCK_BYTES) {
      const { bytesRead } = await file.read(block, length, BLOCK_BYTES - length, offset + length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return block.subarray(0, length);
  } finally {
    await file.close();
  }
}
