// One bucket of tokens a key: it fills at the rate, up to the burst, and a record that passes takes one.
import type { Batch } from "#dataplane/batch.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { RecentMap } from "../parts/recent-map.ts";
import { keyShown, rowKeys } from "../parts/row-key.ts";

export interface ThrottleSettings {
  readonly count: number;
  readonly perMs: number;
  readonly burst?: number | undefined;
  readonly key?: readonly string[] | undefined;
  readonly keysMax: number;
  readonly reportMs: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
  dropped: number;
  /** The report that `dropped` is counted for. */
  report: number;
}

export class Throttler {
  readonly #settings: ThrottleSettings;
  readonly #context: PluginContext;
  readonly #perMs: number;
  readonly #burst: number;
  readonly #buckets: RecentMap<Bucket>;
  #dropped = 0;
  /** The key of which most were dropped since the last report. */
  #most: { readonly key: string; readonly dropped: number } | undefined;
  #reports = 0;
  #reportedAt: number;

  constructor(settings: ThrottleSettings, context: PluginContext) {
    this.#settings = settings;
    this.#context = context;
    this.#perMs = settings.count / settings.perMs;
    // A bucket that cannot hold one token would let nothing pass.
    this.#burst = settings.burst ?? Math.max(1, settings.count);
    this.#buckets = new RecentMap(settings.keysMax);
    this.#reportedAt = context.clock.now();
  }

  /** Consumes the batch. */
  apply(batch: Batch): Batch | undefined {
    const now = this.#context.clock.now();
    const { key } = this.#settings;
    const keyOf = key === undefined ? () => "" : rowKeys(batch, key);
    const before = this.#dropped;
    const left = batch.filter((row) => this.#passes(keyOf(row), now));
    if (before < this.#dropped) this.#context.count("throttled_total", this.#dropped - before);
    if (this.#settings.reportMs <= Math.abs(now - this.#reportedAt)) this.report();
    return left;
  }

  /** Says what was dropped since the last report. */
  report(): void {
    const now = this.#context.clock.now();
    if (0 < this.#dropped) this.#context.log.warn("records over the rate were dropped", { dropped: this.#dropped, overMs: Math.abs(now - this.#reportedAt), ...(this.#settings.key === undefined ? {} : { mostOf: this.#most === undefined ? undefined : keyShown(this.#most.key, this.#settings.key.length), dropsOfIt: this.#most?.dropped }) });
    this.#dropped = 0;
    this.#most = undefined;
    this.#reports += 1;
    this.#reportedAt = now;
  }

  #passes(key: string, now: number): boolean {
    let bucket = this.#buckets.use(key);
    if (bucket === undefined) this.#buckets.add(key, (bucket = { tokens: this.#burst, filledAt: now, dropped: 0, report: this.#reports }));
    // A clock that was set back fills nothing, and from then on as before.
    bucket.tokens = Math.min(this.#burst, bucket.tokens + Math.max(0, now - bucket.filledAt) * this.#perMs);
    bucket.filledAt = now;
    if (1 <= bucket.tokens) {
      bucket.tokens -= 1;
      return true;
    }
    this.#dropped += 1;
    bucket.dropped = bucket.report === this.#reports ? bucket.dropped + 1 : 1;
    bucket.report = this.#reports;
    if ((this.#most?.dropped ?? 0) < bucket.dropped) this.#most = { key, dropped: bucket.dropped };
    return false;
  }
}
