// The first line of each source, which names its columns, kept on disk: after a restart in the middle of a file there is no other
// way to know it. Written before the line's batch goes on, so no position is committed behind a header that is not known.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import type { PluginContext } from "#sdk/plugin.ts";

const SOURCES_MAX = 1000;

export class HeaderStore {
  readonly #path: string;
  readonly #log: PluginContext["log"];
  /** The source used last stands last. */
  readonly #lines = new Map<string, string>();
  #hasFailed = false;

  constructor(path: string, log: PluginContext["log"]) {
    this.#path = path;
    this.#log = log;
    for (const [source, line] of this.#read()) this.#lines.set(source, line);
  }

  of(source: string): string | undefined {
    const line = this.#lines.get(source);
    if (line !== undefined) this.#place(source, line);
    return line;
  }

  remember(source: string, line: string): void {
    this.#place(source, line);
    for (const oldest of this.#lines.keys()) {
      if (this.#lines.size <= SOURCES_MAX) break;
      this.#lines.delete(oldest);
    }
    try {
      const descriptor = openSync(`${this.#path}.new`, "w");
      try {
        writeSync(descriptor, JSON.stringify([...this.#lines]));
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(`${this.#path}.new`, this.#path);
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) this.#log.warn("header lines could not be kept; after a restart in the middle of a file its next line is taken for its header", { path: this.#path, error: String(error) });
      this.#hasFailed = true;
    }
  }

  #place(source: string, line: string): void {
    this.#lines.delete(source);
    this.#lines.set(source, line);
  }

  #read(): readonly (readonly [string, string])[] {
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") this.#log.warn("header lines could not be read", { path: this.#path, error: String(error) });
      return [];
    }
    try {
      const kept: unknown = JSON.parse(text);
      if (Array.isArray(kept) && kept.every(isPair)) return kept.slice(-SOURCES_MAX);
    } catch {
      // Said below.
    }
    this.#log.warn("kept header lines are damaged; the next line of each source is taken for its header", { path: this.#path });
    return [];
  }
}

function isPair(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === "string" && typeof value[1] === "string";
}
