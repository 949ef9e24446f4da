// Walks the folders that patterns lead to and finds the files that fit, and the folders to watch for new ones.
import { existsSync, lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import type { BigIntStats, Dirent } from "node:fs";
import { posix } from "node:path";
import { systemCode } from "#base/errors.ts";
import { fitsSegment, isGlob } from "./path-pattern.ts";
import type { PathPattern } from "./path-pattern.ts";

/** A name as the system gave it: text, or bytes where the text would not lead back to the file. */
export type ExactPath = string | Buffer;

export interface FoundFile {
  /** For people and for matching. */
  readonly path: string;
  readonly exact: ExactPath;
  /** Written out in the pattern, not found by a glob. */
  readonly isNamed: boolean;
}

export interface Discovered {
  readonly files: Map<string, FoundFile>;
  /** Folders whose changes may bring new files. */
  readonly directories: Set<string>;
  /** Folders that could not be read, by the system's code. */
  readonly problems: Map<string, string>;
}

interface Entry {
  readonly name: string;
  readonly exact: ExactPath;
  readonly isDirectory: boolean;
  readonly isLink: boolean;
}

const DEPTH_MAX = 64;

export function discover(patterns: readonly PathPattern[], isExcluded: (path: string) => boolean, platform: NodeJS.Platform): Discovered {
  const found: Discovered = { files: new Map(), directories: new Set(), problems: new Map() };
  const listed = new Map<string, readonly Entry[] | undefined>();

  const watchable = (path: string): void => void found.directories.add(path.length === 1 ? path : path.replace(/\/$/, ""));
  const list = (path: string, exact: ExactPath): readonly Entry[] => {
    if (!listed.has(path)) {
      try {
        listed.set(path, entriesOf(exact));
        watchable(path);
      } catch (error) {
        listed.set(path, undefined);
        found.problems.set(path, systemCode(error) ?? String(error));
        watchable(nearestFolder(path));
      }
    }
    return listed.get(path) ?? [];
  };
  const add = (path: string, exact: ExactPath, isNamed: boolean, isLink: boolean): void => {
    if (found.files.has(path) || isExcluded(path)) return;
    found.files.set(path, { path, exact, isNamed });
    // What a link leads to is written and renamed over there, so that is where to watch.
    if (isLink) watchable(realFolder(exact));
  };
  const walk = (path: string, exact: ExactPath, segments: readonly string[], depth: number): void => {
    const [segment, ...rest] = segments;
    if (segment === undefined || DEPTH_MAX < depth) return;
    if (segment === "**") {
      if (rest.length === 0) rest.push("*");
      walk(path, exact, rest, depth + 1);
      // Links are not followed here: they may lead in a circle.
      for (const entry of list(path, exact)) if (entry.isDirectory && !entry.name.startsWith(".")) walk(join(path, entry.name), joinExact(exact, entry.exact), segments, depth + 1);
      return;
    }
    const named = join(path, segment);
    if (existsSync(joinExact(exact, segment))) {
      if (rest.length === 0) {
        add(named, joinExact(exact, segment), true, lstatSync(joinExact(exact, segment), { throwIfNoEntry: false })?.isSymbolicLink() === true);
        watchable(path);
      } else walk(named, joinExact(exact, segment), rest, depth + 1);
      if (!isGlob(segment)) return;
    } else if (!isGlob(segment) && isAscii(segment)) {
      // Nothing can be spelled differently here, so the folder need not be listed.
      if (0 < rest.length) found.problems.set(named, "ENOENT");
      watchable(nearestFolder(path));
      return;
    }
    for (const entry of list(path, exact)) {
      if (!fitsSegment(segment, entry.name, platform)) continue;
      if (rest.length > 0 && (entry.isDirectory || entry.isLink)) walk(join(path, entry.name), joinExact(exact, entry.exact), rest, depth + 1);
      if (rest.length === 0 && !entry.isDirectory) add(join(path, entry.name), joinExact(exact, entry.exact), !isGlob(segment), entry.isLink);
    }
  };
  for (const { root, segments } of patterns) walk(root, root, segments, 0);
  return found;
}

function entriesOf(exact: ExactPath): Entry[] {
  const entries = readdirSync(exact, { withFileTypes: true });
  // A name that is no UTF-8 (an old CP949 system's) has lost its bytes in this reading.
  if (!entries.some(({ name }) => name.includes("\ufffd"))) return entries.map((entry) => entryOf(entry, entry.name, entry.name));
  return readdirSync(exact, { withFileTypes: true, encoding: "buffer" }).map((entry) => {
    const name = entry.name.toString();
    return entryOf(entry, name, Buffer.from(name).equals(entry.name) ? name : Buffer.from(entry.name));
  });
}

function entryOf(entry: Dirent | Dirent<Buffer>, name: string, exact: ExactPath): Entry {
  return { name, exact, isDirectory: entry.isDirectory(), isLink: entry.isSymbolicLink() };
}

/** The folder's entries by name; none when it cannot be read. */
export function namesIn(directory: ExactPath): { name: string; exact: ExactPath }[] {
  try {
    return entriesOf(directory).filter(({ isDirectory }) => !isDirectory);
  } catch {
    return []; // A folder that is gone holds nothing; whoever needs it says so.
  }
}

/** Facts of a file; undefined also when the way to it is closed: as good as gone until it opens. */
export function statIfThere(exact: ExactPath): BigIntStats | undefined {
  try {
    return statSync(exact, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

export function join(directory: string, name: string): string {
  return directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}

export function joinExact(directory: ExactPath, name: ExactPath): ExactPath {
  if (typeof directory === "string" && typeof name === "string") return join(directory, name);
  const bytes = Buffer.from(directory);
  return Buffer.concat([bytes, Buffer.from(bytes.at(-1) === 47 ? "" : "/"), Buffer.from(name)]);
}

export function folderOf(exact: ExactPath): ExactPath {
  if (typeof exact === "string") return posix.dirname(exact);
  return exact.subarray(0, Math.max(1, exact.lastIndexOf(47)));
}

function nearestFolder(path: string): string {
  let folder = path;
  while (!existsSync(folder) && posix.dirname(folder) !== folder) folder = posix.dirname(folder);
  return folder;
}

function realFolder(exact: ExactPath): string {
  try {
    return posix.dirname(realpathSync(exact).replaceAll("\\", "/"));
  } catch {
    return nearestFolder(String(exact)); // A link to nothing yet.
  }
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}
