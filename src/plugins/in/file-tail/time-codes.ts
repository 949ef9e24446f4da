// Time codes in paths: %Y %y %m %d %H %M %S %j stand for the local time, %% for a percent sign.
import type { PathPattern } from "../parts/path-pattern.ts";

const SECOND_MS = 1000;
const STEP_MS: readonly (readonly [codes: RegExp, stepMs: number])[] = [
  [/%S/, SECOND_MS],
  [/%M/, 60 * SECOND_MS],
  [/%H/, 1800 * SECOND_MS],
  // Half days, so that no day is stepped over when the clocks change.
  [/%[djmyY]/, 43_200 * SECOND_MS],
];
/** A longer gap is not gone through: with %S that is half an hour, with %d almost three years. */
const STEPS_MAX = 2000;

/** The pattern at every time from `fromMs` to `toMs`, each spelling once; the last is that of `toMs`. */
export function expandTimes(pattern: PathPattern, fromMs: number, toMs: number): PathPattern[] {
  const text = pattern.segments.join("/");
  const stepMs = STEP_MS.find(([codes]) => codes.test(text))?.[1];
  if (stepMs === undefined) return [{ ...pattern, segments: pattern.segments.map((segment) => formatTime(segment, toMs)) }];
  const found = new Map<string, PathPattern>();
  for (let at = Math.max(fromMs, toMs - STEPS_MAX * stepMs); ; at = Math.min(toMs, at + stepMs)) {
    const segments = pattern.segments.map((segment) => formatTime(segment, at));
    found.set(segments.join("/"), { ...pattern, segments });
    if (toMs <= at) return [...found.values()];
  }
}

function formatTime(segment: string, atMs: number): string {
  if (!segment.includes("%")) return segment;
  const at = new Date(atMs);
  const two = (number: number): string => String(number).padStart(2, "0");
  return segment.replace(/%([YymdHMSj%])/g, (_, code: string) => {
    switch (code) {
      case "Y": return String(at.getFullYear()).padStart(4, "0");
      case "y": return two(at.getFullYear() % 100);
      case "m": return two(at.getMonth() + 1);
      case "d": return two(at.getDate());
      case "H": return two(at.getHours());
      case "M": return two(at.getMinutes());
      case "S": return two(at.getSeconds());
      case "j": return String(Math.round((Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) - Date.UTC(at.getFullYear(), 0, 0)) / 86_400_000)).padStart(3, "0");
      default: return "%";
    }
  });
}
