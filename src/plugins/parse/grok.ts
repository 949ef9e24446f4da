// Parses lines by grok patterns. They become a regular expression with named groups, and that runs as parse.Regex's do.
import { SYSTEM_ZONE } from "#dataplane/time-zone.ts";
import { defineParse, z } from "#sdk/plugin.ts";
import type { PluginContext, Transform } from "#sdk/plugin.ts";
import { GrokError, compileGrok, fieldOf } from "./grok/compile-grok.ts";
import { PatternError, mayBacktrackForever, readPattern } from "#sdk/pattern.ts";
import { checkTimes, textOptions } from "./parts/text-options.ts";

const options = z
  .strictObject({
    pattern: z.string().min(1).meta({ description: "Grok: `%{COMBINEDAPACHELOG}`, `%{IP:client} %{WORD:method}`, `%{NUMBER:bytes:int}`. It may match anywhere in the line; `^` and `$` hold it to the ends. `%{WORD:[http][method]}` gives the field `http.method`.", ko: "grok 패턴: `%{COMBINEDAPACHELOG}`, `%{IP:client} %{WORD:method}`, `%{NUMBER:bytes:int}`. 줄의 어디에나 맞을 수 있고, 양 끝에 맞추려면 `^`와 `$`를 씁니다. `%{WORD:[http][method]}`는 `http.method` 필드가 됩니다." }),
    patterns: z.record(z.string().regex(/^\w+$/, { error: "name patterns by letters, digits and _" }), z.string().min(1)).prefault({}).meta({ description: "Patterns of your own, name to regular expression, in which others may be named. They win over Logstash's base patterns, which are known.", ko: "직접 만든 패턴(이름: 정규식). 다른 패턴을 부를 수 있고, 이미 있는 Logstash 기본 패턴보다 먼저 쓰입니다." }),
    ...textOptions(),
    time_key: z.string().prefault("timestamp").meta({ description: 'The field that holds the event\'s time; "" for none.', ko: '이벤트 시각이 들어 있는 필드. 없으면 "".' }),
    time_format: z.string().min(1).optional().meta({ description: "How the time is written: strptime letters such as `%Y-%m-%d %H:%M:%S`, or iso8601, epoch, epoch_ms. Not needed for HTTPDATE, TIMESTAMP_ISO8601 and SYSLOGTIMESTAMP.", ko: "시각의 형식: `%Y-%m-%d %H:%M:%S` 같은 strptime 문자, 또는 iso8601, epoch, epoch_ms. HTTPDATE, TIMESTAMP_ISO8601, SYSLOGTIMESTAMP라면 쓰지 않아도 됩니다." }),
    time_zone: z.string().min(1).optional().meta({ description: "The zone of times that name none: `Asia/Seoul` or `+09:00`; the system's by default.", ko: "시각에 시간대가 없을 때의 시간대: `Asia/Seoul` 또는 `+09:00`. 기본은 시스템 시간대." }),
  })
  .superRefine((given, context) => {
    checkTimes(given, context);
    const issue = (path: string[], en: string, ko: string): void => void context.addIssue({ code: "custom", path, message: en, params: { ko } });
    try {
      if (readPattern(compileGrok(given.pattern, given.patterns).pattern).names.length === 0) issue(["pattern"], "the pattern names no field; write one as in `%{WORD:method}`", "패턴에 필드가 없습니다. `%{WORD:method}`처럼 필드 이름을 붙이세요");
    } catch (error) {
      if (error instanceof GrokError) issue(error.own === undefined ? ["pattern"] : ["patterns", error.own], error.text.en, error.text.ko);
      else if (error instanceof PatternError) issue(["pattern"], error.text.en, error.text.ko);
      else throw error;
    }
  });

export const grok = defineParse({
  name: "Grok",
  summary: { en: "Parses lines, or one field of records, by grok patterns; Logstash's base patterns are known.", ko: "줄이나 레코드의 한 필드를 grok 패턴으로 파싱합니다. Logstash의 기본 패턴을 쓸 수 있습니다." },
  shorthand: "pattern",
  options,
  example: 'parse.Grok: "%{COMBINEDAPACHELOG}"',
  open,
});

async function open(given: z.output<typeof options>, context: PluginContext): Promise<Transform> {
  const { patternTransform } = await import("./parts/pattern/pattern-transform.ts");
  const { pattern: written, types, timeFormats } = compileGrok(given.pattern, given.patterns);
  const pattern = readPattern(written);
  if (mayBacktrackForever(pattern.tree)) context.log.warn("pattern may take very long on some lines: it repeats a repetition", { pattern: given.pattern });
  const format = given.time_format ?? (Object.hasOwn(timeFormats, given.time_key) ? timeFormats[given.time_key] : undefined);
  const time = format !== undefined && pattern.names.some((group) => fieldOf(group) === given.time_key) ? { key: given.time_key, format, zone: given.time_zone ?? SYSTEM_ZONE, isKept: given.keep_time } : undefined;
  const settings = { pattern, types: { ...types, ...given.types }, time, isDropping: given.unmatched === "drop", key: given.key, fieldOf };
  return patternTransform(settings, context);
}
