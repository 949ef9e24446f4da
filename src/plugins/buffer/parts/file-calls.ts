// Reads and writes of whole spans at a place in a file, straight from and to chunk memory.
import fs from "node:fs";

/** Writes all the buffers, one behind the other; one call may take only some of their bytes. */
export async function writeAll(fd: number, buffers: readonly Buffer[], position: number): Promise<void> {
  let left = buffers;
  for (let at = position; ; ) {
    const written = await new Promise<number>((resolve, reject) => fs.writev(fd, left, at, (error, count) => (error === null ? resolve(count) : reject(error))));
    at += written;
    left = without(left, written);
    if (left.length === 0) return;
  }
}

/** Fills the buffers from the file as far as it goes; gives the bytes read. */
export async function readAll(fd: number, buffers: readonly Buffer[], position: number): Promise<number> {
  let left = buffers;
  for (let done = 0; ; ) {
    const read = await new Promise<number>((resolve, reject) => fs.readv(fd, left, position + done, (error, count) => (error === null ? resolve(count) : reject(error))));
    done += read;
    left = without(left, read);
    if (read === 0 || left.length === 0) return done;
  }
}

export async function flush(fd: number): Promise<void> {
  await new Promise<void>((resolve, reject) => fs.fdatasync(fd, (error) => (error === null ? resolve() : reject(error))));
}

/** Makes a new or renamed file's name last; Windows has no such call and needs none. */
export async function flushFolder(dir: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await fs.promises.open(dir, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What of the buffers lies behind their first `bytes`. */
function without(buffers: readonly Buffer[], bytes: number): readonly Buffer[] {
  let skip = bytes;
  let index = 0;
  for (; index < buffers.length && (buffers[index]?.length ?? 0) <= skip; index += 1) skip -= buffers[index]?.length ?? 0;
  const [first, ...rest] = buffers.slice(index);
  return first === undefined ? [] : [first.subarray(skip), ...rest];
}
