// What the options say about which files are meant, put to the file system.
import { discover } from "../parts/discover.ts";
import type { Discovered } from "../parts/discover.ts";
import { excluder, parsePattern, splitList } from "../parts/path-pattern.ts";
import type { PathPattern } from "../parts/path-pattern.ts";
import { expandTimes } from "./time-codes.ts";

/** Files of a period that has just ended may still be made. */
const PERIOD_GRACE_MS = 60_000;

export class FileSearch {
  readonly #patterns: readonly PathPattern[];
  readonly #isExcluded: (path: string) => boolean;
  #lookedUpToMs: number;

  /** `sinceMs`: files of the periods that passed since then are looked for too. */
  constructor({ path, exclude }: { readonly path: string | readonly string[]; readonly exclude: string | readonly string[] }, configDir: string, sinceMs: number) {
    const rules = { configDir, platform: process.platform };
    this.#patterns = splitList(path).flatMap((text) => parsePattern(text, rules));
    this.#isExcluded = excluder(exclude, rules);
    this.#lookedUpToMs = sinceMs;
  }

  find(nowMs: number): Discovered {
    const fromMs = Math.min(this.#lookedUpToMs, nowMs) - PERIOD_GRACE_MS;
    this.#lookedUpToMs = nowMs;
    const patterns = this.#patterns.flatMap((pattern) => expandTimes(pattern, fromMs, nowMs));
    return discover(patterns, this.#isExcluded, process.platform);
  }
}
