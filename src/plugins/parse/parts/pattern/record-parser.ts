// A text that is not in chunk memory, by the pattern: a field of a record.
import { timeFormat } from "#dataplane/time-format.ts";
import type { Instant } from "#dataplane/time-format.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import type { FieldParser } from "../field-records.ts";
import { valueOf } from "../kinds.ts";
import type { ParseSettings } from "./field-splitter.ts";
import { LineMatcher } from "./line-matcher.ts";

export class RecordParser implements FieldParser {
  readonly key: string;
  readonly isDropping: boolean;
  readonly #settings: ParseSettings;
  readonly #context: PluginContext;
  readonly #matcher: LineMatcher;
  readonly #format: ReturnType<typeof timeFormat> | undefined;

  constructor(settings: ParseSettings, context: PluginContext) {
    this.key = settings.key;
    this.isDropping = settings.isDropping;
    this.#settings = settings;
    this.#context = context;
    this.#matcher = new LineMatcher(context.pool.memory, settings.pattern);
    this.#format = settings.time === undefined ? undefined : timeFormat(settings.time.format, settings.time.zone);
  }

  parse(text: string): { fields: Record<string, unknown>; instant: Instant | undefined } | undefined {
    const { pattern, types, time, fieldOf = (name) => name } = this.#settings;
    const values = this.#matcher.matchText(text);
    if (values === undefined) return undefined;
    const fields: Record<string, unknown> = {};
    let instant: Instant | undefined;
    for (const [column, group] of pattern.names.entries()) {
      const value = values[column];
      if (value === undefined) continue;
      const name = fieldOf(group);
      if (name === time?.key) {
        instant = this.#format?.parse(value, this.#context.clock.now() / 1000);
        if (instant !== undefined && !time.isKept) continue;
      }
      fields[name] = valueOf(value, types[name] ?? "string");
    }
    return { fields, instant };
  }
}
