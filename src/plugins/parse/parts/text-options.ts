// The options that all parsers of texts have, in one place and in the same words.
import { TimeFormatError, timeFormat } from "#dataplane/time-format.ts";
import { isZone } from "#dataplane/time-zone.ts";
import { z } from "#sdk/plugin.ts";
import { KIND_NAMES } from "./kinds.ts";

/** To be spread into the parser's own options; `checkTimes` belongs to them. */
export function textOptions() {
  return {
    key: z.string().min(1).prefault("message").meta({ description: "The field to parse when records come in instead of lines, such as `log`; what is found is added to the record in its place.", ko: "줄 대신 레코드가 들어올 때 파싱할 필드(예: `log`). 결과가 그 자리를 대신합니다." }),
    types: z.record(z.string(), z.enum(KIND_NAMES)).prefault({}).meta({ description: "What fields become: integer, float, boolean, json; text otherwise.", ko: "필드의 타입: integer, float, boolean, json. 없으면 텍스트." }),
    time_key: z.string().prefault("time").meta({ description: 'The field that holds the event\'s time; "" for none.', ko: '이벤트 시각이 들어 있는 필드. 없으면 "".' }),
    time_format: z.string().min(1).optional().meta({ description: "How the time is written, when it is neither ISO 8601 nor seconds since 1970: strptime letters, or epoch_ms.", ko: "시각이 ISO 8601도 1970년부터의 초도 아닐 때의 형식: strptime 문자 또는 epoch_ms." }),
    time_zone: z.string().min(1).optional().meta({ description: "The zone of times that name none: `Asia/Seoul` or `+09:00`. With `time_format` the system's by default, UTC otherwise.", ko: "시각에 시간대가 없을 때의 시간대: `Asia/Seoul` 또는 `+09:00`. `time_format`을 쓰면 기본은 시스템 시간대, 아니면 UTC." }),
    keep_time: z.boolean().prefault(false).meta({ description: "Whether the time field stays in the record, too.", ko: "시각 필드를 레코드에도 남길지 여부." }),
    unmatched: z.enum(["keep", "drop"]).prefault("keep").meta({ description: "What happens to a line that cannot be parsed: keep it as `{message: line}`, or drop it.", ko: "파싱할 수 없는 줄: keep은 `{message: 줄}`로 남기고, drop은 버립니다." }),
  };
}

/** For `superRefine`: the zone and the format of times must be ones we know. */
export function checkTimes(given: { readonly time_zone?: string | undefined; readonly time_format?: string | undefined }, context: Pick<z.RefinementCtx, "addIssue">): void {
  const issue = (path: string, en: string, ko: string): void => void context.addIssue({ code: "custom", path: [path], message: en, params: { ko } });
  if (given.time_zone !== undefined && !isZone(given.time_zone)) issue("time_zone", `the time zone \`${given.time_zone}\` is not known; write a name such as Asia/Seoul or an offset such as +09:00`, `모르는 시간대입니다: \`${given.time_zone}\`. Asia/Seoul 같은 이름이나 +09:00 같은 차이를 쓰세요`);
  if (given.time_format === undefined) return;
  try {
    timeFormat(given.time_format, "UTC");
  } catch (error) {
    if (!(error instanceof TimeFormatError)) throw error;
    issue("time_format", error.message, `시각 형식이 올바르지 않습니다: ${error.message}`);
  }
}
