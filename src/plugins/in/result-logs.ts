// Gathers what programs write into result logs, `<process>_<LOG|STATS>_<rest>.log`, and gives all of a minute as one record, as EventFlow's
// central server takes it. How far each file was read is committed together with what the outputs wrote; a file that nobody has written to
// for an hour is deleted, but only when all of it was taken.
import { encoding, plainEncoding } from "#sdk/encoding-option.ts";
import { duration } from "#sdk/options.ts";
import { defineInput, z } from "#sdk/plugin.ts";

const INTERVAL_LEAST_MS = 100;
const SAMPLES_MAX = 100_000;

const options = z.strictObject({
  path: z.string().min(1).meta({ description: "Folder of the logs, made when it is missing; relative to the folder of the config file.", ko: "결과 로그의 폴더. 없으면 만듭니다. 상대 경로는 설정 파일의 폴더에서 시작합니다." }),
  interval: duration().pipe(z.number().min(INTERVAL_LEAST_MS)).prefault("1m").meta({ description: "How often they are gathered. An entry of the minute that is not over waits for the next.", ko: "모으는 간격. 아직 끝나지 않은 구간의 항목은 다음 번에 보냅니다." }),
  delete_after: z
    .union([z.literal("never"), duration()])
    .prefault("1h")
    .meta({ description: "A file that was not written to for so long is deleted once all of it was delivered; `never` keeps it. A trial (`dure test`, `dure try`) deletes nothing.", ko: "이만큼 쓰이지 않은 파일은 모두 전달한 뒤에 지웁니다. `never`이면 지우지 않습니다. 시험 실행(`dure test`, `dure try`)에서는 지우지 않습니다." }),
  encoding: encoding()
    .refine((name) => !/^(?:utf16|ucs2|utf32|ucs4)/.test(plainEncoding(name)), { message: "result logs are read in encodings in which a newline is one byte: utf-8, cp949, euc-kr, shift_jis …", params: { ko: "결과 로그는 줄바꿈이 1바이트인 인코딩(utf-8, cp949, euc-kr, shift_jis 등)으로 읽습니다" } })
    .meta({ description: "Encoding of the files.", ko: "파일의 인코딩." }),
  keep: z.int().min(0).max(SAMPLES_MAX).default(0).meta({ description: "The last so many records are kept in memory, for `dure pipelines samples`.", ko: "메모리에 남겨 둘 마지막 레코드 수. `dure pipelines samples`로 봅니다." }),
  tag: z.string().min(1).default("results").meta({ description: "Tag of the records.", ko: "레코드의 태그." }),
});

export const resultLogs = defineInput({
  name: "ResultLogs",
  summary: { en: "Gathers the result logs of programs, all of a minute in one record.", ko: "프로그램의 결과 로그를 모아 1분에 레코드 하나로 만듭니다." },
  options,
  shorthand: "path",
  records: {
    en: "LOG and STATS, each an object of lists by process: `{LOG: {etl: [\"2026-11-23 07:05:09;done\"]}, STATS: {}}`. An entry begins with `YYYY-MM-DD HH:MM:SS`; lines without a time belong to the one before, with newlines between. An interval in which nothing was written gives no record; one with more than 1 MB gives several.",
    ko: "LOG와 STATS. 각각 프로세스별 목록입니다: `{LOG: {etl: [\"2026-11-23 07:05:09;done\"]}, STATS: {}}`. 항목은 `YYYY-MM-DD HH:MM:SS`로 시작하고, 시각이 없는 줄은 줄바꿈으로 앞 항목에 이어집니다. 쓰인 것이 없으면 레코드도 없고, 1MB가 넘으면 여러 레코드로 나눕니다.",
  },
  example: "- in.ResultLogs: { path: results, encoding: cp949 }",
  async open(given, context) {
    const { ResultLogsInput } = await import("./result-logs/result-logs-input.ts");
    return new ResultLogsInput({ path: given.path, intervalMs: given.interval, deleteAfterMs: given.delete_after === "never" ? Number.POSITIVE_INFINITY : given.delete_after, encoding: given.encoding, keep: given.keep, tag: given.tag }, context);
  },
});
