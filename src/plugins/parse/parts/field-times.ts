// The event time in what was parsed.
import type { Clock } from "#base/clock.ts";
import { timeFormat } from "#dataplane/time-format.ts";
import type { Instant, TimeFormat } from "#dataplane/time-format.ts";
import { MinuteMemo } from "./minute-memo.ts";

export class FieldTimes {
  /** Name of the field; "" when times are not looked for. */
  readonly key: string;
  readonly isKept: boolean;
  readonly #clock: Clock;
  readonly #formats: readonly TimeFormat[];
  readonly #memo: MinuteMemo | undefined;
  #lastText: string | undefined;
  #lastInstant: Instant | undefined;

  constructor({ key, format, zone, isKept, clock }: { key: string; format: string | undefined; zone: string; isKept: boolean; clock: Clock }) {
    this.key = key;
    this.isKept = isKept;
    this.#clock = clock;
    this.#memo = format === undefined || MinuteMemo.suits(format) ? new MinuteMemo() : undefined;
    this.#formats = (format === undefined ? ["iso8601", "epoch"] : [format]).map((name) => timeFormat(name, zone));
  }

  /** Takes the time out of the record (unless it is to stay there); undefined when it has none that can be read. */
  take(record: Record<string, unknown>): Instant | undefined {
    if (this.key === "" || !Object.hasOwn(record, this.key)) return undefined;
    const instant = this.read(record[this.key]);
    if (instant !== undefined && !this.isKept) delete record[this.key];
    return instant;
  }

  /** The time a value says. */
  read(value: unknown): Instant | undefined {
    if (typeof value !== "string" && typeof value !== "number") return undefined;
    const text = typeof value === "number" ? plain(value) : value;
    if (text === this.#lastText) return this.#lastInstant;
    this.#lastText = text;
    this.#lastInstant = this.#memo?.read(text);
    if (this.#lastInstant !== undefined) return this.#lastInstant;
    const nearSeconds = this.#clock.now() / 1000;
    for (const format of this.#formats) this.#lastInstant ??= format.parse(text, nearSeconds);
    if (this.#lastInstant !== undefined) this.#memo?.learn(text, this.#lastInstant);
    return this.#lastInstant;
  }
}

/** A number without an exponent. */
function plain(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(9).replace(/0+$/, "");
}
