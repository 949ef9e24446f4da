// From a clock on a wall to a moment: offsets of IANA zones, with their summer times.

/** Minutes east of UTC for `Z`, `UTC`, `+09:00`, `-0330`; undefined for the name of a zone. */
export function fixedOffsetMinutes(zone: string): number | undefined {
  if (/^(z|utc|gmt)$/i.test(zone)) return 0;
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (match === null) return undefined;
  return (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3] ?? 0));
}

/** The zone the system is set to. Its offsets come from Date: Intl would take eight megabytes. */
export const SYSTEM_ZONE = "local";

/** Whether this is a fixed offset or a zone this system knows. */
export function isZone(zone: string): boolean {
  if (zone === SYSTEM_ZONE || fixedOffsetMinutes(zone) !== undefined) return true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/**
 * A function from seconds on the zone's wall clock (as if they were UTC) to seconds since 1970. A time that comes twice
 * (the end of summer time) is the first one; a time that never comes is moved by the hour that was left out.
 */
export function wallClock(zone: string): (wallSeconds: number) => number {
  const fixed = fixedOffsetMinutes(zone);
  if (fixed !== undefined) return (wallSeconds) => wallSeconds - fixed * 60;
  const offsetSeconds = zone === SYSTEM_ZONE ? systemOffset : namedOffset(zone);
  // Zones change at whole quarters of an hour, and logs stay in one for long.
  let quarter = Number.NaN;
  let offset = 0;
  return (wallSeconds) => {
    const current = Math.floor(wallSeconds / 900);
    if (current !== quarter) {
      quarter = current;
      const start = current * 900;
      // Before and after any change that could concern this quarter.
      const before = offsetSeconds(start - 86_400);
      const after = offsetSeconds(start + 86_400);
      offset = offsetSeconds(start - before) === before ? before : offsetSeconds(start - after) === after ? after : before;
    }
    return wallSeconds - offset;
  };
}

function systemOffset(seconds: number): number {
  return -new Date(seconds * 1000).getTimezoneOffset() * 60;
}

function namedOffset(zone: string): (seconds: number) => number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
  return (seconds) => {
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(seconds * 1000)) part[type] = Number(value);
    return Date.UTC(part["year"] ?? 0, (part["month"] ?? 1) - 1, part["day"] ?? 1, part["hour"] ?? 0, part["minute"] ?? 0, part["second"] ?? 0) / 1000 - seconds;
  };
}
