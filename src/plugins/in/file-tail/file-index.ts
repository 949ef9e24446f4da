// The files that are known, by identity and by path. A path belongs to one file at a time; a file that lost its path is
// still found under it as the one that had it last.
import { realpathSync } from "node:fs";
import type { FoundFile } from "../parts/discover.ts";
import type { TailFile } from "./tail-file.ts";

export class FileIndex {
  /** By key; also those that lost their path and are read to their end. */
  readonly all = new Map<string, TailFile>();
  readonly #byPath = new Map<string, TailFile>();
  /** Files that lost their path, by the one they had. */
  readonly #lateByPath = new Map<string, TailFile>();
  /** Where links lead. */
  readonly #byRealPath = new Map<string, TailFile>();
  #looking: Iterator<TailFile> | undefined;

  /** The files under their own paths. */
  get named(): ReadonlyMap<string, TailFile> {
    return this.#byPath;
  }

  /** The file under a path, or where a link of it leads. */
  at(path: string): TailFile | undefined {
    return this.#byPath.get(path) ?? this.#byRealPath.get(path);
  }

  /** The file under a path, or the last one that was. */
  lastAt(path: string): TailFile | undefined {
    return this.#byPath.get(path) ?? this.#lateByPath.get(path);
  }

  hasItsPath(file: TailFile): boolean {
    return this.#byPath.get(file.path) === file;
  }

  add(file: TailFile): void {
    this.all.set(file.key, file);
    this.#byPath.set(file.path, file);
    if (typeof file.exact !== "string") return;
    const real = realPathOf(file.exact);
    if (real !== undefined && real !== file.path) this.#byRealPath.set(real, file);
  }

  /** A file without a path of its own. */
  addLate(file: TailFile): void {
    this.all.set(file.key, file);
  }

  rename(file: TailFile, { path, exact }: FoundFile): void {
    this.#forgetPath(file);
    file.path = path;
    file.exact = exact;
    this.#byPath.set(path, file);
  }

  /** Its path leads to another file, or nowhere. */
  detach(file: TailFile): void {
    this.#byPath.delete(file.path);
    this.#lateByPath.set(file.path, file);
  }

  remove(file: TailFile): void {
    this.all.delete(file.key);
    this.#forgetPath(file);
  }

  /** The next ones, at most `most`, going round through all that have their path. */
  *inTurn(most: number): Generator<TailFile> {
    for (let given = 0; given < Math.min(most, this.#byPath.size); given += 1) {
      let next = this.#looking?.next();
      if (next === undefined || next.done === true) next = (this.#looking = this.#byPath.values()[Symbol.iterator]()).next();
      if (next.done !== true) yield next.value;
    }
  }

  #forgetPath(file: TailFile): void {
    for (const paths of [this.#byPath, this.#lateByPath]) if (paths.get(file.path) === file) paths.delete(file.path);
  }
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined; // Gone since it was found.
  }
}
