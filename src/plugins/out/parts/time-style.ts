// The options by which outputs write event times, and the style made of them.
// A zone with summer time has no fixed offset, so the style is asked for again with each batch.
import type { TimeStyle } from "#dataplane/emit.ts";
import { z } from "#sdk/plugin.ts";

/** `time_key`, `time_zone`, `time_digits`: spread them into the output's schema. */
export function timeOptions({ zone }: { zone: "utc" | "local" }) {
  return {
    time_key: z.string().default("time").meta({
      description: "Name of the field that is added for the event time in JSON; empty adds none. A record that has a field of that name keeps its own.",
      ko: "JSON에 이벤트 시각으로 더할 필드 이름. 비우면 더하지 않습니다. 같은 이름의 필드가 이미 있는 레코드는 자기 값을 그대로 둡니다.",
    }),
    time_zone: z
      .string()
      .default(zone)
      .refine(isZone, {
        message: "write utc, local, an offset such as +09:00, or a zone such as Asia/Seoul",
        params: { ko: "utc, local, +09:00 같은 오프셋, Asia/Seoul 같은 시간대 이름을 쓰세요" },
      })
      .meta({ description: "Zone in which times are written: utc, local, +09:00 or Asia/Seoul.", ko: "시각을 쓸 시간대: utc, local, +09:00, Asia/Seoul." }),
    time_digits: z
      .union([z.literal(0), z.literal(3), z.literal(6), z.literal(9)])
      .default(3)
      .meta({ description: "Digits of the second: 0, 3, 6 or 9.", ko: "초의 소수 자릿수: 0, 3, 6, 9." }),
  };
}

export interface TimeOptions {
  readonly time_key: string;
  readonly time_zone: string;
  readonly time_digits: 0 | 3 | 6 | 9;
}

/** Gives the style for a batch of that second. */
export function timeStyles({ time_key: key, time_zone: zone, time_digits: digits }: TimeOptions): (seconds: number) => TimeStyle {
  const offsetAt = zoneOffsets(zone);
  let style: TimeStyle = { key, offsetMinutes: 0, digits };
  return (seconds) => {
    const offsetMinutes = offsetAt(seconds);
    if (offsetMinutes !== style.offsetMinutes) style = { key, offsetMinutes, digits };
    return style;
  };
}

const OFFSET = /^([+-])(\d{2}):?(\d{2})$/;
/** Offsets change at quarters of an hour at most. */
const STEP_SECONDS = 900;

/** Minutes east of UTC at a second since 1970. */
export function zoneOffsets(zone: string): (seconds: number) => number {
  const name = zone.toLowerCase();
  if (name === "utc" || name === "z") return () => 0;
  const fixed = OFFSET.exec(zone);
  if (fixed !== null) {
    const minutes = (Number(fixed[2]) * 60 + Number(fixed[3])) * (fixed[1] === "-" ? -1 : 1);
    return () => minutes;
  }
  const ask = name === "local" ? (seconds: number) => -new Date(seconds * 1000).getTimezoneOffset() : namedOffset(zone);
  let lastStep = Number.NaN;
  let last = 0;
  return (seconds) => {
    const step = Math.floor(seconds / STEP_SECONDS);
    if (step !== lastStep) {
      last = ask(step * STEP_SECONDS);
      lastStep = step;
    }
    return last;
  };
}

function namedOffset(zone: string): (seconds: number) => number {
  const format = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
  return (seconds) => {
    const name = format.formatToParts(seconds * 1000).find((part) => part.type === "timeZoneName")?.value ?? "GMT";
    const match = /([+-])(\d{2}):(\d{2})/.exec(name);
    return match === null ? 0 : (Number(match[2]) * 60 + Number(match[3])) * (match[1] === "-" ? -1 : 1);
  };
}

function isZone(zone: string): boolean {
  if (["utc", "z", "local"].includes(zone.toLowerCase()) || OFFSET.test(zone)) return true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
