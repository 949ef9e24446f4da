// Parses JSON lines into records by a kernel; lines it does not take (long numbers, exponents, deep nesting, odd times)
// go through JSON.parse one by one. Of records it parses one text field, and what it finds joins the record.
import { defineParse, z } from "#sdk/plugin.ts";
import { SYSTEM_ZONE } from "#dataplane/time-zone.ts";
import { JsonLines } from "./json/json-lines.ts";
import { parseObject } from "./json/parse-object.ts";
import { parseField } from "./parts/field-records.ts";
import type { FieldParser } from "./parts/field-records.ts";
import { FieldTimes } from "./parts/field-times.ts";
import { checkTimes } from "./parts/text-options.ts";

const options = z
  .strictObject({
    key: z.string().min(1).prefault("message").meta({ description: "The field to parse when records come in instead of lines, such as `log`; what is found is added to the record in its place.", ko: "줄 대신 레코드가 들어올 때 파싱할 필드(예: `log`). 결과가 그 자리를 대신합니다." }),
    time_key: z.string().prefault("time").meta({ description: 'The field that holds the event\'s time; "" for none.', ko: '이벤트 시각이 들어 있는 필드. 없으면 "".' }),
    time_format: z.string().min(1).optional().meta({ description: "How the time is written, when it is neither ISO 8601 nor seconds since 1970: strptime letters, or epoch_ms.", ko: "시각이 ISO 8601도 1970년부터의 초도 아닐 때의 형식: strptime 문자 또는 epoch_ms." }),
    time_zone: z.string().min(1).optional().meta({ description: "The zone of times that name none: `Asia/Seoul` or `+09:00`. With `time_format` the system's by default, UTC otherwise.", ko: "시각에 시간대가 없을 때의 시간대: `Asia/Seoul` 또는 `+09:00`. `time_format`을 쓰면 기본은 시스템 시간대, 아니면 UTC." }),
    keep_time: z.boolean().prefault(false).meta({ description: "Whether the time field stays in the record, too.", ko: "시각 필드를 레코드에도 남길지 여부." }),
    unmatched: z.enum(["keep", "drop"]).prefault("keep").meta({ description: "What happens to a line that is not a JSON object: keep it as `{message: line}`, or drop it.", ko: "JSON 객체가 아닌 줄: keep은 `{message: 줄}`로 남기고, drop은 버립니다." }),
  })
  .superRefine(checkTimes);

export const json = defineParse({
  name: "Json",
  summary: { en: "Parses lines, or one field of records, as JSON.", ko: "줄이나 레코드의 한 필드를 JSON으로 파싱합니다." },
  options,
  example: "parse.Json:\n  time_key: ts",
  async open(given, context) {
    // The kernel reads ISO 8601 (UTC where no zone is named) and seconds; all else is done here.
    const isKernelTime = given.time_format === undefined && given.time_zone === undefined;
    const times = new FieldTimes({ key: given.time_key, format: given.time_format, zone: given.time_zone ?? (given.time_format === undefined ? "UTC" : SYSTEM_ZONE), isKept: given.keep_time, clock: context.clock });
    const isDropping = given.unmatched === "drop";
    const lines = new JsonLines({ times, isKernelTime, isDropping }, context);
    const field: FieldParser = {
      key: given.key,
      isDropping,
      parse(text) {
        const fields = parseObject(text);
        return fields === undefined ? undefined : { instant: times.take(fields), fields };
      },
    };
    return {
      apply: (batch) => (batch.form === "lines" ? lines.apply(batch) : parseField(batch, field, context)),
      async close() {
        lines.close();
      },
    };
  },
});
