// What became of a broker's jobs is written to their record together, a moment later. Whoever is killed meanwhile had told the broker, which has forgotten them: so each is in
// a file before, with one write a turn. It need not be synced: it has to outlive the process, not the machine. Two files take turns; one is emptied when all of it is in the record.
//
// A record is a line of JSON behind a `#`, and behind it a line for each of its long texts (data, envelope, result) as they are: to escape them would cost as much as all the rest.
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import type { Outcome, QueuedJob } from "#sdk/queue.ts";
import type { StateNumber } from "./tables.ts";

/** What became of a job. */
export interface JobNews {
  readonly job: QueuedJob;
  readonly state: StateNumber;
  readonly begun: { readonly worker: string; readonly startedMs: number } | undefined;
  readonly outcome: Outcome | undefined;
  /** When it happened: it is written a moment later. */
  readonly atMs: number;
}

const HEAD = "#";
/** None of these begins with a `#`, nor has an end of a line in it. */
type Long = "data" | "envelope" | "result";

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
  read(): readonly JobNews[] {
    return this.#paths.flatMap((path) => (existsSync(path) ? [...recordsOf(readFileSync(path, "utf8").split("\n"))] : []));
  }

  /** Of what was read: it is in the record now. */
  clear(): void {
    for (const path of this.#paths) rmSync(path, { force: true });
  }

  /** Written with the others of this turn. */
  add(news: JobNews): void {
    if (this.#lines.length === 0) queueMicrotask(() => this.#write());
    this.#lines.push(linesOf(news));
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
    const text = `\n${this.#lines.join("\n")}\n`; // What a full disk cut short before is a line of its own.
    this.#lines = [];
    try {
      this.#descriptors ??= [openSync(this.#paths[0], "a", 0o600), openSync(this.#paths[1], "a", 0o600)];
      writeSync(this.#descriptors[this.#current], text);
    } catch {
      // A full disk: the record waits in memory until there is room.
    }
  }
}

function linesOf({ job, state, begun, outcome, atMs }: JobNews): string {
  let lines = "";
  const longs: Partial<Record<Long, number>> = {};
  const apart = (name: Long, text: string | undefined): string | undefined => {
    if (text === undefined || text.startsWith(HEAD) || text.includes("\n")) return text;
    longs[name] = text.length;
    lines += `\n${text}`;
    return undefined;
  };
  const { id, rule, priority, attempt, losses, createdMs, runAtMs, key, labels, from } = job;
  const short = { id, rule, priority, attempt, losses, createdMs, runAtMs, key, labels, from, data: apart("data", job.data), envelope: apart("envelope", job.envelope) };
  const ended = outcome?.type === "succeeded" ? { type: outcome.type, text: outcome.text, result: apart("result", outcome.result) } : outcome;
  return `${HEAD}${JSON.stringify({ longs, job: short, state, begun, outcome: ended, atMs })}${lines}`;
}

/** What was cut short, by a full disk or with the machine, is left out. */
function* recordsOf(lines: readonly string[]): Iterable<JobNews> {
  for (const [at, line] of lines.entries()) {
    if (!line.startsWith(HEAD)) continue;
    try {
      const { longs, job, outcome, ...rest } = JSON.parse(line.slice(HEAD.length)) as JobNews & { readonly longs: Readonly<Partial<Record<Long, number>>> };
      const texts: Partial<Record<Long, string>> = {};
      for (const [index, [name, length]] of Object.entries(longs).entries()) {
        const text = lines[at + 1 + index];
        if (text?.length !== length) throw new RangeError("cut short");
        texts[name as Long] = text;
      }
      const { result, ...ofJob } = texts;
      yield { ...rest, job: { ...job, ...ofJob }, outcome: outcome?.type === "succeeded" && result !== undefined ? { ...outcome, result } : outcome };
    } catch {
      // It is no whole one.
    }
  }
}
