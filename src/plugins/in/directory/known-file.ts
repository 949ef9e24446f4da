// What is known of a file that was read, or is being read; it is committed as the file's position.
import type { BigIntStats } from "node:fs";
import type { JsonValue } from "#base/json.ts";

/** Which file, in which state: when one of these is another, the file was changed or replaced. */
export interface Identity {
  readonly inode: string;
  readonly bytes: number;
  readonly mtimeNs: string;
}

export interface KnownFile {
  readonly identity: Identity;
  /** Bytes of whole lines that were read, of what is unpacked where the file is compressed. */
  readonly offset: number;
  /** It was read to its end. */
  readonly isDone: boolean;
}

export function identityOf({ ino, size, mtimeNs }: BigIntStats): Identity {
  return { inode: String(ino), bytes: Number(size), mtimeNs: String(mtimeNs) };
}

export function isSame(one: Identity, other: Identity): boolean {
  return one.inode === other.inode && one.bytes === other.bytes && one.mtimeNs === other.mtimeNs;
}

export function positionOf({ identity, offset, isDone }: KnownFile): JsonValue {
  return { ...identity, offset, isDone };
}

/** Checked by hand: a data-plane thread has no schemas. */
export function knownFileFrom(value: JsonValue | undefined): KnownFile | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { inode, bytes, mtimeNs, offset, isDone } = value as Record<string, unknown>;
  if (typeof inode !== "string" || typeof bytes !== "number" || typeof mtimeNs !== "string" || typeof offset !== "number" || typeof isDone !== "boolean") return undefined;
  return { identity: { inode, bytes, mtimeNs }, offset, isDone };
}
