// A folder of result logs, gathered at each interval. What was given on and how far that is in each file is committed together; deleting comes after it.
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { systemCode, toError } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import type { Delivery, GivenRecord, Input, PluginContext } from "#sdk/plugin.ts";
import { KeptSamples } from "../parts/kept-samples.ts";
import { BLOCK_BYTES, newEntries, resultName } from "./result-log.ts";
import type { ResultName } from "./result-log.ts";

export interface ResultLogsOptions {
  readonly path: string;
  readonly intervalMs: number;
  readonly deleteAfterMs: number;
  readonly encoding: string;
  /** Records kept for viewing. */
  readonly keep: number;
  readonly tag: string;
}

interface Found extends ResultName {
  readonly path: string;
  /** Of this file and no later one of its name. */
  readonly id: string;
  readonly bytes: number;
  readonly changedMs: number;
}

/** By process. No plain object: a process may be called `constructor`. */
type Gathered = Readonly<Record<ResultName["kind"], Map<string, string[]>>>;

/** Followed by the file's id and no name: a file that is renamed goes on where it was. */
const POSITION = "result:";
/** Who writes an entry of several lines is given so long to finish it. */
const SETTLE_MS = 2000;
const ROOM_BYTES = 64 << 10;

export class ResultLogsInput implements Input {
  readonly #options: ResultLogsOptions;
  readonly #context: PluginContext;
  readonly #dir: string;
  /** How far was given on. */
  readonly #given = new Map<string, number>();
  /** How far was taken: it is committed. */
  readonly #taken = new Map<string, number>();
  readonly #toForget = new Set<string>();
  readonly #said = new Set<string>();
  readonly #samples: KeptSamples;
  #isFirst = true;
  #isMore = false;

  constructor(options: ResultLogsOptions, context: PluginContext) {
    this.#options = options;
    this.#context = context;
    this.#samples = new KeptSamples(options.keep);
    this.#dir = resolve(context.configDir, options.path);
    for (const key of context.committedKeys(POSITION)) {
      const offset = Number(context.committed(key));
      this.#given.set(key.slice(POSITION.length), offset);
      this.#taken.set(key.slice(POSITION.length), offset);
    }
  }

  async read(signal: AbortSignal): Promise<Delivery | undefined> {
    const { clock, mode, pool } = this.#context;
    while (!signal.aborted) {
      if (!this.#isMore && mode === "test" && !this.#isFirst) return undefined;
      if (!this.#isMore && !this.#isFirst) await clock.pause(this.#untilNextMs(), signal);
      if (signal.aborted) break;
      this.#isFirst = false;
      await pool.room(ROOM_BYTES, signal);
      if (signal.aborted) break;
      const found = await this.#look();
      if (found === undefined) continue;
      await this.#deleteTaken(found);
      const delivery = await this.#gather(found);
      if (delivery !== undefined) return delivery;
    }
    return undefined;
  }

  samples(): readonly GivenRecord[] {
    return this.#samples.all;
  }

  async close(): Promise<void> {}

  /** A little behind the turn of the interval, when what was written before it stands in the files. */
  #untilNextMs(): number {
    const { intervalMs } = this.#options;
    const settleMs = Math.min(SETTLE_MS, intervalMs / 2);
    return intervalMs - ((this.#context.clock.now() - settleMs) % intervalMs);
  }

  /** undefined: nobody knows what is there. */
  async #look(): Promise<readonly Found[] | undefined> {
    try {
      await mkdir(this.#dir, { recursive: true });
      const names = (await readdir(this.#dir)).sort();
      const found: Found[] = [];
      for (const name of names) {
        const parts = resultName(name);
        if (parts === undefined) continue;
        const path = join(this.#dir, name);
        const stats = await stat(path).catch(() => undefined);
        if (stats?.isFile() === true) found.push({ ...parts, path, id: `${stats.ino}:${Math.round(stats.birthtimeMs)}`, bytes: stats.size, changedMs: stats.mtimeMs });
      }
      return found;
    } catch (error) {
      this.#sayOnce("the folder of result logs cannot be read; it is tried again", { folder: this.#dir, error: toError(error) });
      return undefined;
    }
  }

  async #gather(found: readonly Found[]): Promise<Delivery | undefined> {
    const { clock, pool } = this.#context;
    const now = clock.now();
    const gathered: Gathered = { LOG: new Map(), STATS: new Map() };
    const read = new Map<string, number>();
    let bytes = 0;
    this.#isMore = false;
    for (const file of found) {
      if (BLOCK_BYTES <= bytes) {
        this.#isMore = true;
        break;
      }
      const known = this.#given.get(file.id) ?? 0;
      const from = known <= file.bytes ? known : 0;
      if (from === file.bytes || read.has(file.id)) continue; // A second name of one file brings nothing new.
      const { entries, offset, isMore } = await this.#entriesOf(file, from, now);
      this.#isMore ||= isMore;
      if (entries.length === 0) continue;
      const ofProcess = gathered[file.kind].get(file.process) ?? [];
      for (const entry of entries) ofProcess.push(entry);
      gathered[file.kind].set(file.process, ofProcess);
      bytes += offset - from;
      read.set(file.id, offset);
    }
    if (read.size === 0) return undefined;
    const record = { LOG: Object.fromEntries(gathered.LOG), STATS: Object.fromEntries(gathered.STATS) };
    this.#samples.add(now, record);
    const batch = batchOfRecords(pool, [record], { tag: this.#options.tag, seconds: Math.floor(now / 1000), nanoseconds: (now % 1000) * 1_000_000, source: "results" });
    return this.#delivery(batch, read);
  }

  async #entriesOf(file: Found, from: number, now: number): Promise<Awaited<ReturnType<typeof newEntries>>> {
    const { intervalMs, encoding } = this.#options;
    const isTrial = this.#context.mode === "test";
    const beforeMs = Math.floor(now / intervalMs) * intervalMs;
    try {
      return await newEntries(file.path, from, { encoding, beforeMs, waitUntilMs: beforeMs + 2 * intervalMs, isOver: isTrial || file.changedMs + 2 * intervalMs < now });
    } catch (error) {
      if (systemCode(error) !== "ENOENT") this.#sayOnce("a result log cannot be read; it is tried again", { file: file.path, error: toError(error) });
      return { entries: [], offset: from, isMore: false };
    }
  }

  #delivery(batch: Delivery["batch"], read: ReadonlyMap<string, number>): Delivery {
    const positions: Record<string, JsonValue> = {};
    for (const [id, offset] of read) {
      this.#given.set(id, offset);
      this.#toForget.delete(id);
      positions[POSITION + id] = offset;
    }
    for (const id of this.#toForget) positions[POSITION + id] = null;
    this.#toForget.clear();
    return {
      batch,
      positions,
      ack: async () => {
        for (const [id, offset] of read) this.#taken.set(id, offset);
        const found = await this.#look();
        if (found !== undefined) await this.#deleteTaken(found);
      },
    };
  }

  /** What was written to it after it was looked at keeps it. */
  async #deleteTaken(found: readonly Found[]): Promise<void> {
    const { deleteAfterMs } = this.#options;
    const there = new Set(found.map(({ id }) => id));
    for (const id of this.#given.keys()) if (!there.has(id)) this.#forget(id);
    if (this.#context.mode === "test") return;
    for (const { path, id, bytes, changedMs } of found) {
      const isTaken = bytes === 0 || this.#taken.get(id) === bytes;
      if (!isTaken || this.#context.clock.now() - changedMs < deleteAfterMs) continue;
      try {
        const stats = await stat(path);
        if (stats.size !== bytes || stats.mtimeMs !== changedMs) continue;
        await rm(path);
        this.#forget(id);
      } catch (error) {
        if (systemCode(error) !== "ENOENT") this.#sayOnce("a result log was delivered and cannot be deleted", { file: path, error: toError(error) });
      }
    }
  }

  #forget(id: string): void {
    this.#given.delete(id);
    this.#taken.delete(id);
    this.#toForget.add(id);
  }

  #sayOnce(message: string, fields: Record<string, unknown>): void {
    const key = `${message}\n${String(fields["file"] ?? "")}`;
    if (!this.#said.has(key)) this.#context.log.warn(message, fields);
    this.#said.add(key);
  }
}
