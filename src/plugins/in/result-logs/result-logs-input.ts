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
  readonly name: string;
  readonly path: string;
  /** Of this file and no later one of its name. */
  readonly id: string;
  readonly bytes: number;
  readonly changedMs: number;
}

interface Known {
  readonly id: string;
  readonly offset: number;
}

type Gathered = Record<ResultName["kind"], Record<string, string[]>>;

const POSITION = "result:";
/** Who writes an entry of several lines is given so long to finish it. */
const SETTLE_MS = 2000;
const ROOM_BYTES = 64 << 10;

export class ResultLogsInput implements Input {
  readonly #options: ResultLogsOptions;
  readonly #context: PluginContext;
  readonly #dir: string;
  /** How far was given on. */
  readonly #given = new Map<string, Known>();
  /** How far was taken: it is committed. */
  readonly #taken = new Map<string, Known>();
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
      const known = context.committed(key) as unknown as Known;
      this.#given.set(key.slice(POSITION.length), known);
      this.#taken.set(key.slice(POSITION.length), known);
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
        if (stats?.isFile() === true) found.push({ ...parts, name, path, id: `${stats.ino}:${Math.round(stats.birthtimeMs)}`, bytes: stats.size, changedMs: stats.mtimeMs });
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
    const gathered: Gathered = { LOG: {}, STATS: {} };
    const read = new Map<string, Known>();
    let bytes = 0;
    this.#isMore = false;
    for (const file of found) {
      if (BLOCK_BYTES <= bytes) {
        this.#isMore = true;
        break;
      }
      const known = this.#given.get(file.name);
      const from = known?.id === file.id && known.offset <= file.bytes ? known.offset : 0;
      if (from === file.bytes) continue;
      const { entries, offset, isMore } = await this.#entriesOf(file, from, now);
      this.#isMore ||= isMore;
      if (entries.length === 0) continue;
      (gathered[file.kind][file.process] ??= []).push(...entries);
      bytes += offset - from;
      read.set(file.name, { id: file.id, offset });
    }
    if (read.size === 0) return undefined;
    this.#samples.add(now, gathered);
    const batch = batchOfRecords(pool, [gathered], { tag: this.#options.tag, seconds: Math.floor(now / 1000), nanoseconds: (now % 1000) * 1_000_000, source: "results" });
    return this.#delivery(batch, read);
  }

  async #entriesOf(file: Found, from: number, now: number): Promise<Awaited<ReturnType<typeof newEntries>>> {
    const { intervalMs, encoding } = this.#options;
    const isTrial = this.#context.mode === "test";
    const beforeMs = Math.floor(now / intervalMs) * intervalMs;
    try {
      return await newEntries(file.path, from, { encoding, beforeMs, isOver: isTrial || file.changedMs + 2 * intervalMs < now });
    } catch (error) {
      if (systemCode(error) !== "ENOENT") this.#sayOnce("a result log cannot be read; it is tried again", { file: file.path, error: toError(error) });
      return { entries: [], offset: from, isMore: false };
    }
  }

  #delivery(batch: Delivery["batch"], read: ReadonlyMap<string, Known>): Delivery {
    const positions: Record<string, JsonValue> = {};
    for (const [name, known] of read) {
      this.#given.set(name, known);
      this.#toForget.delete(name);
      positions[POSITION + name] = { ...known };
    }
    for (const name of this.#toForget) positions[POSITION + name] = null;
    this.#toForget.clear();
    return {
      batch,
      positions,
      ack: async () => {
        for (const [name, known] of read) this.#taken.set(name, known);
        const found = await this.#look();
        if (found !== undefined) await this.#deleteTaken(found);
      },
    };
  }

  /** What was written to it after it was looked at keeps it. */
  async #deleteTaken(found: readonly Found[]): Promise<void> {
    const { deleteAfterMs } = this.#options;
    const there = new Set(found.map(({ name }) => name));
    for (const name of this.#given.keys()) if (!there.has(name)) this.#forget(name);
    if (this.#context.mode === "test") return;
    for (const { name, path, id, bytes, changedMs } of found) {
      const taken = this.#taken.get(name);
      const isTaken = bytes === 0 || (taken?.id === id && taken.offset === bytes);
      if (!isTaken || this.#context.clock.now() - changedMs < deleteAfterMs) continue;
      try {
        const stats = await stat(path);
        if (stats.size !== bytes || stats.mtimeMs !== changedMs) continue;
        await rm(path);
        this.#forget(name);
      } catch (error) {
        if (systemCode(error) !== "ENOENT") this.#sayOnce("a result log was delivered and cannot be deleted", { file: path, error: toError(error) });
      }
    }
  }

  #forget(name: string): void {
    this.#given.delete(name);
    this.#taken.delete(name);
    this.#toForget.add(name);
  }

  #sayOnce(message: string, fields: Record<string, unknown>): void {
    const key = `${message}\n${String(fields["file"] ?? "")}`;
    if (!this.#said.has(key)) this.#context.log.warn(message, fields);
    this.#said.add(key);
  }
}
