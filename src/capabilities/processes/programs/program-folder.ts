// How the versions of one process's program lie on the disk: `<process>/<n>/` with `about.json` and the program in `bin/`, and `<process>/current.json`. Read
// by whoever uploads, and by the thread of the processes before each start.
import { readFileSync } from "node:fs";
import { open, readdir, rename } from "node:fs/promises";
import { join, sep } from "node:path";
import { systemCode } from "#base/errors.ts";
import { fileSafeName } from "#base/file-name.ts";
import type { ProgramPlace } from "#sdk/process-type.ts";
import type { ProgramVersion } from "./programs.ts";

/** What stands in `about.json`. */
export interface ProgramAbout extends Omit<ProgramVersion, "isCurrent"> {
  /** Names of folders are not always those of their processes. */
  readonly process: string;
  /** It was a zip, and is unpacked. */
  readonly isUnpacked: boolean;
}

export const ABOUT = "about.json";
const CURRENT = "current.json";

export function folderOf(dir: string, process: string): string {
  return dir + sep + fileSafeName(process);
}

/** Where the program of a version is: its file, or the folder that it was unpacked into. */
export function programPath(folder: string, { version, fileName, isUnpacked }: Pick<ProgramAbout, "version" | "fileName" | "isUnpacked">): string {
  return isUnpacked ? join(folder, String(version), "bin") : join(folder, String(version), "bin", fileName);
}

/** What the process runs; undefined: nothing was uploaded. */
export function currentProgram(dir: string, process: string): ProgramPlace | undefined {
  const folder = folderOf(dir, process);
  const version = currentVersion(folder);
  const about = version === undefined ? undefined : readAbout(folder, version);
  return about === undefined ? undefined : { path: programPath(folder, about), fileName: about.fileName, version: about.version };
}

export function currentVersion(folder: string): number | undefined {
  const { version } = readJson(folder + sep + CURRENT) ?? {};
  return typeof version === "number" ? version : undefined;
}

/** The newest version first; folders that hold none are left out. */
export async function versionsIn(folder: string): Promise<ProgramAbout[]> {
  const names = await namesIn(folder);
  return names.flatMap((name) => (/^[1-9]\d{0,8}$/.test(name) ? (readAbout(folder, Number(name)) ?? []) : [])).sort((a, b) => b.version - a.version);
}

export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

export async function setCurrent(folder: string, version: number): Promise<void> {
  await writeWhole(join(folder, CURRENT), { version });
  await syncFolder(folder);
}

/** The old text or the new one, whenever the power fails. */
export async function writeWhole(path: string, value: object): Promise<void> {
  const next = `${path}.new`;
  const file = await open(next, "w");
  try {
    await file.writeFile(JSON.stringify(value));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
}

/** What was renamed in it lasts. Windows does not open folders. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const opened = await open(folder, "r");
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}

function readAbout(folder: string, version: number): ProgramAbout | undefined {
  const { process: owner, fileName, bytes, sha256, atMs, by, isUnpacked } = readJson(join(folder, String(version), ABOUT)) ?? {};
  const isWhole = [owner, fileName, sha256, by].every((text) => typeof text === "string") && [bytes, atMs].every((number) => typeof number === "number");
  return isWhole ? ({ process: owner, version, fileName, bytes, sha256, atMs, by, isUnpacked: isUnpacked === true } as ProgramAbout) : undefined;
}

function readJson(path: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}
