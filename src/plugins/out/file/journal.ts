// Remembers, over a crash, how long a file was before our first write to it. Commits cannot say that: they come after a
// write. An entry goes as soon as a commit of the same file is there: later it would only cut off what is ours.
// And it remembers which files were left in good order: what lies behind such a one's end is somebody else's, and is not cut off.
import { readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import type { JsonValue } from "#base/json.ts";
import type { Log } from "#sdk/plugin.ts";
import { stateOf } from "./file-state.ts";
import type { FileState } from "./file-state.ts";

/** One for all steps of a pipeline: a file may come to another step when the config changes. */
const shared = new Map<string, { readonly journal: Journal; users: number }>();

export function openJournal(file: string, log: Log): Journal {
  const known = shared.get(file) ?? { journal: new Journal(file, log), users: 0 };
  known.users += 1;
  shared.set(file, known);
  return known.journal;
}

/** As often as it was opened. */
export function closeJournal(file: string): void {
  const known = shared.get(file);
  if (known === undefined) return;
  known.users -= 1;
  if (known.users === 0) shared.delete(file);
}

export class Journal {
  readonly #file: string;
  readonly #entries: Map<string, FileState>;
  /** As they were left. */
  readonly #closed: Map<string, FileState>;
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(file: string, log: Log) {
    this.#file = file;
    const { noted, closed } = readJournal(file, log);
    this.#entries = noted;
    this.#closed = closed;
  }

  /** Whether all of the file was committed when it was left, and this is how it was. */
  wasClosed(path: string, { generation, length }: FileState): boolean {
    const closed = this.#closed.get(path);
    return closed !== undefined && closed.generation === generation && closed.length === length;
  }

  /** All of them is committed, and nothing will be written any more. */
  async close(files: ReadonlyMap<string, FileState>): Promise<void> {
    if (files.size === 0) return;
    for (const [path, state] of files) this.#closed.set(path, state);
    await this.#write();
  }

  /** Something will be written: from now on what is behind its commit is ours. Resolves when the disk knows it. */
  async reopen(path: string): Promise<void> {
    if (this.#closed.delete(path)) await this.#write();
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

  /** Nothing more is to be known of the file. */
  forget(path: string): Promise<void> {
    const isKnown = [this.#entries.delete(path), this.#closed.delete(path)].includes(true);
    return isKnown ? this.#write() : Promise.resolve();
  }

  #write(): Promise<void> {
    this.#lastWrite = this.#lastWrite.catch(() => undefined).then(() => replaceFile(this.#file, JSON.stringify({ noted: Object.fromEntries(this.#entries), closed: Object.fromEntries(this.#closed) })));
    return this.#lastWrite;
  }
}

function readJournal(file: string, log: Log): { noted: Map<string, FileState>; closed: Map<string, FileState> } {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return { noted: new Map(), closed: new Map() }; // The first start.
  }
  try {
    const { noted = {}, closed = {} } = JSON.parse(text) as { readonly noted?: Record<string, JsonValue>; readonly closed?: Record<string, JsonValue> };
    return { noted: statesOf(noted), closed: statesOf(closed) };
  } catch (error) {
    log.warn("the journal of the file output is damaged; a file begun just before a crash may hold some records twice", { file, error });
    return { noted: new Map(), closed: new Map() };
  }
}

function statesOf(entries: Readonly<Record<string, JsonValue>>): Map<string, FileState> {
  return new Map(Object.entries(entries).flatMap(([path, value]) => {
    const state = stateOf(value);
    return state === undefined ? [] : [[path, state] as const];
  }));
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
