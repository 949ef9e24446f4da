// What is known of a file up to a byte: kept in the pipeline's commit, and in a journal of the output's own for a file
// that nothing is committed of yet.
import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { z } from "#sdk/plugin.ts";
import type { JsonValue } from "#base/json.ts";

const stateShape = z.object({
  /** Bytes that are ours to keep; what lies behind them was never committed. */
  length: z.number(),
  /** The system's number of the file (text: Windows has 64 bits). */
  inode: z.string(),
  /** Counts the files that have stood at this path; the higher one is the newer. */
  generation: z.number(),
  /** [bytes, CRC-32] of the end before `length`: that the file is the one we wrote, whoever has its number now. */
  tail: z.tuple([z.number(), z.number()]),
  /** When the file was begun, milliseconds since 1970: what time rotation counts from. */
  since: z.number(),
});
export type FileState = z.output<typeof stateShape>;

const TAIL_BYTES = 64;

/** A state from a store; undefined when it is none. */
export function stateOf(value: JsonValue | undefined): FileState | undefined {
  return stateShape.safeParse(value).data;
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
