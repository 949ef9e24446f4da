// What stands beside a path after its rotations: `app.log.20261121-103000-123`, compressed to `….gz` or `….zst`. Every step can
// be cut off by a crash and is taken up again by looking at the folder: a temporary file is made anew, an original
// beside its finished compression is deleted, the oldest beyond `keep` go.
import { createReadStream, createWriteStream } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { systemCode } from "#base/errors.ts";
import { nodeZlib } from "#base/on-demand.ts";
import { stamp } from "./path-pattern.ts";

export type Compression = "none" | "gzip" | "zstd";
export const EXTENSIONS: Readonly<Record<Compression, string>> = { none: "", gzip: ".gz", zstd: ".zst" };

const UNFINISHED = ".tmp";
const STAMP = String.raw`\.\d{8}-\d{6}-\d{3}`;

/** A name for what stood at `path` that nothing has yet: the time of its end. */
export async function freeName(path: string, { nowMs, zone }: { nowMs: number; zone: string }): Promise<string> {
  const taken = new Set(await readdir(dirname(path)));
  for (let ms = nowMs; ; ms += 1) {
    const name = `${path}.${stamp(ms, zone)}`;
    if (Object.values(EXTENSIONS).every((extension) => !taken.has(basename(name + extension)))) return name;
  }
}

/** Compresses what is to be compressed and deletes what is too old. */
export async function tidyRotated(
  path: string,
  { compress, keep, signal }: { compress: Compression; keep: number | undefined; signal: AbortSignal },
): Promise<void> {
  const dir = dirname(path);
  const pattern = new RegExp(`^${RegExp.escape(basename(path))}(${STAMP})(\\.gz|\\.zst)?(${RegExp.escape(UNFINISHED)})?$`);
  const byStamp = new Map<string, string[]>();
  for (const name of (await readdir(dir)).sort()) {
    const match = pattern.exec(name);
    if (match === null) continue;
    if (match[3] !== undefined) await rm(join(dir, name), { force: true });
    else byStamp.set(match[1] ?? "", [...(byStamp.get(match[1] ?? "") ?? []), name]);
  }
  const stamps = [...byStamp.keys()].sort();
  for (const old of keep === undefined ? [] : stamps.splice(0, Math.max(0, stamps.length - keep))) {
    for (const name of byStamp.get(old) ?? []) await rm(join(dir, name), { force: true });
  }
  if (compress === "none") return;
  for (const each of stamps) {
    const plain = `${path}${each}`;
    const names = byStamp.get(each) ?? [];
    if (!names.includes(basename(plain))) continue;
    // A finished compression is complete: it got its name only then.
    if (names.length === 1) await compressFile(plain, compress, signal);
    await rm(plain, { force: true });
  }
}

async function compressFile(path: string, compress: "gzip" | "zstd", signal: AbortSignal): Promise<void> {
  const target = path + EXTENSIONS[compress];
  const { constants, createGzip, createZstdCompress } = nodeZlib();
  const compressor = compress === "gzip" ? createGzip({ level: 6 }) : createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } });
  await pipeline(createReadStream(path), compressor, createWriteStream(target + UNFINISHED), { signal });
  const handle = await open(target + UNFINISHED, "r+");
  try {
    await handle.sync(); // The original goes next: its replacement must be on disk, not only in memory.
  } finally {
    await handle.close();
  }
  await rename(target + UNFINISHED, target);
}

/** The file's number, or undefined when nothing stands at the path. */
export async function inodeAt(path: string): Promise<string | undefined> {
  try {
    return String((await stat(path, { bigint: true })).ino);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
