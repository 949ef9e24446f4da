// Remembers, over a crash, how long a file was before our first write to it. Commits cannot say that: they come after a
// write. An entry goes as soon as a commit of the same file is there: later it would only cut off what is ours.
import { readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import type { JsonValue } from "#base/json.ts";
import type { Log } from "#sdk/plugin.ts";
import { stateOf } from "./file-state.ts";
import type { FileState } from "./file-state.ts";

export class Journal {
  readonly #file: string;
  readonly #entries: Map<string, FileState>;
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(file: string, log: Log) {
    this.#file = file;
    this.#entries = readEntries(file, log);
  }

  get(path: string): FileState | undefined {
    return this.#entries.get(path);
  }

  /** Paths with an entry. */
  get paths(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** Resolves when the entry is on disk. */
  note(path: string, state: FileState): Promise<void> {
    this.#entries.set(path, state);
    return this.#write();
  }

  /** Drops the entries that `isDone`; resolves when the disk has forgotten them too. */
  async drop(isDone: (path: string, noted: FileState) => boolean): Promise<void> {
    const done = [...this.#entries].filter(([path, noted]) => isDone(path, noted));
    if (done.length === 0) return;
    for (const [path] of done) this.#entries.delete(path);
    await this.#write();
  }

  #write(): Promise<void> {
    this.#lastWrite = this.#lastWrite.catch(() => undefined).then(() => replaceFile(this.#file, JSON.stringify(Object.fromEntries(this.#entries))));
    return this.#lastWrite;
  }
}

function readEntries(file: string, log: Log): Map<string, FileState> {
  const entries = new Map<string, FileState>();
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return entries; // The first start.
  }
  try {
    for (const [path, value] of Object.entries(JSON.parse(text) as Record<string, JsonValue>)) {
      const state = stateOf(value);
      if (state !== undefined) entries.set(path, state);
    }
  } catch (error) {
    log.warn("the journal of the file output is damaged; a file begun just before a crash may hold some records twice", { file, error });
  }
  return entries;
}

async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.new`;
  const handle = await open(temporary, "w");
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
