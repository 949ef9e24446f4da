// One watch a folder, not a file: thousands of files cost one. Where the system cannot watch, polling does it alone.
import { statSync, watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { systemCode } from "#base/errors.ts";

/** What happened: a name was made, removed or renamed, or a file was written. `folder` ends with a slash; `name` is unknown on some systems. */
export type OnChange = (folder: string, name: string | undefined, isRename: boolean) => void;

interface Watched {
  readonly watcher: FSWatcher;
  /** Device and inode: a folder that was removed and made again needs a new watch. */
  readonly identity: string;
}

export class DirectoryWatch {
  readonly #watched = new Map<string, Watched>();
  readonly #said = new Set<string>();
  readonly #onChange: OnChange;
  readonly #onProblem: (directory: string, code: string) => void;

  constructor(onChange: OnChange, onProblem: (directory: string, code: string) => void) {
    this.#onChange = onChange;
    this.#onProblem = onProblem;
  }

  /** Watches exactly these; says whether one was not watched before. */
  set(directories: ReadonlySet<string>): boolean {
    let isAnyNew = false;
    for (const directory of [...this.#watched.keys()]) if (!directories.has(directory)) this.#drop(directory);
    for (const directory of directories) {
      const identity = identityOf(directory);
      if (this.#watched.get(directory)?.identity === identity) continue;
      this.#drop(directory);
      if (identity !== undefined) isAnyNew = this.#watch(directory, identity) || isAnyNew;
    }
    return isAnyNew;
  }

  close(): void {
    for (const directory of [...this.#watched.keys()]) this.#drop(directory);
  }

  #watch(directory: string, identity: string): boolean {
    try {
      const folder = directory.endsWith("/") ? directory : `${directory}/`;
      const watcher = watch(directory, (event, name) => this.#onChange(folder, name ?? undefined, event === "rename"));
      watcher.on("error", (error) => {
        this.#drop(directory);
        this.#sayOnce(directory, systemCode(error) ?? error.message);
      });
      this.#watched.set(directory, { watcher, identity });
      return true;
    } catch (error) {
      if (systemCode(error) !== "ENOENT") this.#sayOnce(directory, systemCode(error) ?? String(error));
      return false;
    }
  }

  /** It is tried again each time, and said the first time. */
  #sayOnce(directory: string, code: string): void {
    if (this.#said.has(directory)) return;
    this.#said.add(directory);
    this.#onProblem(directory, code);
  }

  #drop(directory: string): void {
    this.#watched.get(directory)?.watcher.close();
    this.#watched.delete(directory);
  }
}

function identityOf(directory: string): string | undefined {
  const stats = statSync(directory, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`;
}
