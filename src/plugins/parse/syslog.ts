// Parses syslog, RFC 3164 and RFC 5424, told apart line by line. The fields have the names that Fluent Bit's and Fluentd's users know:
// pri, host, ident, pid, msgid, extradata, message; and of the priority facility and severity, by word and by code.
import { SYSTEM_ZONE } from "#dataplane/time-zone.ts";
import { defineParse, z } from "#sdk/plugin.ts";
import { checkTimes, textOptions } from "./parts/text-options.ts";

const { key, types, keep_time, unmatched } = textOptions();

const options = z
  .strictObject({
    key,
    types,
    time_zone: z.string().min(1).optional().meta({ description: "The zone of times that name none: `Asia/Seoul` or `+09:00`; the system's by default. A time without a year is of the year that brings it nearest to now.", ko: "시각에 시간대가 없을 때의 시간대: `Asia/Seoul` 또는 `+09:00`. 기본은 시스템 시간대. 연도가 없는 시각은 지금과 가장 가까운 해의 것으로 봅니다." }),
    keep_time,
    unmatched,
  })
  .superRefine(checkTimes);

export const syslog = defineParse({
  name: "Syslog",
  summary: {
    en: "Parses syslog lines, or one field of records (RFC 3164 and 5424): host, ident, pid, msgid, extradata, message, and pri with facility and severity. What is `-` is left out.",
    ko: "syslog 줄이나 레코드의 한 필드를 파싱합니다(RFC 3164, 5424): host, ident, pid, msgid, extradata, message, 그리고 pri와 facility, severity. `-`인 값은 두지 않습니다.",
  },
  options,
  example: "parse.Syslog:\n  time_zone: Asia/Seoul",
  async open(given, context) {
    const [{ TextParser }, { SYSLOG_TIME_KEY, syslogFormat }] = await Promise.all([import("./parts/text-parser.ts"), import("./syslog/syslog-format.ts")]);
    return new TextParser(syslogFormat, { ...given, time_key: SYSLOG_TIME_KEY, time_format: "syslog", time_zone: given.time_zone ?? SYSTEM_ZONE }, context);
  },
});
