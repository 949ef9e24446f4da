// What is known of a file up to a byte: kept in the pipeline's commit, and in a journal of the output's own for a file
// that nothing is committed of yet.
import type { FileHandle } from "node:fs/promises";
import { crc32 } from "#base/crc32.ts";
import type { JsonValue } from "#base/json.ts";

/** A type, not an interface: it goes into a commit as JSON. */
export type FileState = {
  /** Bytes that are ours to keep; what lies behind them was never committed. */
  readonly length: number;
  /** The system's number of the file (text: Windows has 64 bits). */
  readonly inode: string;
  /** Counts the files that have stood at this path; the higher one is the newer. */
  readonly generation: number;
  /** [bytes, CRC-32] of the end before `length`: that the file is the one we wrote, whoever has its number now. */
  readonly tail: readonly [number, number];
  /** When the file was begun, milliseconds since 1970: what time rotation counts from. */
  readonly since: number;
};

const TAIL_BYTES = 64;

/** A state from a store; undefined when it is none. Checked by hand: a data-plane thread has no schemas. */
export function stateOf(value: JsonValue | undefined): FileState | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { length, inode, generation, tail, since } = value as { readonly [key: string]: JsonValue };
  if (typeof length !== "number" || typeof inode !== "string" || typeof generation !== "number" || typeof since !== "number" || !Array.isArray(tail)) return undefined;
  const [bytes, checksum] = tail;
  return typeof bytes === "number" && typeof checksum === "number" ? { length, inode, generation, tail: [bytes, checksum], since } : undefined;
}

export function tailOf(bytes: Buffer): [number, number] {
  const end = bytes.subarray(Math.max(0, bytes.length - TAIL_BYTES));
  return [end.length, crc32(end)];
}

/** The state of a file as it stands. */
export async function stateNow(handle: FileHandle, { generation, since }: { generation: number; since: number }): Promise<FileState> {
  const { size, ino } = await handle.stat({ bigint: true });
  const length = Number(size);
  return { length, inode: String(ino), generation, tail: tailOf(await read(handle, Math.max(0, length - TAIL_BYTES), Math.min(length, TAIL_BYTES))), since };
}

/** Whether the file is the one of the state, with every byte of it. */
export async function isFileOf(state: FileState, handle: FileHandle): Promise<boolean> {
  const { size, ino } = await handle.stat({ bigint: true });
  if (String(ino) !== state.inode || Number(size) < state.length) return false;
  const [bytes, checksum] = state.tail;
  return crc32(await read(handle, state.length - bytes, bytes)) === checksum;
}

async function read(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
