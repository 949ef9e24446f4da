// The config file as something that is replaced: the old text or the new one stands there at any moment, whatever happens meanwhile.
import { closeSync, fchmodSync, fchownSync, fsyncSync, openSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isAlive } from "#base/alive.ts";
import { systemCode } from "#base/errors.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";

/** Throws with words when it cannot be. The rights and the owner stay; a symbolic link goes on pointing to what it points to. */
export function replaceConfigFile(file: string, text: string | Uint8Array): void {
  let beside: string | undefined;
  try {
    const target = realpathSync(file);
    removeLeftOvers(target);
    beside = join(dirname(target), `.${basename(target)}.${process.pid}.new`);
    writeLike(target, beside, text);
    renameSync(beside, target);
    syncFolder(dirname(target));
  } catch (error) {
    if (beside !== undefined) rmSync(beside, { force: true });
    throw cannot(file, error);
  }
}

function writeLike(target: string, beside: string, text: string | Uint8Array): void {
  const { mode, uid, gid } = statSync(target);
  const fd = openSync(beside, "w", 0o600);
  try {
    writeFileSync(fd, text);
    if (uid !== process.getuid?.() || gid !== process.getgid?.()) keepOwner(fd, uid, gid);
    fchmodSync(fd, mode & 0o7777);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function keepOwner(fd: number, uid: number, gid: number): void {
  if (process.platform !== "win32") fchownSync(fd, uid, gid);
}

/** What somebody has written since. */
export function isStill(file: string, bytes: Uint8Array): boolean {
  return Buffer.compare(readFileSync(file), bytes) === 0;
}

export function readConfigFile(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw cannot(file, error);
  }
}

/** What an agent that was killed has left there. */
function removeLeftOvers(target: string): void {
  const folder = dirname(target);
  const name = basename(target);
  for (const entry of readdirSync(folder)) {
    if (!entry.startsWith(`.${name}.`)) continue;
    const [, pid = ""] = /\.(\d+)\.new$/.exec(entry) ?? [];
    if (pid !== "" && !isAlive(Number(pid))) rmSync(join(folder, entry), { force: true });
  }
}

/** So that the new name is there after a power failure, too. Not every file system can. */
function syncFolder(folder: string): void {
  try {
    const fd = openSync(folder, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Windows opens no folders.
  }
}

function cannot(file: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const isOwned = code === "EPERM" || code === "EACCES" || code === "EROFS";
  const isMount = code === "EBUSY" || code === "EXDEV";
  const hint = isMount ? "The file is a mount of its own: mount the folder that it lies in." : isOwned ? "The agent must be able to write the file and its folder, and to leave the file to its owner." : code === "ENOSPC" ? "The disk is full." : "See to the file and its folder.";
  const hintKo = isMount ? "파일이 따로 마운트되어 있습니다. 파일이 있는 폴더를 마운트하세요." : isOwned ? "에이전트가 파일과 폴더에 쓸 수 있고, 파일의 소유자를 그대로 둘 수 있어야 합니다." : code === "ENOSPC" ? "디스크가 가득 찼습니다." : "파일과 폴더를 확인하세요.";
  return new CommandFailure("CONFLICT", { message: `${file} cannot be replaced (${code})`, hint, ko: { message: `${file} 파일을 바꿔 쓸 수 없습니다 (${code})`, hint: hintKo } }, { cause: error });
}
