// Which file is which, over renames, truncation and restarts. A file is known by device and inode, and because
// inodes are used again, by what it holds: a hash of its first bytes, which grows while the file is small,
// and a checksum of the bytes just before the place reached.
import type { BigIntStats } from "node:fs";
import { crc32c } from "#base/crc32.ts";
import type { JsonValue } from "#base/json.ts";
import { sha256 } from "#base/sha256.ts";
import type { ChunkMemory } from "#dataplane/memory.ts";

export const HEAD_BYTES = 1024;
export const TAIL_BYTES = 64;

/** How far a file was read; what is committed for it. Offsets are bytes of the file, or of what a compressed file holds. A type, not an interface: it is plain JSON. */
export type Position = {
  readonly path: string;
  /** The path it was first followed under, where that is another: of a log that was rotated. */
  readonly name?: string;
  readonly offset: number;
  /** Hash of the first `fingerprintBytes` bytes (at most HEAD_BYTES, never beyond the offset). */
  readonly fingerprint: string;
  readonly fingerprintBytes: number;
  /** CRC-32C of the `tailBytes` bytes before the offset. */
  readonly tail: number;
  readonly tailBytes: number;
  /** When it was delivered, in milliseconds since 1970. */
  readonly at: number;
};

export const KEY_PREFIX = "file:";

export function fileKey(stats: BigIntStats): string {
  return `${KEY_PREFIX}${stats.dev}:${stats.ino}`;
}

export function fingerprintOf(head: Uint8Array): string {
  return sha256(head).toString("hex", 0, 8);
}

export interface Tail {
  readonly tail: number;
  readonly tailBytes: number;
}

/** Of the bytes just before a place; at most TAIL_BYTES of them count. */
export function tailOf(before: Uint8Array): Tail {
  const start = Math.max(0, before.length - TAIL_BYTES);
  return { tail: crc32c(before, start), tailBytes: before.length - start };
}

/** The same of bytes in chunk memory. */
export function tailIn({ kernels }: ChunkMemory, start: number, end: number): Tail {
  const tailBytes = Math.min(TAIL_BYTES, end - start);
  return { tail: kernels.crc32c(end - tailBytes, tailBytes, 0), tailBytes };
}

/** What a store gave back; undefined when it is no position of ours. */
export function toPosition(value: JsonValue | undefined): Position | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { path, name, offset, fingerprint = "", fingerprintBytes = 0, tail = 0, tailBytes = 0, at = 0 } = value as { [key: string]: JsonValue };
  if (typeof path !== "string" || typeof offset !== "number" || typeof fingerprint !== "string") return undefined;
  if (typeof fingerprintBytes !== "number" || typeof tail !== "number" || typeof tailBytes !== "number" || typeof at !== "number") return undefined;
  return { path, ...(typeof name === "string" ? { name } : {}), offset, fingerprint, fingerprintBytes, tail, tailBytes, at };
}

/** Of the same text under another path. */
export function movedTo(path: string, position: Position): Position {
  return { ...position, path, name: position.name ?? position.path };
}

/** Reads bytes at a place; fewer at the end of the file. */
export type ReadAt = (offset: number, bytes: number) => Uint8Array;

/** Whether a file of `size` bytes is the one the position was taken in. */
export function isSameFile(position: Position, size: number, readAt: ReadAt): boolean {
  if (size < position.offset) return false;
  const { fingerprintBytes, tailBytes, offset } = position;
  if (0 < fingerprintBytes && fingerprintOf(readAt(0, fingerprintBytes)) !== position.fingerprint) return false;
  return tailBytes === 0 || tailOf(readAt(offset - tailBytes, tailBytes)).tail === position.tail;
}
