// What became of a broker's jobs is written to their record together, a moment later. Whoever is killed meanwhile had told the broker, which has forgotten them: so each is in
// a file before, with one write a turn. It need not be synced: it has to outlive the process, not the machine. Two files take turns; one is emptied when all of it is in the record.
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";

export class RecordJournal {
  readonly #paths: readonly [string, string];
  /** Opened with the first record: most agents have no broker. */
  #descriptors: [number, number] | undefined;
  #current: 0 | 1 = 0;
  /** Batches of each file that are not in the record yet. */
  readonly #pending: [number, number] = [0, 0];
  #lines: string[] = [];

  constructor(file: string) {
    this.#paths = [`${file}-records.0`, `${file}-records.1`];
  }

  /** What a killed agent left, the older first. */
  read(): readonly unknown[] {
    return this.#paths.flatMap((path) => (existsSync(path) ? readFileSync(path, "utf8").split("\n").flatMap(parsed) : []));
  }

  /** Of what was read: it is in the record now. */
  clear(): void {
    for (const path of this.#paths) rmSync(path, { force: true });
  }

  /** Written with the others of this turn. */
  add(record: unknown): void {
    if (this.#lines.push(JSON.stringify(record)) === 1) queueMicrotask(() => this.#write());
  }

  /** All that was added is about to be recorded; what comes back is called when it is. */
  handOver(): () => void {
    this.#write();
    const own = this.#current;
    this.#pending[own] += 1;
    const other = own === 0 ? 1 : 0;
    if (this.#pending[other] === 0) this.#current = other;
    return () => {
      this.#pending[own] -= 1;
      if (this.#pending[own] === 0 && this.#current !== own && this.#descriptors !== undefined) ftruncateSync(this.#descriptors[own], 0);
    };
  }

  /** After the last batch was recorded, or could not be. */
  close(): void {
    for (const descriptor of this.#descriptors ?? []) closeSync(descriptor);
    if (this.#descriptors !== undefined && this.#pending.every((count) => count === 0)) this.clear();
    this.#descriptors = undefined;
  }

  #write(): void {
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join("\n")}\n`;
    this.#lines = [];
    try {
      this.#descriptors ??= [openSync(this.#paths[0], "a", 0o600), openSync(this.#paths[1], "a", 0o600)];
      writeSync(this.#descriptors[this.#current], text);
    } catch {
      // A full disk: the record waits in memory until there is room.
    }
  }
}

function parsed(line: string): readonly unknown[] {
  try {
    return line === "" ? [] : [JSON.parse(line) as unknown];
  } catch {
    return []; // Cut short by the full disk or with the machine.
  }
}
