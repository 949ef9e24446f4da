// How long, and when, in plain words.
import { ago, time } from "../parts/figures.ts";
import { placeTime } from "../parts/time-zone.ts";
import { say } from "../words/say.ts";
import { words } from "../words/processes.ts";

const DAY_MS = 24 * 3_600_000;

/** `12 s`, `3 h 4 min`, `2 d 5 h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (ms < 10_000 && ms % 1000 !== 0) return say(words.seconds, { count: (ms / 1000).toFixed(ms < 1000 ? 2 : 1) });
  if (seconds < 60) return say(words.seconds, { count: seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return say(words.minutes, { count: minutes });
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? say(words.hours, { hours, minutes: minutes % 60 }) : say(words.days, { days: Math.floor(hours / 24), hours: hours % 24 });
}

/** `tomorrow 02:00 (in 9 hr.)`. */
export function nextTime(atMs: number, nowMs: number): string {
  const { date, clock } = placeTime(atMs);
  const minute = clock.slice(0, 5);
  const when = date === placeTime(nowMs).date ? say(words.todayAt, { clock: minute }) : date === placeTime(nowMs + DAY_MS).date ? say(words.tomorrowAt, { clock: minute }) : time(atMs, { isWhole: true }).slice(0, -3);
  return say(words.nextAt, { when, ago: ago(atMs, nowMs) });
}
