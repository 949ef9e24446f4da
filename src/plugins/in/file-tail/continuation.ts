// Where the rest of a file is that is no longer under its name: renamed in its folder, or copied or compressed by rotation.
import { closeSync, openSync, readSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { posix } from "node:path";
import { folderOf, join, joinExact, namesIn, statIfThere } from "../parts/discover.ts";
import type { ExactPath } from "../parts/discover.ts";
import { gzipHead, isGzipName } from "./gzip.ts";
import { fileKey, fingerprintOf, isSameFile } from "./position.ts";
import type { Position, ReadAt } from "./position.ts";

export interface Continuation {
  readonly key: string;
  readonly path: string;
  readonly exact: ExactPath;
  readonly stats: BigIntStats;
}

export interface FolderEntry extends Continuation {
  readonly name: string;
}

/** A look into folders; each is read at most once, so one object serves one moment. */
export class FolderLook {
  readonly #seen = new Map<string, readonly FolderEntry[]>();

  entries(path: string, exact: ExactPath): readonly FolderEntry[] {
    const folder = posix.dirname(path);
    let entries = this.#seen.get(folder);
    if (entries === undefined) {
      const exactFolder = folderOf(exact);
      entries = namesIn(exactFolder).flatMap(({ name, exact: exactName }) => {
        const exactPath = joinExact(exactFolder, exactName);
        const stats = statIfThere(exactPath);
        return stats?.isFile() === true ? [{ name, key: fileKey(stats), path: join(folder, name), exact: exactPath, stats }] : [];
      });
      this.#seen.set(folder, entries);
    }
    return entries;
  }
}

/**
 * The same inode under another name. Inodes are used again, so it must hold the same text, or have a name that rotation
 * makes of the old one: then it may have been emptied before it was renamed, which shows when it is opened.
 */
export function findRenamed(key: string, position: Position, exact: ExactPath, look: FolderLook): Continuation | undefined {
  return look.entries(position.path, exact).find((entry) => entry.key === key && (isContinuedIn(position, entry) || isRenamedByRotation(position.path, entry.path)));
}

/** Whether rotation may have given a file its other path as it was, not compressed. */
export function isRenamedByRotation(path: string, other: string): boolean {
  return !isGzipName(other) && isRotatedName(posix.basename(path), posix.basename(other));
}

/** Whether a file of the same inode holds the text that the position was taken in. */
export function isContinuedIn(position: Position, at: Continuation): boolean {
  if (isGzipName(position.path) !== isGzipName(at.path)) return false;
  return isGzipName(at.path) ? isSameHead(position, gzipHead(at.exact)) : isCopy(position, at);
}

/** A copy, plain or compressed, of the text that the position was taken in; the newest. */
export function findCopy(position: Position, exact: ExactPath, isKnown: (key: string) => boolean, look: FolderLook, readGzip: boolean): Continuation | undefined {
  if (position.fingerprintBytes === 0) return undefined;
  const name = posix.basename(position.path);
  const candidates = look.entries(position.path, exact).filter((entry) => isRotatedName(name, entry.name) && !isKnown(entry.key));
  return candidates
    .sort((one, other) => Number(other.stats.mtimeNs - one.stats.mtimeNs))
    .find((entry) => (isGzipName(entry.name) ? readGzip && isSameHead(position, gzipHead(entry.exact)) : isCopy(position, entry)));
}

/** Whether rotation may have made one name of the other: a.log.1, a.log-20261121.gz, a-20261121.log, a.1.log. */
export function isRotatedName(name: string, other: string): boolean {
  if (other === name) return false;
  if (other.startsWith(name)) return true;
  const [, stem = name, extension = ""] = /^(.+?)(\.[^.]*)$/.exec(name) ?? [];
  const plain = other.replace(/\.gz$/i, "");
  return plain.startsWith(stem) && plain.endsWith(extension) && /^[-._]?\d[-._:T\d]*$/.test(plain.slice(stem.length, plain.length - extension.length));
}

export function isSameHead({ fingerprint, fingerprintBytes }: Position, head: Buffer | undefined): boolean {
  return head !== undefined && fingerprintBytes <= head.length && 0 < fingerprintBytes && fingerprintOf(head.subarray(0, fingerprintBytes)) === fingerprint;
}

export function isCopy(position: Position, { exact, stats }: Continuation): boolean {
  if (Number(stats.size) < position.offset) return false;
  try {
    const descriptor = openSync(exact, "r");
    try {
      return isSameFile(position, Number(stats.size), readerOf(descriptor));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false; // Gone, or not ours to read.
  }
}

export function readerOf(descriptor: number): ReadAt {
  return (offset, bytes) => {
    const buffer = Buffer.alloc(bytes);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, bytes, offset));
  };
}
