// Numbers as people read them.
import { say } from "#base/lang.ts";
import { parseDurationMs } from "#base/quantities.ts";
import { wrongUse } from "./failure.ts";

export function countText(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ","); // Both languages write it so; the system's way takes six megabytes.
}

export function secondsText(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  const [days, hours, minutes] = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  if (days > 0) return say({ en: `${days}d ${hours}h`, ko: `${days}일 ${hours}시간` });
  if (hours > 0) return say({ en: `${hours}h ${minutes}m`, ko: `${hours}시간 ${minutes}분` });
  return say({ en: `${minutes}m ${whole % 60}s`, ko: `${minutes}분 ${whole % 60}초` });
}

/** As `durationOption` reads it: 60000 → `1m`. */
export function durationWord(ms: number): string {
  const [unit, size] = ([["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1000]] as const).find(([, each]) => each <= ms && ms % each === 0) ?? ["ms", 1];
  return `${ms / size}${unit}`;
}

/** The value of an option such as `--for 20s`; undefined when it was not given. */
export function durationOption(value: unknown, flag: string): number | undefined {
  if (value === undefined) return undefined;
  const ms = parseDurationMs(String(value));
  // What a timer cannot hold would end at once.
  if (ms !== undefined && ms > 0 && ms < 2 ** 31) return ms;
  throw wrongUse({ en: `\`${flag} ${String(value)}\`: write a duration such as 500ms, 20s, 5m or 2h`, ko: `\`${flag} ${String(value)}\`: 500ms, 20s, 5m, 2h 같은 시간을 쓰세요` });
}

/** A time, or a duration back from now (ahead of it): `10m`, `2026-11-21T09:00`, `2026-11-21`. */
export function timeOption(value: unknown, flag: string, { isAhead = false } = {}): number | undefined {
  const atMs = typeof value === "string" && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value.length === 10 ? `${value}T00:00` : value) : Number.NaN;
  if (!Number.isNaN(atMs)) return atMs;
  const ms = durationOption(value, flag);
  return ms === undefined ? undefined : Date.now() + (isAhead ? ms : -ms);
}

export function countOption(value: unknown, flag: string): number | undefined {
  if (value === undefined) return undefined;
  const count = Number(value);
  if (Number.isInteger(count) && 0 < count) return count;
  throw wrongUse({ en: `\`${flag} ${String(value)}\`: write a whole number above 0`, ko: `\`${flag} ${String(value)}\`: 0보다 큰 정수를 쓰세요` });
}
