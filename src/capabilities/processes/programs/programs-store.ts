// Uploaded programs on the disk. A version is made aside and moved to its place when all of it is on the disk: there is no half of one, whenever the agent is killed.
import { createHash } from "node:crypto";
import { createWriteStream, existsSync } from "node:fs";
import { chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { systemCode, UsageError } from "#base/errors.ts";
import { Turns } from "#base/turns.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { ProcessTypes } from "#kernel/process-types.ts";
import type { Log } from "#sdk/plugin.ts";
import { ABOUT, currentVersion, folderOf, namesIn, setCurrent, syncFolder, versionsIn, writeWhole } from "./program-folder.ts";
import type { ProgramAbout } from "./program-folder.ts";
import type { Programs, ProgramStatus, ProgramVersion } from "./programs.ts";
import type { UnpackBounds } from "./unpack-zip.ts";

export interface ProgramsParts {
  /** Made when it is missing: `<data>/processes/programs`. */
  readonly dir: string;
  readonly log: Log;
  readonly types: ProcessTypes;
  readonly bytesMax?: number;
  readonly versionsMax?: number;
  readonly unpack?: Partial<UnpackBounds>;
  readonly now?: () => number;
}

const BYTES_MAX = 512 << 20;
const VERSIONS_MAX = 10;
const INCOMING = ".incoming-";
/** Names that Windows keeps for devices. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

export function openPrograms({ dir, log, types, bytesMax = BYTES_MAX, versionsMax = VERSIONS_MAX, unpack = {}, now = Date.now }: ProgramsParts): Programs {
  const turns = new Turns();
  let incoming = 0;
  let cleaned: Promise<void> | undefined;

  /** What changes which versions there are. */
  const inTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = await turns.take();
    try {
      return await work();
    } catch (error) {
      throw understood(error, dir);
    } finally {
      done();
    }
  };

  /** What an agent that was killed had begun. */
  const clean = async (): Promise<void> => {
    for (const name of await namesIn(dir)) for (const each of await namesIn(join(dir, name))) if (each.startsWith(INCOMING)) await rm(join(dir, name, each), { recursive: true, force: true });
  };

  const versionOf = async (process: string, version: number): Promise<ProgramAbout> => {
    const versions = await versionsIn(folderOf(dir, process));
    const found = versions.find((each) => each.version === version);
    if (found === undefined) throw noVersion(process, version, versions.map((each) => each.version));
    return found;
  };

  const keepLast = async (folder: string, current: number): Promise<void> => {
    const old = (await versionsIn(folder)).filter(({ version }) => version !== current).slice(versionsMax - 1);
    for (const { version } of old) await rm(join(folder, String(version)), { recursive: true, force: true }).catch((error: unknown) => log.warn("an old version of a program could not be removed", { folder, version, error }));
  };

  const put: Programs["put"] = async (process, typeName, fileName, content, by) => {
    checkFileName(fileName);
    const { type } = await types.load(typeName);
    await (cleaned ??= clean());
    const folder = folderOf(dir, process);
    const staged = join(folder, `${INCOMING}${(incoming += 1)}`);
    try {
      await mkdir(join(staged, "bin"), { recursive: true });
      const isUnpacked = type.program === "zip";
      const file = isUnpacked ? join(staged, "upload.zip") : join(staged, "bin", fileName);
      const { bytes, sha256 } = await receive(content, file, bytesMax);
      if (isUnpacked) {
        const { unpackZip } = await import("./unpack-zip.ts"); // With libraries that few agents need.
        await unpackZip(file, join(staged, "bin"), unpack);
        await rm(file);
      } else await chmod(file, 0o755);
      const problem = await type.programProblem?.({ path: isUnpacked ? join(staged, "bin") : file, fileName });
      if (problem !== undefined) throw new CommandFailure("INVALID", { message: problem.en, ko: { message: problem.ko } });
      return await inTurn(async () => {
        const version = Math.max(0, ...(await versionsIn(folder)).map((each) => each.version), currentVersion(folder) ?? 0) + 1;
        const about: ProgramAbout = { process, version, fileName, bytes, sha256, atMs: now(), by, isUnpacked };
        await writeWhole(join(staged, ABOUT), about);
        await syncFolder(staged);
        await rm(join(folder, String(version)), { recursive: true, force: true }); // One whose facts cannot be read is none.
        await rename(staged, join(folder, String(version)));
        await syncFolder(folder);
        await setCurrent(folder, version);
        await keepLast(folder, version);
        return shown(about, version);
      });
    } catch (thrown) {
      // Its process was removed while it came, and its folder with that.
      const error = systemCode(thrown) === "ENOENT" && !existsSync(staged) ? wasRemoved(process, thrown) : thrown;
      await rm(staged, { recursive: true, force: true }).catch((cause: unknown) => log.warn("what is left of an upload could not be removed", { path: staged, error: cause }));
      throw understood(error, dir);
    }
  };

  return {
    put,
    async list() {
      const statuses: ProgramStatus[] = [];
      for (const name of await namesIn(dir)) {
        const folder = join(dir, name);
        const versions = await versionsIn(folder).catch(() => []);
        const current = currentVersion(folder);
        const owner = versions[0]?.process;
        if (owner !== undefined) statuses.push({ process: owner, versions: versions.map((about) => shown(about, current)) });
      }
      return statuses.sort((a, b) => (a.process < b.process ? -1 : 1));
    },
    use: (process, version) =>
      inTurn(async () => {
        const about = await versionOf(process, version);
        await readdir(join(folderOf(dir, process), String(version), "bin"));
        await setCurrent(folderOf(dir, process), version);
        return shown(about, version);
      }),
    remove: (process) => inTurn(() => rm(folderOf(dir, process), { recursive: true, force: true })),
  };
}

async function receive(content: Readable | Buffer, file: string, bytesMax: number): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      hash.update(chunk);
      done(bytesMax < bytes ? tooLong(bytesMax) : null, chunk);
    },
  });
  await pipeline(Buffer.isBuffer(content) ? Readable.from([content]) : content, counted, createWriteStream(file, { flags: "wx", flush: true }));
  if (bytes === 0) throw new CommandFailure("INVALID", { message: "the file is empty", ko: { message: "파일이 비어 있습니다" } });
  return { bytes, sha256: hash.digest("hex") };
}

function shown({ version, fileName, bytes, sha256, atMs, by }: ProgramAbout, current: number | undefined): ProgramVersion {
  return { version, fileName, bytes, sha256, atMs, by, isCurrent: version === current };
}

/** A name alone, that every system takes as it is. */
function checkFileName(name: string): void {
  // oxlint-disable-next-line no-control-regex
  const isWell = name !== "" && Buffer.byteLength(name) <= 255 && !/[\x00-\x1f\x7f/\\:*?"<>|]|[. ]$|^\s/.test(name) && !DEVICE.test(name);
  if (!isWell) throw new CommandFailure("INVALID", { message: `\`${name.slice(0, 100)}\` cannot be the name of a file`, hint: "Give the name alone, without folders: `etl.py`.", ko: { message: `파일 이름으로 쓸 수 없습니다: \`${name.slice(0, 100)}\``, hint: "폴더 없이 이름만 쓰세요: `etl.py`" } });
}

function understood(error: unknown, dir: string): unknown {
  const code = systemCode(error);
  if (error instanceof CommandFailure || error instanceof UsageError || code === undefined) return error;
  if (code === "ENOSPC" || code === "EDQUOT") return new CommandFailure("UNAVAILABLE", { message: `the disk of ${dir} is full; nothing of the program was kept`, hint: "Make room, then upload it again.", ko: { message: `${dir} 디스크가 가득 찼습니다. 프로그램을 저장하지 않았습니다`, hint: "공간을 확보한 뒤 다시 업로드하세요." } }, { cause: error });
  if (code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ECONNRESET") return new CommandFailure("INVALID", { message: "the file came in part only; nothing of it was kept", ko: { message: "파일이 일부만 도착해 저장하지 않았습니다" } }, { cause: error });
  return error;
}

function wasRemoved(process: string, cause: unknown): CommandFailure {
  return new CommandFailure("CONFLICT", { message: `the program of \`${process}\` was removed while this one came`, ko: { message: `이 파일을 받는 사이에 \`${process}\` 프로세스의 프로그램이 삭제되었습니다` } }, { cause });
}

function tooLong(bytesMax: number): CommandFailure {
  const megabytes = Math.floor(bytesMax / (1 << 20));
  return new CommandFailure("INVALID", { message: `the file is larger than ${megabytes} MB`, ko: { message: `파일이 ${megabytes}MB보다 큽니다` } });
}

function noVersion(process: string, version: number, versions: readonly number[]): CommandFailure {
  return new CommandFailure("NOT_FOUND", {
    message: `the program of \`${process}\` has no version ${version}`,
    hint: versions.length === 0 ? "None was uploaded." : `There are ${versions.join(", ")}.`,
    ko: { message: `\`${process}\` 프로세스에 올린 버전 ${version} 프로그램이 없습니다`, hint: versions.length === 0 ? "업로드한 것이 없습니다." : `있는 버전: ${versions.join(", ")}` },
  });
}
