// Holds the stream and gives it on at most once in a given time, so that a slow or costly output is not asked for every line.
import { duration } from "#sdk/options.ts";
import { defineBuffer, z } from "#sdk/plugin.ts";
import { bufferFiles, checkHolding, holdingOptions, openBuffer } from "./parts/options.ts";

const UNIT_MS = { seconds: 1000, minutes: 60_000, hours: 3_600_000 } as const;
const number = z.number().positive().optional();

const options = z
  .strictObject({
    every: duration()
      .refine((ms) => 0 < ms, { message: "must be more than 0", params: { ko: "0보다 커야 합니다" } })
      .optional()
      .meta({ description: "How long records are held, such as 30s or 5m, counted from the first one held.", ko: "레코드를 쌓아 두는 시간(30s, 5m 등). 처음 쌓인 레코드부터 셉니다." }),
    seconds: number.meta({ description: "The same as `every`, in seconds.", ko: "`every`와 같음, 초 단위." }),
    minutes: number.meta({ description: "The same as `every`, in minutes.", ko: "`every`와 같음, 분 단위." }),
    hours: number.meta({ description: "The same as `every`, in hours.", ko: "`every`와 같음, 시간 단위." }),
    ...holdingOptions,
  })
  .superRefine((given, context) => {
    checkHolding(given, context);
    if ([given.every, given.seconds, given.minutes, given.hours].filter((time) => time !== undefined).length === 1) return;
    context.addIssue({ code: "custom", message: "write one time: `every: 5m`, or `seconds`, `minutes` or `hours`", params: { ko: "시간을 하나만 쓰세요: `every: 5m` 또는 `seconds`, `minutes`, `hours`" } });
  });

export const time = defineBuffer({
  name: "Time",
  summary: { en: "Holds records and gives them on once in a given time.", ko: "정한 시간마다 쌓인 레코드를 한 번에 내보냅니다." },
  options,
  aliases: ["out.TimedBuffer"],
  shorthand: "every",
  example: "- buffer.Time: {every: 5m}",
  files: bufferFiles,
  async open(given, context) {
    const afterMs = given.every ?? (given.seconds ?? 0) * UNIT_MS.seconds + (given.minutes ?? 0) * UNIT_MS.minutes + (given.hours ?? 0) * UNIT_MS.hours;
    return openBuffer({ afterMs }, given, context);
  },
});
