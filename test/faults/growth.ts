// What has grown since: to kill an agent between two of its writes.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";

/** Tells by how many bytes a file, or the segments in a buffer's folder, have grown from now on; what is deleted does not count. */
export function growthOf(path: string): () => number {
  const before = new Map(filesIn(path).map((file) => [file, bytesOf(file)]));
  return () => filesIn(path).reduce((bytes, file) => bytes + Math.max(0, bytesOf(file) - (before.get(file) ?? 0)), 0);
}

/** Looks as often as it can until that is so, for a time: the moment matters, and that it comes is not promised. */
export async function lookUntil(isTrue: () => boolean, withinMs: number): Promise<void> {
  for (const end = performance.now() + withinMs; !isTrue() && performance.now() < end; ) await turn();
}

function filesIn(path: string): string[] {
  if (!existsSync(path)) return [];
  return statSync(path).isDirectory() ? readdirSync(path).filter((name) => name.endsWith(".seg")).map((name) => join(path, name)) : [path];
}

function bytesOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
