// The lines of a position file: how they are written, and how much of a damaged file can be believed.
import { crc32c } from "#base/crc32.ts";
import type { JsonValue } from "#base/json.ts";

export type Changes = Readonly<Record<string, JsonValue | null>>;

const NEWLINE = 10;
const CRC_DIGITS = 8;

/** One commit as a line. */
export function lineOf(content: Changes | readonly [Changes]): Buffer {
  const json = JSON.stringify(content);
  // Three bytes a UTF-16 unit is the most UTF-8 takes.
  const room = Buffer.allocUnsafe(CRC_DIGITS + 2 + json.length * 3);
  const end = CRC_DIGITS + 1 + room.write(json, CRC_DIGITS + 1, "utf8");
  room.write(`${crc32c(room, CRC_DIGITS + 1, end).toString(16).padStart(CRC_DIGITS, "0")} `, 0, "latin1");
  room[end] = NEWLINE;
  return room.subarray(0, end + 1);
}

/** The whole state, written twice: one flipped bit in it must not cost everything. */
export function snapshotOf(state: ReadonlyMap<string, JsonValue>): Buffer {
  const line = lineOf([Object.fromEntries(state)]);
  return Buffer.concat([line, line]);
}

export interface Found {
  readonly state: Map<string, JsonValue>;
  /** Bytes of the file that are good from its start on. */
  readonly length: number;
  /** What is wrong behind them, or with one of the snapshots. */
  readonly problem?: string;
}

/** What a file says, up to its first bad line. Never throws. */
export function readPositions(bytes: Buffer): Found {
  const state = new Map<string, JsonValue>();
  if (bytes.length === 0) return { state, length: 0 };
  const first = snapshotLength(bytes);
  if (first === undefined) return { state, length: 0, problem: "both copies of the state are damaged" };
  const isWhole = isSnapshotAt(bytes, 0, first) && isSnapshotAt(bytes, first, first * 2);
  apply(state, contentOf(bytes, isSnapshotAt(bytes, 0, first) ? 0 : first, isSnapshotAt(bytes, 0, first) ? first : first * 2));
  let at = Math.min(first * 2, bytes.length);
  while (at < bytes.length) {
    const end = bytes.indexOf(NEWLINE, at) + 1;
    const content = end === 0 ? undefined : contentOf(bytes, at, end);
    if (content === undefined || Array.isArray(content)) return { state, length: at, problem: end === 0 ? "the last line is cut off" : "a line is damaged" };
    apply(state, content);
    at = end;
  }
  return isWhole ? { state, length: at } : { state, length: at, problem: "one of two copies of the state is damaged; the other was used" };
}

/**
 * Length of one copy of the snapshot. Where the first copy is bad, the second ends with a newline and begins in the middle of what
 * lies before it: that finds it even when the damage made or took away a newline.
 */
function snapshotLength(bytes: Buffer): number | undefined {
  for (let end = bytes.indexOf(NEWLINE) + 1; 0 < end; end = bytes.indexOf(NEWLINE, end) + 1) {
    if (isSnapshotAt(bytes, 0, end)) return end;
    if (end % 2 === 0 && isSnapshotAt(bytes, end / 2, end)) return end / 2;
  }
  return undefined;
}

function isSnapshotAt(bytes: Buffer, start: number, end: number): boolean {
  // Looking for "[" first keeps the search in a long damaged file cheap.
  return bytes[start + CRC_DIGITS + 1] === 0x5b && Array.isArray(contentOf(bytes, start, end));
}

/** What the line `bytes[start, end)` says; undefined when it is bad. */
function contentOf(bytes: Buffer, start: number, end: number): Changes | readonly [Changes] | undefined {
  const json = start + CRC_DIGITS + 1;
  if (bytes.length < end || end < json + 2 || bytes[end - 1] !== NEWLINE || bytes[json - 1] !== 0x20) return undefined;
  const digits = bytes.toString("latin1", start, start + CRC_DIGITS);
  if (!/^[0-9a-f]{8}$/.test(digits) || Number.parseInt(digits, 16) !== crc32c(bytes, json, end - 1)) return undefined;
  try {
    const content: unknown = JSON.parse(bytes.toString("utf8", json, end - 1));
    return typeof content === "object" && content !== null ? (content as Changes | readonly [Changes]) : undefined;
  } catch {
    return undefined; // A line with a right checksum that is no JSON was made by someone else.
  }
}

function apply(state: Map<string, JsonValue>, content: Changes | readonly [Changes] | undefined): void {
  const changes = (Array.isArray(content) ? content[0] : content) as Changes | undefined;
  for (const [key, value] of Object.entries(changes ?? {})) {
    if (value === null) state.delete(key);
    else state.set(key, value);
  }
}
