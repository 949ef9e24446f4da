// Tells copies that rotation makes (copy and truncate) from new files. A copy is not read while its original still holds
// the text; when that is emptied or gone, the copy is where the rest of it is.
import { closeSync, openSync } from "node:fs";
import type { Continuation } from "./continuation.ts";
import { isCopy, readerOf } from "./continuation.ts";
import type { ExactPath } from "../parts/discover.ts";
import { statIfThere } from "../parts/discover.ts";
import { HEAD_BYTES } from "./position.ts";
import type { Position, ReadAt } from "./position.ts";
import type { TailFile } from "./tail-file.ts";

/** A copy that rotation is still writing is left alone until it was not written for so long. */
const SETTLES_MS = 2000;
/** Heads known less far are alike by chance. */
export const SURE_HEAD_BYTES = 256;

/** The names that a name may go on: a.log.1.gz → a.log.1, a.log, a. */
export function* originalPaths(path: string): Generator<string> {
  for (let shorter = path; ; ) {
    const next = shorter.replace(/[._-][^._\-/]*$/, "");
    if (next === shorter || next.endsWith("/")) return;
    yield (shorter = next);
  }
}

/** Whether the file is a copy of what was read. With a short head the whole text must be the same, or the original must have lost it. */
export function isCopyOfRead(position: Position, at: Continuation, isLost: () => boolean): boolean {
  if (position.fingerprintBytes === 0 || !isCopy(position, at)) return false;
  return SURE_HEAD_BYTES <= position.fingerprintBytes || Number(at.stats.size) === position.offset || isLost();
}

/** Whether the file lost, while nobody looked, the text that its committed position is of. */
export function wasEmptied({ unverified, key, path, exact }: TailFile): boolean {
  const stats = statIfThere(exact);
  return unverified !== undefined && stats !== undefined && !isCopy(unverified, { key, path, exact, stats });
}

/** Whether the file looks like a copy of the original that is not complete yet. */
export function isStillCopied(original: TailFile, { exact, stats }: Continuation, nowMs: number): boolean {
  const bytes = Number(stats.size);
  if (original.fingerprintBytes < SURE_HEAD_BYTES || original.offset <= bytes || SETTLES_MS <= nowMs - Number(stats.mtimeMs)) return false;
  const head = (readAt: ReadAt): Buffer => Buffer.from(readAt(0, Math.min(bytes, HEAD_BYTES)));
  try {
    return withFile(exact, head).equals(withFile(original.exact, head));
  } catch {
    return false; // Whoever opens it next says why it cannot be read.
  }
}

export function withFile<Result>(exact: ExactPath, use: (readAt: ReadAt) => Result): Result {
  const descriptor = openSync(exact, "r");
  try {
    return use(readerOf(descriptor));
  } finally {
    closeSync(descriptor);
  }
}
