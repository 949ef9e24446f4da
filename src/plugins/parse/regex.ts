// Parses lines by a pattern with named groups. Where the pattern is a run of "everything up to the next such byte",
// it becomes a split program for a kernel, and only lines the program cannot decide go through V8 one by one; the
// result is the same. Fields stay where they are in the line: nothing is copied.
import { SYSTEM_ZONE } from "#dataplane/time-zone.ts";
import { defineParse, z } from "#sdk/plugin.ts";
import type { PluginContext, Transform } from "#sdk/plugin.ts";
import { formatOf, FORMATS, FORMAT_ALIASES } from "./regex/formats.ts";
import type { Format } from "./regex/formats.ts";
import { KIND_NAMES } from "./parts/kinds.ts";
import { mayBacktrackForever, PatternError, readPattern } from "#sdk/pattern.ts";
import { checkTimes } from "./parts/text-options.ts";

const formatNames = [...Object.keys(FORMATS), ...Object.keys(FORMAT_ALIASES)] as (keyof typeof FORMATS | keyof typeof FORMAT_ALIASES)[];

const options = z
  .strictObject({
    format: z.enum(formatNames).optional().meta({ description: "A format known by name.", ko: "이름으로 알려진 형식." }),
    pattern: z.string().min(1).optional().meta({ description: "A regular expression with a named group for each field: `^(?<host>\\S+) (?<message>.*)$`, or with flags `/…/i`. Ruby's and Python's spellings are understood.", ko: "필드마다 이름 붙인 그룹이 있는 정규식: `^(?<host>\\S+) (?<message>.*)$`, 플래그를 쓰려면 `/…/i`. 루비와 파이썬 표기도 됩니다.", meant: ["regex", "regexp", "expression"] }),
    types: z.record(z.string(), z.enum(KIND_NAMES)).prefault({}).meta({ description: "What fields become: integer, float, boolean, json; text otherwise.", ko: "필드의 타입: integer, float, boolean, json. 없으면 텍스트." }),
    key: z.string().min(1).prefault("message").meta({ description: "The field to parse when records come in instead of lines; what is found is added to the record in its place.", ko: "줄 대신 레코드가 들어올 때 파싱할 필드. 결과가 그 자리를 대신합니다." }),
    time_key: z.string().min(1).prefault("time").meta({ description: "The field that holds the event's time.", ko: "이벤트 시각이 들어 있는 필드." }),
    time_format: z.string().min(1).optional().meta({ description: "How the time is written: strptime letters such as `%Y-%m-%d %H:%M:%S`, or iso8601, epoch, epoch_ms.", ko: "시각의 형식: `%Y-%m-%d %H:%M:%S` 같은 strptime 문자, 또는 iso8601, epoch, epoch_ms." }),
    time_zone: z.string().min(1).optional().meta({ description: "The zone of times that name none: `Asia/Seoul` or `+09:00`; the system's by default.", ko: "시각에 시간대가 없을 때의 시간대: `Asia/Seoul` 또는 `+09:00`. 기본은 시스템 시간대." }),
    keep_time: z.boolean().prefault(false).meta({ description: "Whether the time field stays in the record, too.", ko: "시각 필드를 레코드에도 남길지 여부." }),
    unmatched: z.enum(["keep", "drop"]).prefault("keep").meta({ description: "What happens to a line the pattern does not fit: keep it as `{message: line}`, or drop it.", ko: "패턴에 맞지 않는 줄: keep은 `{message: 줄}`로 남기고, drop은 버립니다." }),
  })
  .superRefine((given, context) => {
    const issue = (path: string, en: string, ko: string): void => void context.addIssue({ code: "custom", path: [path], message: en, params: { ko } });
    if ((given.format === undefined) === (given.pattern === undefined)) issue("pattern", "write either `format` or `pattern`", "`format`과 `pattern` 중 하나만 쓰세요");
    if (given.pattern !== undefined) {
      try {
        if (readPattern(given.pattern).names.length === 0) issue("pattern", "the pattern has no named group; name each field as in `(?<host>\\S+)`", "패턴에 이름 붙인 그룹이 없습니다. `(?<host>\\S+)`처럼 필드에 이름을 붙이세요");
      } catch (error) {
        if (!(error instanceof PatternError)) throw error;
        issue("pattern", error.text.en, error.text.ko);
      }
    }
    checkTimes(given, context);
  });

export const regex = defineParse({
  name: "Regex",
  summary: { en: "Parses lines by a regular expression with named groups, or by a format known by name.", ko: "이름 붙인 그룹이 있는 정규식이나 알려진 형식으로 줄을 파싱합니다." },
  shorthand: "format",
  options,
  example: "parse.Regex:\n  format: nginx",
  open,
});

async function open(given: z.output<typeof options>, context: PluginContext): Promise<Transform> {
  const { patternTransform } = await import("./parts/pattern/pattern-transform.ts");
  const known: Format | undefined = given.format === undefined ? undefined : formatOf(given.format);
  const pattern = readPattern(given.pattern ?? known?.pattern ?? "");
  if (given.pattern !== undefined && mayBacktrackForever(pattern.tree)) context.log.warn("pattern may take very long on some lines: it repeats a repetition", { pattern: given.pattern });
  const format = given.time_format ?? known?.timeFormat;
  const time = format !== undefined && pattern.names.includes(given.time_key) ? { key: given.time_key, format, zone: given.time_zone ?? SYSTEM_ZONE, isKept: given.keep_time } : undefined;
  const settings = { pattern, types: { ...known?.types, ...given.types }, time, isDropping: given.unmatched === "drop", key: given.key };
  return patternTransform(settings, context);
}
