// Shows what passes a step, to somebody who asks: costs one comparison a batch and step while nobody does. What is shown is bounded: so
// many records a second, decoded here, cut and with secrets hidden; the rest is counted.
import type { JsonValue } from "#base/json.ts";
import type { Batch } from "#dataplane/batch.ts";
import { redactedRecord, wholeRecord } from "#kernel/redact-record.ts";
import { UsageError } from "#base/errors.ts";

/** Of a tap: each record shown is decoded in the data path. */
export const PER_SECOND_MAX = 10_000;

export interface TapRequest {
  /** `3`, `3.1.2`, or the step's name in any case, with or without its kind: `parse.Regex`, `regex`; or its kind, `parse`. */
  readonly step: string;
  /** Only records for which this is true. */
  readonly where?: string;
  /** What came to the step as well. */
  readonly isDiff: boolean;
  readonly perSecondMax: number;
  /** With what is secret. */
  readonly isWhole?: boolean;
}

export interface Shown {
  readonly timeMs: number;
  /** Where it was asked for, and it is known which record this was. */
  readonly before?: JsonValue;
  /** Missing: nothing came out. */
  readonly after?: JsonValue;
}

/** What went into a step. */
export interface Came {
  readonly rows: number;
  readonly timeMs: number;
  /** Of the first rows. */
  readonly records: readonly JsonValue[];
  /** With what is secret, where somebody has asked for that. */
  readonly whole?: readonly JsonValue[];
}

/** What a tap has seen of one batch. */
export interface Sample {
  readonly step: string;
  readonly tag: string;
  readonly records: readonly Shown[];
  /** Records that were not shown because there were too many, since the last sample. */
  readonly skipped: number;
}

interface Tap {
  readonly request: TapRequest;
  readonly steps: ReadonlySet<string>;
  readonly bind: ((batch: Batch) => (row: number) => unknown) | undefined;
  readonly show: (sample: Sample) => void;
  windowStartMs: number;
  shown: number;
  skipped: number;
}

export class Taps {
  /** While false, nobody need ask anything else. */
  isAny = false;
  readonly #taps = new Set<Tap>();
  readonly #now: () => number;
  #names: readonly string[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The pipeline's steps as they are called: `2:parse.Regex`. Taps that are set stay set. */
  setSteps(names: readonly string[]): void {
    this.#names = names;
  }

  /** Sets a tap; what comes back takes it away. Throws UsageError where there is no such step. */
  async add(request: TapRequest, show: (sample: Sample) => void): Promise<() => void> {
    const steps = new Set(this.#names.filter((name) => fits(name, request.step)));
    if (steps.size === 0) throw new UsageError(`there is no step \`${request.step}\` in this pipeline`, { hint: `Its steps are ${this.#names.join(", ")}.`, ko: { message: `이 파이프라인에는 \`${request.step}\` 단계가 없습니다`, hint: `있는 단계: ${this.#names.join(", ")}` } });
    const bind = request.where === undefined ? undefined : (await import("#sdk/expression.ts")).readExpression(request.where).bind;
    const tap: Tap = { request, steps, bind, show, windowStartMs: 0, shown: 0, skipped: 0 };
    this.#taps.add(tap);
    this.isAny = true;
    return () => {
      this.#taps.delete(tap);
      this.isAny = 0 < this.#taps.size;
    };
  }

  /** Records of a batch that is about to go into the step, when somebody wants to see them beside what comes out. */
  before(step: string, batch: Batch): Came | undefined {
    let most = 0;
    for (const tap of this.#taps) if (tap.request.isDiff && tap.steps.has(step)) most = Math.max(most, this.#allowed(tap));
    if (most === 0) return undefined;
    const some = Array.from({ length: Math.min(most, batch.rows) }, (_, row) => batch.record(row));
    const isWhole = [...this.#taps].some(({ request }) => request.isWhole === true && request.isDiff);
    return { rows: batch.rows, timeMs: batch.timeMs(0), records: some.map(redactedRecord), ...(isWhole ? { whole: some.map(wholeRecord) } : {}) };
  }

  /** What came out of the step; undefined when nothing did. */
  after(step: string, batch: Batch | undefined, came: Came | undefined): void {
    const decoded = new Decoded(batch); // Many who look at one step are shown the same records.
    for (const tap of this.#taps) {
      if (!tap.steps.has(step)) continue;
      const beside = tap.request.isDiff ? came : undefined;
      const room = this.#allowed(tap);
      const records = batch === undefined ? gone(tap, beside, room) : this.#shown(tap, batch, beside, room, decoded);
      if (records.length === 0) continue;
      tap.shown += records.length;
      tap.show({ step, tag: batch?.tag ?? "", records, skipped: tap.skipped });
      tap.skipped = 0;
    }
  }

  #shown(tap: Tap, batch: Batch, came: Came | undefined, room: number, decoded: Decoded): Shown[] {
    // Where there are fewer rows than came, nobody knows which is which.
    const before = came?.rows === batch.rows ? cameOf(tap, came) : undefined;
    const isTrue = room === 0 ? undefined : tap.bind?.(batch);
    const records: Shown[] = [];
    for (let row = 0; row < batch.rows && records.length < room; row += 1) {
      if (!batch.isKept(row) || !holds(isTrue, row)) continue;
      const beside = before?.[row];
      records.push({ timeMs: batch.timeMs(row), ...(beside === undefined ? {} : { before: beside }), after: decoded.record(row, tap.request.isWhole) });
    }
    // With a condition the rest is not looked at: a pipeline at full speed would feel it.
    if (tap.bind === undefined) tap.skipped += batch.count - records.length;
    return records;
  }

  /** How many records the tap may show now. */
  #allowed(tap: Tap): number {
    const nowMs = this.#now();
    if (1000 <= nowMs - tap.windowStartMs) {
      tap.windowStartMs = nowMs;
      tap.shown = 0;
    }
    return Math.max(0, tap.request.perSecondMax - tap.shown);
  }
}

/** Records of a batch, each decoded once. */
class Decoded {
  readonly #batch: Batch | undefined;
  readonly #records = new Map<number, JsonValue>();
  readonly #whole = new Map<number, JsonValue>();

  constructor(batch: Batch | undefined) {
    this.#batch = batch;
  }

  record(row: number, isWhole = false): JsonValue {
    const records = isWhole ? this.#whole : this.#records;
    const known = records.get(row);
    if (known !== undefined) return known;
    const record = (isWhole ? wholeRecord : redactedRecord)(this.#batch?.record(row));
    records.set(row, record);
    return record;
  }
}

function cameOf({ request }: Tap, { records, whole }: Came): readonly JsonValue[] {
  return request.isWhole === true ? (whole ?? []) : records;
}

/** Of a batch of which nothing was left. */
function gone(tap: Tap, came: Came | undefined, room: number): Shown[] {
  if (came === undefined || tap.bind !== undefined) return [];
  return cameOf(tap, came).slice(0, room).map((before) => ({ timeMs: came.timeMs, before }));
}

function holds(isTrue: ((row: number) => unknown) | undefined, row: number): boolean {
  try {
    return isTrue === undefined || Boolean(isTrue(row));
  } catch {
    return false; // As a filter has it.
  }
}

function fits(name: string, wanted: string): boolean {
  const [id = "", full = ""] = name.split(":");
  const [kind = "", short = ""] = full.split(".");
  return [id, full, short, kind, name].some((each) => each !== "" && each.toLowerCase() === wanted.toLowerCase());
}
