// Tells when a config or a plugin file beside it has changed. Folders are watched, not files: editors and config maps put a new file in the
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
  /** Called when nothing has changed any more for a moment; never twice at a time. */
  changed(): Promise<void>;
  /** In place of the system's. */
  readonly watchFolder?: typeof watch;
}

/** Writing a file is several changes, and so is a checkout of several files. */
const SETTLE_MS = 300;
/** What never comes to rest is looked at all the same. */
const SETTLE_WITHIN_MS = 3000;
const POLL_MS = 2000;
/** Of plugin files and the folders of plugin packages. */
const FILES_MAX = 1000;

/** Watches until what comes back is called. */
export function watchConfig({ configFile, log, changed, watchFolder = watch }: ConfigWatch): () => void {
  const plugins = join(dirname(configFile), "plugins");
  const watchers = new Map<string, FSWatcher>();
  let seen = facts(configFile, plugins);
  let settling: NodeJS.Timeout | undefined;
  let firstMs = 0;
  let isBusy = false;
  let isClosed = false;
  let polling: NodeJS.Timeout | undefined;

  const look = async (): Promise<void> => {
    settling = undefined;
    if (isBusy || isClosed) return;
    const now = facts(configFile, plugins);
    watchAll();
    if (now === seen) return;
    seen = now;
    isBusy = true;
    await changed().finally(() => (isBusy = false));
    if (facts(configFile, plugins) !== seen) stir();
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
    polling = setInterval(() => void (facts(configFile, plugins) === seen ? undefined : stir()), POLL_MS).unref();
  };
  const watchAll = (): void => {
    for (const folder of foldersOf(configFile, plugins)) {
      if (watchers.has(folder) || polling !== undefined) continue;
      try {
        // Beside a config other files may be written all the time; those only count where they come and go.
        const watcher = watchFolder(folder, (event, name) => {
          if (event === "rename" || name === null || folder === plugins || name === basename(configFile)) stir();
        });
        watcher.on("error", (error) => poll(folder, error)).unref();
        watchers.set(folder, watcher);
      } catch (error) {
        poll(folder, error);
      }
    }
    // One that was removed may be made again: the next look watches it anew.
    for (const [folder, watcher] of watchers) {
      if (statSync(folder, { throwIfNoEntry: false }) !== undefined) continue;
      watcher.close();
      watchers.delete(folder);
    }
  };
  watchAll();
  return () => {
    isClosed = true;
    clearTimeout(settling);
    clearInterval(polling);
    for (const watcher of watchers.values()) watcher.close();
  };
}

function foldersOf(configFile: string, plugins: string): Set<string> {
  return new Set([dirname(configFile), dirname(realPath(configFile)), plugins].filter((folder) => statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true));
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
function facts(configFile: string, plugins: string): string {
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
  return [factsOf(configFile), ...within(plugins, 1).sort()].join("\n");
}

function factsOf(path: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(path, { bigint: true });
    return `${path} ${ino} ${size} ${mtimeNs}`;
  } catch {
    return `${path} gone`;
  }
}
