// What a rule calls secret, in whatever it says on its way: the values of its secret arguments are taken out of log lines, marks, progress and errors before they leave the worker.
import type { JsonValue } from "#base/json.ts";
import { HIDDEN, valueAt } from "../secret-arguments.ts";

/** Shorter ones are found in every other word, and are no secrets. */
const CHARACTERS_MIN = 3;
const LINE_CHARACTERS_MIN = 8;

/** Of one job: gives a text without them, at most so long. */
export type Shown = (text: string, charactersMax: number) => string;

export const asItIs: Shown = (text, charactersMax) => text.slice(0, charactersMax);

export function withoutSecretsOf(data: unknown, paths: readonly string[] | undefined): Shown {
  if (paths === undefined || paths.length === 0) return asItIs;
  const words = new Set<string>();
  for (const path of paths) addWords(words, valueAt(data, path));
  if (words.size === 0) return asItIs;
  // The longest first: one may be a part of another.
  const longestFirst = [...words].toSorted((one, other) => other.length - one.length);
  const found = new RegExp(longestFirst.map((word) => RegExp.escape(word)).join("|"), "gu");
  const reach = longestFirst[0]?.length ?? 0;
  return (text, charactersMax) => {
    // One that begins within the bound is seen whole, wherever it ends.
    const window = text.slice(0, charactersMax + reach);
    let shown = "";
    let from = 0;
    for (const { index, 0: word } of window.matchAll(found)) {
      if (charactersMax <= index) break;
      shown += window.slice(from, index) + HIDDEN;
      from = index + word.length;
    }
    return shown + window.slice(from, charactersMax);
  };
}

/** Texts of a value, also names, each without them. */
export function shownValue(value: JsonValue, shown: Shown): JsonValue {
  if (typeof value === "string") return shown(value, Number.POSITIVE_INFINITY);
  if (typeof value === "number") return shown(String(value), Number.POSITIVE_INFINITY) === String(value) ? value : HIDDEN;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((each) => shownValue(each, shown));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [shown(name, Number.POSITIVE_INFINITY), shownValue(each as JsonValue, shown)]));
}

function addWords(words: Set<string>, value: unknown): void {
  if (typeof value === "object" && value !== null) for (const each of Object.values(value)) addWords(words, each);
  if (typeof value !== "string" && typeof value !== "number") return;
  const text = String(value);
  if (text.length < CHARACTERS_MIN) return;
  words.add(text);
  words.add(JSON.stringify(text).slice(1, -1));
  // A key in PEM is printed line by line.
  if (text.includes("\n")) for (const line of text.split(/\r?\n/u)) if (LINE_CHARACTERS_MIN <= line.trim().length) words.add(line.trim());
}
