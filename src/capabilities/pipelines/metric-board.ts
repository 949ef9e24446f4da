// The metrics that a pipeline's steps make of records. They outlive the steps: after a reload or a restart of the pipeline a metric that
// is still defined so goes on where it was, and one that is not goes.
import { UsageError } from "#base/errors.ts";
import { MetricFamily, shapeKey } from "#sdk/metric-family.ts";
import type { MetricDefinition, MetricSnapshot } from "#sdk/metric-family.ts";

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export class MetricBoard {
  readonly #families = new Map<string, MetricFamily>();
  #asked = new Set<string>();

  /** The pipeline opens its steps: what they ask for until `settle` is what there is. */
  begin(): void {
    this.#asked = new Set();
  }

  /** Steps that define a metric in the same way share it. */
  family(definition: MetricDefinition): MetricFamily {
    const wrong = [definition.name, ...definition.labels].find((name) => !NAME.test(name));
    // One bad line has the whole scrape refused: a plugin of the user's own must not do that to the others.
    if (wrong !== undefined) throw new UsageError(`\`${wrong}\` cannot be the name of a metric or of a label`, { hint: "Use letters, digits and `_`, and begin with no digit." });
    const key = shapeKey(definition);
    this.#asked.add(key);
    const known = this.#families.get(key);
    known?.redefine(definition);
    const family = known ?? new MetricFamily(definition);
    this.#families.set(key, family);
    return family;
  }

  /** All steps are open. */
  settle(): void {
    for (const key of this.#families.keys()) if (!this.#asked.has(key)) this.#families.delete(key);
  }

  snapshot(nowMs: number): MetricSnapshot[] {
    return [...this.#families.values()].map((family) => family.snapshot(nowMs));
  }
}
