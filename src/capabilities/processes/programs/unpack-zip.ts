// Unpacks a zip of somebody who may mean ill. Every name of its directory is looked at before anything is written, and what comes out is counted while it
// does, whatever the zip says of its sizes. The directory at the zip's end is what counts (yauzl): an unpacker that streams goes by headers that lie.
import { createWriteStream } from "node:fs";
import { chmod, mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import iconv from "iconv-lite";
import { openPromise } from "yauzl";
import type { Entry } from "yauzl";
import { systemCode, toError } from "#base/errors.ts";
import { composed } from "#base/text.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";

export interface UnpackBounds {
  readonly entriesMax: number;
  readonly bytesMax: number;
  /** Unpacked to packed; held only for more than `ratioFromBytes`, for small texts pack well. */
  readonly ratioMax: number;
  readonly ratioFromBytes: number;
}

export const usualUnpackBounds: UnpackBounds = { entriesMax: 20_000, bytesMax: 2 ** 31, ratioMax: 200, ratioFromBytes: 64 << 20 };
/** Deeper than any program, and short enough for every system. */
const PATH_LENGTH_MAX = 400;
const DEPTH_MAX = 32;
const DIRECTORY = 0o040000;
const REGULAR = 0o100000;
const FILE_TYPE = 0o170000;
const FOR_OWNER = 0o100;
/** Names that Windows keeps for devices. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

interface Named {
  readonly entry: Entry;
  readonly path: string;
  readonly isFolder: boolean;
}

/** `dir` exists and is empty. Rejects with CommandFailure; whoever called removes what was written then. */
export async function unpackZip(file: string, dir: string, given: Partial<UnpackBounds> = {}): Promise<void> {
  const bounds = { ...usualUnpackBounds, ...given };
  const { size } = await stat(file);
  const zip = await openPromise(file, { decodeStrings: false, autoClose: false, strictFileNames: true }).catch((error: unknown) => {
    throw systemCode(error) === undefined ? refused(`it is no zip, or is cut off: ${toError(error).message}`, "zip이 아니거나 잘렸습니다") : error;
  });
  try {
    if (bounds.entriesMax < zip.entryCount) throw tooMany(bounds);
    const named: Named[] = [];
    const folded = new Map<string, string>();
    for await (const entry of zip.eachEntry()) {
      if (bounds.entriesMax <= named.length) throw tooMany(bounds);
      const one = checkedEntry(entry as unknown as Entry);
      remember(folded, one);
      named.push(one);
    }
    if (named.length === 0) throw refused("nothing is in it", "안에 아무것도 없습니다");
    let bytes = 0;
    for (const { entry, path, isFolder } of named) {
      const target = join(dir, path);
      await mkdir(isFolder ? target : dirname(target), { recursive: true });
      if (isFolder) continue;
      let crc = 0;
      let written = 0;
      const counted = new Transform({
        transform(chunk: Buffer, _, done) {
          crc = crc32(chunk, crc);
          written += chunk.length;
          bytes += chunk.length;
          const isTooMuch = bounds.bytesMax < bytes || (bounds.ratioFromBytes < bytes && bounds.ratioMax < bytes / size);
          done(isTooMuch ? tooLarge(bounds) : null, chunk);
        },
      });
      await pipeline(await openEntry(zip, entry), counted, createWriteStream(target, { flags: "wx", flush: true }));
      if (crc !== entry.crc32 || written !== entry.uncompressedSize) throw refused(`\`${path}\` is damaged`, `\`${path}\` 파일이 손상되었습니다`);
      if (isExecutable(entry, path)) await chmod(target, 0o755);
    }
  } catch (error) {
    if (error instanceof CommandFailure || isOfSystem(error)) throw error;
    throw refused(`it is damaged: ${toError(error).message}`, "zip이 손상되었습니다");
  } finally {
    zip.close();
  }
}

function isOfSystem(error: unknown): boolean {
  const code = systemCode(error);
  return code !== undefined && !code.startsWith("Z_") && !code.startsWith("ERR_");
}

type Zip = Awaited<ReturnType<typeof openPromise>>;

async function openEntry(zip: Zip, entry: Entry): Promise<NodeJS.ReadableStream> {
  return zip.openReadStreamPromise(entry);
}

function checkedEntry(entry: Entry): Named {
  const name = nameOf(entry);
  const shown = JSON.stringify(name.slice(0, 100));
  if (entry.isEncrypted()) throw refused(`${shown} is encrypted; pack it without a password`, `${shown} 파일이 암호화되어 있습니다. 암호 없이 압축하세요`);
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) throw refused(`${shown} is packed in a way that is not known here (method ${entry.compressionMethod}); pack it with deflate`, `${shown} 파일의 압축 방식(${entry.compressionMethod})을 지원하지 않습니다. deflate로 압축하세요`);
  if (entry.extraFields.some(({ id }) => id === 1)) throw refused(`${shown} is larger than 4 GB, or says so (zip64)`, `${shown} 파일이 4GB보다 크거나 그렇게 적혀 있습니다(zip64)`);
  const isFolder = name.endsWith("/");
  const path = isFolder ? name.slice(0, -1) : name;
  const parts = path.split("/");
  const isWellNamed = path.length <= PATH_LENGTH_MAX && parts.length <= DEPTH_MAX && parts.every(isSafePart);
  if (!isWellNamed) throw refused(`it holds the path ${shown}, which may lead out of its folder or cannot be kept`, `${shown} 경로는 폴더 밖을 가리키거나 저장할 수 없습니다`);
  // What Unix says of the kind, wherever the zip says that it was made: an unpacker of another system would go by it.
  const kind = (entry.externalFileAttributes >>> 16) & FILE_TYPE;
  if (kind !== 0 && kind !== REGULAR && kind !== DIRECTORY) throw refused(`${shown} is a link or a device; only files and folders are taken`, `${shown}: 링크나 장치입니다. 파일과 폴더만 넣을 수 있습니다`);
  return { entry, path, isFolder };
}

function isSafePart(part: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return part !== "" && part !== "." && part !== ".." && Buffer.byteLength(part) <= 255 && !/[\x00-\x1f\x7f\\:*?"<>|]|[. ]$/.test(part) && !DEVICE.test(part);
}

/** Two that are one file where case does not count, and files that others have as their folder. */
function remember(folded: Map<string, string>, { path, isFolder }: Named): void {
  const parts = composed(path).toLowerCase().split("/");
  for (let count = 1; count <= parts.length; count += 1) {
    const key = parts.slice(0, count).join("/");
    const isLast = count === parts.length;
    const kind = isLast && !isFolder ? "file" : `folder ${path.split("/").slice(0, count).join("/")}`;
    const before = folded.get(key);
    if (before !== undefined && (before !== kind || kind === "file")) throw refused(`two of its names are one where case does not count: \`${path}\``, `대소문자를 구별하지 않으면 이름이 겹칩니다: \`${path}\``);
    folded.set(key, kind);
  }
}

function isExecutable({ externalFileAttributes }: Entry, path: string): boolean {
  return ((externalFileAttributes >>> 16) & FOR_OWNER) !== 0 || /\.(sh|bat|cmd|exe)$/i.test(path);
}

/** Flag 11 says UTF-8; without it older Korean systems write CP949. */
function nameOf({ generalPurposeBitFlag, fileNameRaw }: Entry): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(fileNameRaw);
  } catch {
    if ((generalPurposeBitFlag & 0x800) !== 0) throw refused("one of its names is not the UTF-8 that it says it is", "UTF-8이라고 적힌 이름이 UTF-8이 아닙니다");
    return iconv.decode(fileNameRaw, "cp949");
  }
}

function tooMany({ entriesMax }: UnpackBounds): CommandFailure {
  return refused(`it holds more than ${entriesMax} files`, `파일이 ${entriesMax}개보다 많습니다`);
}

function tooLarge({ bytesMax, ratioMax }: UnpackBounds): CommandFailure {
  return refused(`it grows to more than ${Math.floor(bytesMax / (1 << 20))} MB, or to more than ${ratioMax} times its size`, `풀면 ${Math.floor(bytesMax / (1 << 20))}MB를 넘거나 원래 크기의 ${ratioMax}배를 넘습니다`);
}

function refused(en: string, ko: string): CommandFailure {
  return new CommandFailure("INVALID", { message: `the zip was not taken: ${en}`, ko: { message: `zip을 받지 않았습니다: ${ko}` } });
}
