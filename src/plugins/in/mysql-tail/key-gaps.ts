// Keys that were passed over. AUTO_INCREMENT gives out a key when a row is inserted, but the row appears when its transaction
// commits: 11 can be there before 10. So a key that is missing between two others is looked for again for a while. Rolled
// back inserts leave keys missing for ever; they are forgotten when the time is over.
import type { JsonValue } from "#base/json.ts";

/** [first, last, milliseconds since 1970 when it was first missed]; keys as text, since they have 64 bits. */
export type Gap = [first: string, last: string, since: number];

/** More ranges at a time are not looked for. */
export const GAPS_MAX = 1000;

/** What was committed; anything else is left out. Checked by hand: a data-plane thread has no schemas. */
export function gapsOf(value: JsonValue | undefined): Gap[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((gap: JsonValue): Gap[] => {
    const [first, last, since] = Array.isArray(gap) ? gap : [];
    return typeof first === "string" && typeof last === "string" && typeof since === "number" ? [[first, last, since]] : [];
  });
}

/** The gaps that keys in rising order leave behind `after` (exclusive). */
export function gapsBetween(after: bigint, keys: readonly bigint[], nowMs: number): Gap[] {
  const gaps: Gap[] = [];
  let last = after;
  for (const key of keys) {
    if (last + 1n < key) gaps.push([String(last + 1n), String(key - 1n), nowMs]);
    last = key;
  }
  return gaps;
}

/** What is left of the gaps when these keys have turned up. */
export function withoutKeys(gaps: readonly Gap[], keys: readonly bigint[]): Gap[] {
  return keys.reduce<readonly Gap[]>(
    (left, key) =>
      left.flatMap(([first, last, since]): Gap[] => {
        if (key < BigInt(first) || BigInt(last) < key) return [[first, last, since]];
        const parts: Gap[] = [];
        if (BigInt(first) < key) parts.push([first, String(key - 1n), since]);
        if (key < BigInt(last)) parts.push([String(key + 1n), last, since]);
        return parts;
      }),
    gaps,
  ) as Gap[];
}

/** As a condition of SQL; only digits get in. */
export function gapCondition(column: string, gaps: readonly Gap[]): string {
  return gaps.map(([first, last]) => (first === last ? `${column} = ${BigInt(first)}` : `${column} BETWEEN ${BigInt(first)} AND ${BigInt(last)}`)).join(" OR ");
}
