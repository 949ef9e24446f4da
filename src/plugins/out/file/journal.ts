// Remembers, over a crash, how long a file was before our first write to it. Commits cannot say that: they come after a
// write. An entry counts until a commit of the same or a newer generation of the file is there.
import { readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import type { JsonValue } from "#base/json.ts";
import type { Log } from "#sdk/plugin.ts";
import { stateOf } from "./file-state.ts";
import type { FileState } from "./file-state.ts";

export interface Journal {
  get(path: string): FileState | undefined;
  /** Paths with an entry. */
  paths(): readonly string[];
  /** Resolves when the entry is on disk. */
  note(path: string, state: FileState): Promise<void>;
}

/** `isCommitted` says which entries are no longer needed. */
export function openJournal(file: string, { isCommitted, log }: { isCommitted: (path: string, state: FileState) => boolean; log: Log }): Journal {
  const entries = readEntries(file, log);
  let lastWrite = Promise.resolve();
  return {
    get: (path) => entries.get(path),
    paths: () => [...entries.keys()],
    note(path, state) {
      for (const [other, noted] of entries) if (isCommitted(other, noted)) entries.delete(other);
      entries.set(path, state);
      lastWrite = lastWrite.catch(() => undefined).then(() => replaceFile(file, JSON.stringify(Object.fromEntries(entries))));
      return lastWrite;
    },
  };
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
