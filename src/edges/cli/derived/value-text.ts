// A value of an answer as people write it, by the unit that its name ends with: `lastSeenMs`, `heapBytes`.
import type { JsonValue } from "#base/json.ts";
import { say } from "#base/lang.ts";
import { localTime } from "#base/local-time.ts";
import { bytesText } from "#base/quantities.ts";
import { countText, secondsText } from "../units.ts";
import { saidValue } from "./value-words.ts";

/** From then on a number of milliseconds is a time, not a duration: 1990. */
const TIME_FROM_MS = 631_152_000_000;

export function valueText(key: string, value: JsonValue): string {
  if (value === null) return "-";
  if (typeof value === "boolean") return value ? say({ en: "yes", ko: "예" }) : say({ en: "no", ko: "아니요" });
  if (typeof value === "number") return numberText(key, value);
  if (typeof value === "string") return saidValue(key, value);
  if (isList(value)) return value.map((item) => (isMap(item) ? JSON.stringify(item) : valueText(key, item))).join(", ") || "-";
  const { en, ko } = value;
  if (typeof en === "string" && typeof ko === "string") return say({ en, ko });
  return Object.entries(value).map(([name, one]) => `${name}=${isMap(one) ? JSON.stringify(one) : valueText(typeof one === "number" ? `${name}${unitOf(key)}` : name, one)}`).join(" ") || "-";
}

/** `waitMs: { p50, p99 }`: they are of the unit that they stand under. */
function unitOf(key: string): string {
  return /(?:Ms|Bytes|Seconds)$/.exec(key)?.[0] ?? "";
}

export function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

export function isMap(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** In both languages. */
export function isSaid(value: JsonValue): boolean {
  return isMap(value) && Object.keys(value).length === 2 && typeof value["en"] === "string" && typeof value["ko"] === "string";
}

/** Whether the text stands on the right of its column. */
export function isNumber(key: string, value: JsonValue | undefined): boolean {
  return typeof value === "number" && !(key.endsWith("Ms") && TIME_FROM_MS <= value);
}

function numberText(key: string, value: number): string {
  if (/Ms$|^time$/.test(key)) return TIME_FROM_MS <= value ? localTime(value) : secondsText(value / 1000);
  if (/bytes/i.test(key)) return bytesText(value);
  if (/seconds$/i.test(key)) return secondsText(value);
  // Names of things that are numbers are not counted.
  if (/^(?:pid|process|id|revision|port|year|from|to|after|before)$|(?:Id|Port)$/.test(key)) return String(value);
  return Number.isInteger(value) ? countText(value) : String(Math.round(value * 1000) / 1000);
}
