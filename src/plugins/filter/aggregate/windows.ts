// Windows of time and what they have of each group.
//
// A window is closed when the stream has come `lateness` past its end, as the records' own times tell; a stream that has gone quiet is
// closed by the clock. A record that comes later still is not lost: it makes a further record of its window. Times ahead of the clock
// count in their windows, but close nothing: one wrong time must not make all others late.
import type { JsonValue } from "#base/json.ts";
import type { Batch } from "#dataplane/batch.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import type { Gathering } from "#sdk/gathering.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { cellFor, cellKindOf, plain } from "./cells.ts";
import type { Cell, CellHost } from "./cells.ts";

/** One field of the result: `what` of the records' `field`; a count has none. */
export interface Aggregate {
  readonly name: string;
  readonly what: string;
  readonly field: string;
}

export interface WindowSettings {
  readonly everyMs: number;
  readonly latenessMs: number;
  readonly isByArrival: boolean;
  readonly by: readonly string[];
  readonly aggregates: readonly Aggregate[];
  readonly groupsMax: number;
  readonly distinctMax: number;
}

interface Group {
  readonly tag: string;
  readonly by: readonly JsonValue[];
  count: number;
  readonly cells: readonly Cell[];
}

type Window = Map<string, Group>;

/** Open windows at once; beyond, the oldest is closed. */
const WINDOWS_MAX = 1000;
/** A stream without records for so long has gone quiet. */
const QUIET_MS = 1000;
const OTHER = "other";

export class Windows implements Gathering {
  readonly #settings: WindowSettings;
  readonly #context: PluginContext;
  readonly #storeKey: string;
  /** What each group keeps, and of which field. */
  readonly #cells: readonly { readonly kind: ReturnType<typeof cellKindOf>; readonly field: string }[];
  readonly #host: CellHost;
  readonly #said = new Set<string>();
  /** By the time they begin. */
  readonly #windows = new Map<number, Window>();
  #groups = 0;
  /** The latest time of a record so far, and the end of the last window closed. */
  #latestMs = Number.NEGATIVE_INFINITY;
  #closedUpToMs = Number.NEGATIVE_INFINITY;
  #lastRecordMs = 0;

  constructor(settings: WindowSettings, context: PluginContext) {
    this.#settings = settings;
    this.#context = context;
    this.#storeKey = `aggregate:${context.step}`;
    const cells = new Map<string, { kind: ReturnType<typeof cellKindOf>; field: string }>();
    for (const { what, field } of settings.aggregates) if (what !== "count") cells.set(`${cellKindOf(what)} ${field}`, { kind: cellKindOf(what), field });
    this.#cells = [...cells.values()];
    this.#host = {
      distinctMax: settings.distinctMax,
      notANumber: (field) => this.#say("values_not_numeric_total", "values are no numbers and are left out", { field }),
      tooManyValues: (field) => this.#say("values_uncounted_total", "there are more distinct values than are counted", { field, max: settings.distinctMax }),
    };
    this.#restore(context.committed(this.#storeKey));
  }

  get dueAt(): number | undefined {
    const first = this.#first();
    return first === undefined ? undefined : this.#dueAt(first);
  }

  /** What is due is given on by `flush`, so that nothing has to be undone when there is no memory for it. */
  add(batch: Batch): readonly Batch[] {
    const { by, everyMs, isByArrival } = this.#settings;
    const readers = by.map((name) => batch.column(name));
    const columns = this.#cells.map(({ field }) => batch.column(field));
    if (0 < batch.rows) batch.timeMs(0); // What it needs of memory it takes now.
    const now = this.#context.clock.now();
    let late = 0;
    for (let row = 0; row < batch.rows; row += 1) {
      if (!batch.isKept(row)) continue;
      const timeMs = isByArrival ? now : batch.timeMs(row);
      const start = Math.floor(timeMs / everyMs) * everyMs;
      if (start + everyMs <= this.#closedUpToMs) late += 1;
      if (this.#latestMs < timeMs) this.#latestMs = Math.min(timeMs, Math.max(now, this.#latestMs));
      const group = this.#groupOf(start, batch.tag, readers.map((reader) => plain(reader.get(row))));
      group.count += 1;
      for (const [index, cell] of group.cells.entries()) cell.add(columns[index]?.get(row));
    }
    if (0 < late) this.#context.count("records_late_total", late);
    this.#lastRecordMs = now;
    batch.release();
    return [];
  }

  /** One window at a time. */
  flush(now: number): readonly Batch[] {
    const start = this.#first();
    if (start === undefined || now < this.#dueAt(start)) return [];
    const batches: Batch[] = [];
    const window: Window = this.#windows.get(start) ?? new Map<string, Group>();
    const byTag = Map.groupBy(window.values(), ({ tag }) => tag);
    const end = start + this.#settings.everyMs;
    try {
      for (const [tag, groups] of byTag) {
        const facts = { tag, seconds: Math.floor(end / 1000), nanoseconds: Math.round((end % 1000) * 1e6) };
        batches.push(batchOfRecords(this.#context.pool, groups.map((group) => this.#recordOf(start, end, group)), facts));
      }
    } catch (error) {
      for (const batch of batches) batch.release();
      throw error;
    }
    this.#windows.delete(start);
    this.#groups -= window.size;
    this.#closedUpToMs = Math.max(this.#closedUpToMs, end);
    return batches;
  }

  changes(): Record<string, JsonValue> {
    if (this.#windows.size === 0) return { [this.#storeKey]: null };
    const windows = [...this.#windows].map(([start, window]) => [start, [...window].map(([key, { tag, by, count, cells }]) => [key, tag, by, count, cells.map((cell) => cell.toJson())])]);
    return { [this.#storeKey]: { cells: JSON.stringify(this.#cells), everyMs: this.#settings.everyMs, by: this.#settings.by, latestMs: this.#latestMs, closedUpToMs: Number.isFinite(this.#closedUpToMs) ? this.#closedUpToMs : 0, windows } as JsonValue };
  }

  held(): { bytes: number; batches: number } {
    return { bytes: 0, batches: this.#groups };
  }

  #first(): number | undefined {
    let first: number | undefined;
    for (const start of this.#windows.keys()) if (first === undefined || start < first) first = start;
    return first;
  }

  #dueAt(start: number): number {
    const { everyMs, latenessMs, isByArrival } = this.#settings;
    const endMs = start + everyMs + latenessMs;
    if (WINDOWS_MAX < this.#windows.size || (!isByArrival && endMs <= this.#latestMs)) return Number.NEGATIVE_INFINITY;
    return isByArrival ? start + everyMs : Math.max(endMs, this.#lastRecordMs + Math.max(latenessMs, QUIET_MS));
  }

  #groupOf(start: number, tag: string, by: readonly JsonValue[]): Group {
    let window = this.#windows.get(start);
    if (window === undefined) this.#windows.set(start, (window = new Map()));
    const key = JSON.stringify([tag, by]);
    const known = window.get(key);
    if (known !== undefined) return known;
    if (window.size < this.#settings.groupsMax) return this.#newGroup(window, key, tag, by);
    this.#say("records_in_other_total", "there are more groups than max_groups: the rest is one group", { group: OTHER, max: this.#settings.groupsMax });
    return window.get(OTHER + tag) ?? this.#newGroup(window, OTHER + tag, tag, by.map(() => OTHER));
  }

  #newGroup(window: Window, key: string, tag: string, by: readonly JsonValue[]): Group {
    const group: Group = { tag, by, count: 0, cells: this.#cells.map(({ kind, field }) => cellFor(kind, field, this.#host)) };
    window.set(key, group);
    this.#groups += 1;
    return group;
  }

  #recordOf(start: number, end: number, group: Group): Record<string, unknown> {
    const record: Record<string, unknown> = { window_start: new Date(start).toISOString(), window_end: new Date(end).toISOString() };
    for (const [index, name] of this.#settings.by.entries()) record[name] = group.by[index];
    for (const { name, what, field } of this.#settings.aggregates) {
      const cell = what === "count" ? undefined : group.cells[this.#cells.findIndex((one) => one.kind === cellKindOf(what) && one.field === field)];
      const result = what === "count" ? group.count : cell?.result(what);
      if (result !== undefined) record[name] = result;
    }
    return record;
  }

  /** Counted each time, said once a field. */
  #say(metric: string, message: string, fields: Record<string, unknown>): void {
    this.#context.count(metric);
    const about = `${metric} ${String(fields["field"])}`;
    if (!this.#said.has(about)) this.#context.log.warn(message, fields);
    this.#said.add(about);
  }

  #restore(saved: JsonValue | undefined): void {
    if (saved === undefined || saved === null) return;
    try {
      const { cells, everyMs, by, latestMs, closedUpToMs, windows } = saved as { cells: string; everyMs: number; by: JsonValue; latestMs: number; closedUpToMs: number; windows: [number, [string, string, JsonValue[], number, JsonValue[]][]][] };
      if (cells !== JSON.stringify(this.#cells) || everyMs !== this.#settings.everyMs || JSON.stringify(by) !== JSON.stringify(this.#settings.by)) throw new TypeError("the options are others now");
      for (const [start, groups] of windows) {
        const window: Window = new Map();
        this.#windows.set(start, window);
        for (const [key, tag, values, count, states] of groups) {
          const group = this.#newGroup(window, key, tag, values);
          group.count = count;
          for (const [index, cell] of group.cells.entries()) cell.restore(states[index] ?? null);
        }
      }
      this.#latestMs = latestMs;
      this.#closedUpToMs = closedUpToMs;
      this.#lastRecordMs = this.#context.clock.now();
    } catch (error) {
      this.#windows.clear();
      this.#groups = 0;
      this.#context.log.warn("what open windows held at the last stop cannot be used", { error: String(error) });
    }
  }
}
