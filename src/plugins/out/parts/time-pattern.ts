// Names with time codes and the tag in them: `logs-%Y.%m.%d`, `logs/%Y/%m/%d/${tag}`.
import { zoneOffsets } from "./time-style.ts";

const CODE = /%(.)|\$\{(\w+)\}/g;
const CODES: Readonly<Record<string, (time: Date) => string>> = {
  Y: (time) => String(time.getUTCFullYear()),
  y: (time) => two(time.getUTCFullYear() % 100),
  m: (time) => two(time.getUTCMonth() + 1),
  d: (time) => two(time.getUTCDate()),
  H: (time) => two(time.getUTCHours()),
  M: (time) => two(time.getUTCMinutes()),
  S: (time) => two(time.getUTCSeconds()),
  j: (time) => String(Math.floor((time.getTime() - Date.UTC(time.getUTCFullYear(), 0, 1)) / 86_400_000) + 1).padStart(3, "0"),
  "%": () => "%",
};

/** The codes of a pattern that mean nothing. */
export function unknownTimeCodes(pattern: string): string[] {
  return [...pattern.matchAll(CODE)].filter(([, code]) => code !== undefined && CODES[code] === undefined).map(([whole]) => whole);
}

/** Gives the name for a second since 1970, with `words` put in for `${…}`. */
export function timePattern(pattern: string, zone: string): (seconds: number, words: Readonly<Record<string, string>>) => string {
  const offsetAt = zoneOffsets(zone);
  return (seconds, words) => {
    const time = new Date((seconds + offsetAt(seconds) * 60) * 1000);
    return pattern.replace(CODE, (whole, code: string | undefined, word: string) => (code === undefined ? (Object.hasOwn(words, word) ? (words[word] ?? whole) : whole) : (CODES[code]?.(time) ?? whole)));
  };
}

/** Seconds after which a name may change: names are made once for each of them. */
export function patternStepSeconds(pattern: string): number {
  if (/%S/.test(pattern)) return 1;
  return /%[HM]/.test(pattern) ? 60 : 900; // Zones move by quarters of an hour.
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
