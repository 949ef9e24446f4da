// What filter.Map does to a batch of any form.
import type { Batch } from "#dataplane/batch.ts";
import { readExpression } from "#sdk/expression.ts";
import type { Expression } from "#sdk/expression.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { rewriteFields } from "../parts/rewrite-fields.ts";
import type { AddedField } from "../parts/rewrite-fields.ts";

export interface Changes {
  readonly set: Readonly<Record<string, string>>;
  readonly rename: Readonly<Record<string, string>>;
  readonly keep?: readonly string[] | undefined;
  readonly remove: readonly string[];
}

export class FieldMapper {
  readonly #context: PluginContext;
  readonly #set: readonly (readonly [string, Expression])[];
  readonly #renames: ReadonlyMap<string, string>;
  readonly #kept: ReadonlySet<string> | undefined;
  readonly #removed: ReadonlySet<string>;
  #hasFailed = false;

  constructor({ set, rename, keep, remove }: Changes, context: PluginContext) {
    this.#context = context;
    this.#set = Object.entries(set).map(([name, source]) => [name, readExpression(source)]);
    this.#renames = new Map(Object.entries(rename));
    this.#kept = keep === undefined ? undefined : new Set(keep);
    this.#removed = new Set(remove);
  }

  /** Consumes the batch. */
  apply(batch: Batch): Batch {
    return rewriteFields(batch, { nameOf: (name) => this.#nameOf(name), added: this.#added(batch) });
  }

  /** What a field is called from now on; undefined when it leaves. What is set displaces what had the name. */
  #nameOf(name: string): string | undefined {
    const renamed = this.#renames.get(name);
    const next = renamed ?? name;
    if (this.#set.some(([set]) => set === next)) return undefined;
    if (renamed !== undefined) return renamed;
    if (this.#removed.has(name) || this.#kept?.has(name) === false) return undefined;
    return name;
  }

  /** The values expressions have; a failure is counted, and the field is left out. */
  #added(batch: Batch): AddedField[] {
    return this.#set.map(([name, expression]) => {
      const evaluate = expression.bind(batch);
      const value = (row: number): unknown => {
        try {
          return evaluate(row);
        } catch (error) {
          this.#context.count("filter_errors_total");
          if (!this.#hasFailed) this.#context.log.warn("expression failed; such fields are left out and counted", { field: name, error: String(error) });
          this.#hasFailed = true;
          return undefined;
        }
      };
      return { name, value };
    });
  }
}
