// The files of the folders that are finished: nobody has written to them for a while.
import type { BigIntStats } from "node:fs";
import { posix } from "node:path";
import { discover, join, joinExact, namesIn, statIfThere } from "../parts/discover.ts";
import type { ExactPath } from "../parts/discover.ts";
import { excluder, parsePattern, splitList } from "../parts/path-pattern.ts";
import type { PathPattern } from "../parts/path-pattern.ts";
import { identityOf, isSame } from "./known-file.ts";
import type { Identity } from "./known-file.ts";

export interface FoundFile {
  /** Names the file among all positions. */
  readonly key: string;
  readonly path: string;
  readonly exact: ExactPath;
  readonly identity: Identity;
  readonly isStable: boolean;
}

export interface Looked {
  readonly files: readonly FoundFile[];
  /** Folders that could not be read, by the system's code. */
  readonly problems: ReadonlyMap<string, string>;
}

interface FinderOptions {
  readonly path: string | readonly string[];
  readonly exclude: string | readonly string[];
  readonly stableMs: number;
  readonly order: "name" | "mtime";
  /** Files in there are not looked at. */
  readonly moveTo: string | undefined;
}

export class FileFinder {
  readonly #options: FinderOptions;
  readonly #patterns: readonly PathPattern[];
  readonly #isExcluded: (path: string) => boolean;
  /** Since when files look as they do; only what the last look found. */
  #seen = new Map<string, { readonly identity: Identity; readonly sinceMs: number }>();

  constructor(options: FinderOptions, configDir: string) {
    const rules = { configDir, platform: process.platform };
    this.#options = options;
    this.#patterns = splitList(options.path).flatMap((text) => parsePattern(text, rules));
    this.#isExcluded = excluder(options.exclude, rules);
  }

  look(nowMs: number): Looked {
    const { files: found, problems } = discover(this.#patterns, this.#isExcluded, process.platform);
    const seen = new Map<string, { identity: Identity; sinceMs: number }>();
    const files: FoundFile[] = [];
    const add = (path: string, exact: ExactPath, stat: BigIntStats): void => {
      if (!stat.isFile() || posix.dirname(path) === this.#options.moveTo) return;
      // Two names that are no UTF-8 may look alike.
      const key = typeof exact === "string" ? path : `${path}?${exact.toString("hex")}`;
      const identity = identityOf(stat);
      const before = this.#seen.get(key);
      const sinceMs = before !== undefined && isSame(before.identity, identity) ? Math.min(before.sinceMs, nowMs) : nowMs;
      if (seen.has(key)) return;
      seen.set(key, { identity, sinceMs });
      files.push({ key, path, exact, identity, isStable: this.#options.stableMs <= nowMs - sinceMs });
    };
    for (const { path, exact, isNamed } of found.values()) {
      const stat = statIfThere(exact);
      if (stat === undefined) continue;
      if (!isNamed || !stat.isDirectory()) {
        add(path, exact, stat);
        continue;
      }
      for (const entry of namesIn(exact)) {
        const inside = { path: join(path, entry.name), exact: joinExact(exact, entry.exact) };
        const insideStat = entry.name.startsWith(".") || this.#isExcluded(inside.path) ? undefined : statIfThere(inside.exact);
        if (insideStat !== undefined) add(inside.path, inside.exact, insideStat);
      }
    }
    this.#seen = seen;
    return { files: files.sort(this.#options.order === "name" ? byPath : byTime), problems };
  }
}

function byPath(one: FoundFile, other: FoundFile): number {
  return one.path < other.path ? -1 : one.path > other.path ? 1 : 0;
}

function byTime(one: FoundFile, other: FoundFile): number {
  const difference = BigInt(one.identity.mtimeNs) - BigInt(other.identity.mtimeNs);
  return difference === 0n ? byPath(one, other) : difference < 0n ? -1 : 1;
}
