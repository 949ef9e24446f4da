// Tells when a config, a plugin file beside it or another file that it was made of has changed. Folders are watched, not files: editors and config maps put a new file in the
// place of the old one. An event only says when to look; whether something changed, the files' own facts say. It is loaded into an
// agent: nothing that reads configs belongs here.
import { readdirSync, realpathSync, statSync, watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { basename, dirname, join } from "node:path";
import { systemCode } from "#base/errors.ts";
import type { Log } from "#sdk/plugin.ts";

export interface ConfigWatch {
  readonly configFile: string;
  readonly log: Log;
  /** What the config was made of beside itself. */
  readonly files?: readonly string[];
  /** When reading began (Unix time): what has changed since then may not be what was read. */
  readonly readSinceMs?: number;
  /** Called when nothing has changed any more for a moment; never twice at a time. Is told what the config was made of, and gives what it is made of now. */
  changed(files: readonly string[]): Promise<readonly string[]>;
  /** In place of the system's. */
  readonly watchFolder?: typeof watch;
}

/** Writing a file is several changes, and so is a checkout of several files. */
const SETTLE_MS = 300;
/** What never comes to rest is looked at all the same. */
const SETTLE_WITHIN_MS = 3000;
const POLL_MS = 2000;
/** Of plugin files and the folders of plugin packages, and again of all others. */
const FILES_MAX = 1000;
/** File systems take their times from a clock that is a little behind. */
const CLOCK_BEHIND_MS = 20;
/** Files of these are made anew whenever they are looked at. */
const SYSTEM_FILE = /^\/(?:proc|sys|dev)\//;

/** Watches until what comes back is called. */
export function watchConfig({ configFile, files: given = [], readSinceMs = Infinity, log, changed, watchFolder = watch }: ConfigWatch): () => void {
  const plugins = join(dirname(configFile), "plugins");
  const watchers = new Map<string, FSWatcher>();
  let files = watchable(given, configFile);
  let wanted = foldersOf(files, plugins);
  let seen = facts(files, plugins);
  let settling: NodeJS.Timeout | undefined;
  let firstMs = 0;
  let isBusy = false;
  let isClosed = false;
  let polling: NodeJS.Timeout | undefined;

  const look = async (): Promise<void> => {
    settling = undefined;
    if (isBusy || isClosed) return;
    const now = facts(files, plugins);
    watchAll();
    if (now === seen) return;
    seen = now;
    isBusy = true;
    const next = await changed(files.slice(1)).finally(() => (isBusy = false));
    const before = files;
    files = watchable(next, configFile);
    const fresh = facts(files, plugins);
    // In this order: what changes between the two looks is seen by this one, what changes later differs from the other.
    const hasMoved = facts(before, plugins) !== seen;
    seen = hasMoved ? "" : fresh;
    if (isClosed) return;
    watchAll();
    if (hasMoved) stir();
  };
  const stir = (): void => {
    if (isBusy || isClosed) return;
    const nowMs = performance.now();
    if (settling === undefined) firstMs = nowMs;
    clearTimeout(settling);
    settling = setTimeout(() => void look(), Math.max(0, Math.min(SETTLE_MS, firstMs + SETTLE_WITHIN_MS - nowMs))).unref();
  };
  const poll = (folder: string, error: unknown): void => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
    if (polling !== undefined || isClosed || systemCode(error) === "ENOENT") return;
    log.info("the config's folder cannot be watched; it is looked at now and then", { folder, error: String(error), everyMs: POLL_MS });
    polling = setInterval(() => void (facts(files, plugins) === seen ? undefined : stir()), POLL_MS).unref();
  };
  const watchAll = (): void => {
    wanted = foldersOf(files, plugins);
    for (const folder of wanted.keys()) {
      if (watchers.has(folder) || polling !== undefined) continue;
      try {
        // Beside a config other files may be written all the time; those only count where they come and go.
        const watcher = watchFolder(folder, (event, name) => {
          if (event === "rename" || name === null || folder === plugins || wanted.get(folder)?.has(name) === true) stir();
        });
        watcher.on("error", (error) => poll(folder, error)).unref();
        watchers.set(folder, watcher);
      } catch (error) {
        poll(folder, error);
      }
    }
    // One that was removed may be made again: the next look watches it anew.
    for (const [folder, watcher] of watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
  };
  watchAll();
  if (files.some((file) => readSinceMs - CLOCK_BEHIND_MS < changedAtMs(file))) {
    seen = "";
    stir();
  }
  return () => {
    isClosed = true;
    clearTimeout(settling);
    clearInterval(polling);
    for (const watcher of watchers.values()) watcher.close();
  };
}

/** The config is the first of them. */
function watchable(files: readonly string[], configFile: string): readonly string[] {
  return [configFile, ...files.filter((file) => !SYSTEM_FILE.test(file)).slice(0, FILES_MAX)];
}

/** The folders to watch, and the names in them that count. Of a folder that is not there it is the one above that is. */
function foldersOf(files: readonly string[], plugins: string): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>();
  const add = (file: string): void => {
    let folder = dirname(file);
    while (!isFolder(folder) && folder !== dirname(folder)) folder = dirname(folder);
    folders.set(folder, (folders.get(folder) ?? new Set()).add(basename(file)));
  };
  for (const file of files) {
    add(file);
    add(realPath(file));
  }
  if (isFolder(plugins) && !folders.has(plugins)) folders.set(plugins, new Set());
  return folders;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A link leads to a file in another folder. */
function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

/** What tells one state of the files from another, as one text. */
function facts(files: readonly string[], plugins: string): string {
  let left = FILES_MAX;
  const within = (folder: string, depth: number): string[] => {
    try {
      return readdirSync(folder, { withFileTypes: true })
        .filter(({ name }) => !name.startsWith(".") && name !== "node_modules")
        .flatMap((entry) => {
          const path = join(folder, entry.name);
          if (left-- <= 0) return [];
          return entry.isDirectory() && 0 < depth ? within(path, depth - 1) : [factsOf(path)];
        });
    } catch {
      return []; // Not there.
    }
  };
  return [...files.map(factsOf), ...within(plugins, 1).sort()].join("\n");
}

/** Also when a file with older facts was put in its place. */
function changedAtMs(path: string): number {
  try {
    return statSync(path).ctimeMs;
  } catch {
    return 0;
  }
}

function factsOf(path: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(path, { bigint: true });
    return `${path} ${ino} ${size} ${mtimeNs}`;
  } catch {
    return `${path} gone`;
  }
}
