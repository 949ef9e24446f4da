// What filter.Dedupe remembers and lets through.
import type { Batch } from "#dataplane/batch.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { withMemory } from "#sdk/with-memory.ts";
import { RecentMap } from "../parts/recent-map.ts";
import { rewriteFields } from "../parts/rewrite-fields.ts";
import { rowKeys } from "../parts/row-key.ts";

export interface DedupeSettings {
  readonly key?: readonly string[] | undefined;
  readonly windowMs: number;
  readonly keysMax: number;
  readonly countField?: string | undefined;
}

interface Passed {
  at: number;
  leftOut: number;
}

export class Deduper {
  readonly #settings: DedupeSettings;
  readonly #context: PluginContext;
  readonly #passed: RecentMap<Passed>;

  constructor(settings: DedupeSettings, context: PluginContext) {
    this.#settings = settings;
    this.#context = context;
    this.#passed = new RecentMap(settings.keysMax);
  }

  /** Consumes the batch. */
  apply(batch: Batch, signal: AbortSignal): Batch | undefined | Promise<Batch> {
    const { key, windowMs, countField } = this.#settings;
    const now = this.#context.clock.now();
    const keyOf = rowKeys(batch, key);
    /** By the place the row has afterwards: rows of fields keep theirs, others move together. */
    const told = new Map<number, number>();
    const staysInPlace = batch.form === "fields";
    let kept = 0;
    const left = batch.filter((row) => {
      const text = keyOf(row);
      const known = this.#passed.use(text);
      // A clock that was set back ends the window: better a record twice than none for long.
      if (known !== undefined && known.at <= now && now < known.at + windowMs) {
        known.leftOut += 1;
        this.#context.count("duplicates_dropped_total");
        return false;
      }
      if (known === undefined) this.#passed.add(text, { at: now, leftOut: 0 });
      else {
        if (0 < known.leftOut) told.set(staysInPlace ? row : kept, known.leftOut);
        known.at = now;
        known.leftOut = 0;
      }
      kept += 1;
      return true;
    });
    if (left === undefined || countField === undefined || told.size === 0) return left;
    const withCounts = (): Batch => {
      const old = left.column(countField);
      return rewriteFields(left, { nameOf: (name) => (name === countField ? undefined : name), added: [{ name: countField, value: (row) => told.get(row) ?? old.get(row) }] });
    };
    // What passed is remembered: it must not be asked for once more.
    return withMemory(withCounts, { batch: left, clock: this.#context.clock, signal });
  }
}
