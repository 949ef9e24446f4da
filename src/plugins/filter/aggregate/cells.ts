// What one group keeps of a field while its window is open; aggregates of the same field share what they can.
import type { JsonValue } from "#base/json.ts";
import { Sketch } from "./sketch.ts";

export interface Cell {
  add(value: unknown): void;
  /** What one aggregate says of it; undefined leaves the field out. */
  result(what: string): JsonValue | undefined;
  toJson(): JsonValue;
  /** What `toJson` gave; it comes from a file. */
  restore(saved: JsonValue): void;
}

export interface CellHost {
  /** A value of a field that should be a number is none. */
  notANumber(field: string): void;
  /** There are more distinct values than are remembered. */
  tooManyValues(field: string): void;
  readonly distinctMax: number;
}

/** The kind of cell an aggregate needs. */
export function cellKindOf(what: string): "numbers" | "sketch" | "first" | "last" | "distinct" {
  if (what === "first" || what === "last" || what === "distinct") return what;
  return /^p\d/.test(what) ? "sketch" : "numbers";
}

export function cellFor(kind: ReturnType<typeof cellKindOf>, field: string, host: CellHost): Cell {
  if (kind === "numbers") return new Numbers(field, host);
  if (kind === "sketch") return new Quantiles(field, host);
  return kind === "distinct" ? new Distinct(field, host) : new OneValue(kind === "first");
}

/** A value as it can be committed and given on. */
export function plain(value: unknown): JsonValue {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "bigint") return String(value);
  if (value === undefined) return null;
  return JSON.parse(JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner)) ?? "null") as JsonValue;
}

function numberOf(value: unknown, field: string, host: CellHost): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = typeof value === "number" ? value : typeof value === "bigint" || (typeof value === "string" && value.trim() !== "") ? Number(value) : Number.NaN;
  if (Number.isFinite(number)) return number;
  host.notANumber(field);
  return undefined;
}

class Numbers implements Cell {
  readonly #field: string;
  readonly #host: CellHost;
  #count = 0;
  #sum = 0;
  #least = 0;
  #most = 0;

  constructor(field: string, host: CellHost) {
    this.#field = field;
    this.#host = host;
  }

  add(value: unknown): void {
    const number = numberOf(value, this.#field, this.#host);
    if (number === undefined) return;
    this.#least = this.#count === 0 ? number : Math.min(this.#least, number);
    this.#most = this.#count === 0 ? number : Math.max(this.#most, number);
    this.#sum += number;
    this.#count += 1;
  }

  result(what: string): JsonValue | undefined {
    if (what === "sum") return this.#sum;
    if (this.#count === 0) return undefined;
    return what === "min" ? this.#least : what === "max" ? this.#most : this.#sum / this.#count;
  }

  toJson(): JsonValue {
    return [this.#count, this.#sum, this.#least, this.#most];
  }

  restore(saved: JsonValue): void {
    [this.#count, this.#sum, this.#least, this.#most] = saved as [number, number, number, number];
  }
}

class Quantiles implements Cell {
  readonly #field: string;
  readonly #host: CellHost;
  readonly #sketch = new Sketch();

  constructor(field: string, host: CellHost) {
    this.#field = field;
    this.#host = host;
  }

  add(value: unknown): void {
    const number = numberOf(value, this.#field, this.#host);
    if (number !== undefined) this.#sketch.add(number);
  }

  /** p50 is the half, p999 are 99.9 %. */
  result(what: string): JsonValue | undefined {
    return this.#sketch.quantile(Number(`0.${what.slice(1)}`));
  }

  toJson(): JsonValue {
    return this.#sketch.toJson();
  }

  restore(saved: JsonValue): void {
    this.#sketch.restore(saved as Parameters<Sketch["restore"]>[0]);
  }
}

class OneValue implements Cell {
  readonly #isFirst: boolean;
  #value: JsonValue | undefined;

  constructor(isFirst: boolean) {
    this.#isFirst = isFirst;
  }

  add(value: unknown): void {
    if (value === undefined || (this.#isFirst && this.#value !== undefined)) return;
    this.#value = plain(value);
  }

  result(): JsonValue | undefined {
    return this.#value;
  }

  toJson(): JsonValue {
    return this.#value === undefined ? [] : [this.#value];
  }

  restore(saved: JsonValue): void {
    [this.#value] = saved as readonly JsonValue[];
  }
}

class Distinct implements Cell {
  readonly #field: string;
  readonly #host: CellHost;
  readonly #values = new Set<string>();

  constructor(field: string, host: CellHost) {
    this.#field = field;
    this.#host = host;
  }

  add(value: unknown): void {
    if (value === undefined) return;
    // "5" and 5 are two values.
    const text = typeof value === "string" ? `"${value}` : JSON.stringify(plain(value));
    if (this.#values.size < this.#host.distinctMax) this.#values.add(text);
    else if (!this.#values.has(text)) this.#host.tooManyValues(this.#field);
  }

  result(): JsonValue {
    return this.#values.size;
  }

  toJson(): JsonValue {
    return [...this.#values];
  }

  restore(saved: JsonValue): void {
    for (const value of saved as readonly string[]) this.#values.add(value);
  }
}
