// One metric made of records: reads its value and its labels from the columns of a batch.
import type { Batch } from "#dataplane/batch.ts";
import { readExpression } from "#sdk/expression.ts";
import type { MetricDefinition, MetricFamily } from "#sdk/metric-family.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import type { MetricOptions } from "../metrics.ts";
import { labelText, numberOf, readSource } from "./source.ts";
import type { Source } from "./source.ts";

/** What happened to a batch besides being counted. */
interface Odd {
  missing: number;
  invalid: number;
  failed: number;
  over: number;
}

export class RecordMetric {
  readonly #name: string;
  readonly #isCounter: boolean;
  /** A counter never goes down, and OpenMetrics has no summary of values below 0. */
  readonly #isFromZero: boolean;
  readonly #seriesMax: number;
  readonly #family: MetricFamily;
  readonly #when: Source | undefined;
  readonly #value: Source | number;
  readonly #labels: readonly Source[];
  readonly #context: PluginContext;
  /** Said once; then only counted. */
  readonly #said = new Set<keyof Odd>();

  constructor({ value = 1, labels, when }: MetricOptions, definition: MetricDefinition, context: PluginContext) {
    this.#name = definition.name;
    this.#isCounter = definition.type === "counter";
    this.#isFromZero = this.#isCounter || definition.type === "summary";
    this.#seriesMax = definition.seriesMax;
    this.#family = context.metric(definition);
    this.#when = when === undefined ? undefined : readExpression(when).bind;
    this.#value = typeof value === "number" ? value : readSource(value);
    this.#labels = definition.labels.map((label) => readSource(labels[label] ?? ""));
    this.#context = context;
  }

  /** All that takes memory is done here; what it gives only counts. */
  bind(batch: Batch): (nowMs: number) => void {
    if (this.#isCounter && this.#when === undefined && typeof this.#value === "number" && this.#labels.length === 0) return this.#bindWhole(batch, this.#value);
    const when = this.#when?.(batch);
    const value = typeof this.#value === "number" ? this.#value : this.#value(batch);
    const labels = this.#labels.map((source) => source(batch));
    const texts: string[] = [];
    const odd: Odd = { missing: 0, invalid: 0, failed: 0, over: 0 };
    const addRow = (row: number, nowMs: number): void => {
      if (when !== undefined && !when(row)) return;
      const number = typeof value === "number" ? value : numberOf(value(row));
      if (number === undefined) return void (odd.missing += 1);
      if (!Number.isFinite(number) || (this.#isFromZero && number < 0)) return void (odd.invalid += 1);
      for (const [index, label] of labels.entries()) texts[index] = labelText(label(row));
      if (!this.#family.add(texts, number, nowMs)) odd.over += 1;
    };
    return (nowMs) => {
      for (let row = 0; row < batch.rows; row += 1) {
        if (!batch.isKept(row)) continue;
        try {
          addRow(row, nowMs);
        } catch (error) {
          odd.failed += 1;
          this.#once("failed", "an expression of a metric failed; such records are left out of it and counted", { error: String(error) });
        }
      }
      this.#tell(odd);
    };
  }

  /** Nothing of a record is asked for: they count all at once. */
  #bindWhole(batch: Batch, value: number): (nowMs: number) => void {
    return (nowMs) => {
      if (0 < batch.count) this.#family.add([], value * batch.count, nowMs);
    };
  }

  #tell({ missing, invalid, failed, over }: Odd): void {
    const { count } = this.#context;
    if (0 < missing) count("metric_values_missing_total", missing);
    if (0 < failed) count("metric_expression_errors_total", failed);
    if (0 < invalid) {
      count("metric_values_invalid_total", invalid);
      this.#once("invalid", this.#isFromZero ? "values of a metric are no numbers from 0 up; they are left out of it and counted" : "values of a metric are no numbers; they are left out of it and counted", {});
    }
    if (0 < over) {
      count("metric_records_over_series_max_total", over);
      this.#once("over", "a metric has too many series; more are counted in one with the label overflow", { maxSeries: this.#seriesMax, hint: "Leave out the label with the most values, or raise `max_series`." });
    }
  }

  #once(what: keyof Odd, message: string, fields: Record<string, unknown>): void {
    if (this.#said.has(what)) return;
    this.#said.add(what);
    this.#context.log.warn(message, { metric: this.#name, ...fields });
  }
}
