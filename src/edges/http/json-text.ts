// Events and results as JSON. What goes to many at once is turned into text once: it is the same object for all of them.
import type { JsonValue } from "#base/json.ts";

const texts = new WeakMap<object, string>();

/** Of an event: a fact, which never changes. */
export function jsonText(value: JsonValue): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  texts.set(value, text);
  return text;
}

/** Results of this turn of the event loop. */
const results = new Map<object, string>();

/** Of a result, which may be something that changes later: shared by those who are answered at the same moment, and by nobody else. */
export function resultText(value: JsonValue): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const known = results.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  if (results.size === 0) setImmediate(() => results.clear());
  results.set(value, text);
  return text;
}
