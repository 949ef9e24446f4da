// Appends to files, each record exactly once: how long a file is gets committed in the same record as the positions of the
// input, and what lies behind that after a crash is cut off before the records come again.
//
// The promise holds against `kill -9`. Against a power failure it holds with `fsync: every`.
import { duration, size } from "#sdk/options.ts";
import { defineOutput, z } from "#sdk/plugin.ts";
import { checkDelimited, columnsOption } from "./parts/delimited.ts";
import { unknownTimeCodes } from "./parts/time-pattern.ts";
import { timeOptions } from "./parts/time-style.ts";

const compression = z.enum(["none", "gzip", "zstd"]).default("none");

const options = z
  .strictObject({
  path: z
    .string()
    .min(1)
    .superRefine((path, context) => {
      for (const code of unknownTimeCodes(path))
        context.addIssue({
          code: "custom",
          message: `${code} is no time code; use %Y %y %m %d %H %M %S %j, or %% for a percent sign`,
          params: { ko: `${code} 는 시간 코드가 아닙니다. %Y %y %m %d %H %M %S %j 를 쓰고, 퍼센트 글자는 %% 로 쓰세요` },
        });
    })
    .meta({
      description: "File to append to. Time codes (%Y %m %d %H %M %S) stand for when a batch was read, ${tag} for its tag.",
      ko: "내용을 덧붙일 파일. 시간 코드(%Y %m %d %H %M %S)는 배치를 읽은 시각, ${tag}는 태그로 바뀝니다.",
    }),
  format: z.enum(["auto", "lines", "json", "csv", "tsv", "msgpack"]).default("auto").meta({
    description: "auto: text that nobody parsed stays as it is, records become JSON lines. lines: the original line. csv, tsv: the fields of `columns`. msgpack: Fluentd entries.",
    ko: "auto: 파싱하지 않은 줄은 그대로, 레코드는 JSON 한 줄씩. lines: 원래 줄. csv, tsv: `columns`의 필드. msgpack: Fluentd 엔트리.",
  }),
  ...columnsOption(),
  ...timeOptions({ zone: "utc" }),
  compress: compression.meta({
    description: "Compresses each batch as a member of its own (gzip) or a frame (zstd); give it big batches. .gz or .zst is added to the path.",
    ko: "배치마다 gzip 멤버나 zstd 프레임 하나로 압축합니다. 배치가 클수록 좋습니다. 경로에 .gz, .zst가 붙습니다.",
  }),
  rotate: z
    .strictObject({
      size: size()
        .optional()
        .meta({ description: "Begin a new file before this one would get bigger. A batch (some 1 MB at most where files are tailed) goes into one file whole.", ko: "파일이 이 크기를 넘기 전에 새 파일을 시작합니다. 배치 하나(파일을 따라 읽을 때 최대 약 1MB)는 나누지 않고 한 파일에 씁니다." }),
      every: z
        .union([z.enum(["hourly", "daily"]), duration()])
        .optional()
        .meta({
          description: "Begin a new file each hour or day of `time_zone`, or when the file is this old; done at the next write.",
          ko: "매시간, 매일(time_zone 기준), 또는 이 시간이 지나면 다음 쓰기 때 새 파일을 시작합니다.",
        }),
      keep: z
        .int()
        .min(1)
        .optional()
        .meta({ description: "How many rotated files of a path stay; without it all do.", ko: "경로마다 남길 지난 파일 수. 없으면 모두 남깁니다." }),
      compress: compression.meta({ description: "Compresses rotated files.", ko: "지난 파일을 압축합니다." }),
    })
    .prefault({})
    .meta({
      description: "When a file ends and what becomes of it: it is renamed to PATH.YYYYMMDD-HHMMSS-mmm.",
      ko: "파일을 언제 끝내고 어떻게 할지. 끝난 파일은 PATH.YYYYMMDD-HHMMSS-mmm 으로 바뀝니다.",
    }),
  fsync: z.enum(["none", "interval", "every"]).default("none").meta({
    description: "When bytes are forced to the disk: never (the system does it in its time), each `fsync_interval`, or with every batch.",
    ko: "디스크 동기화 시점: none(운영체제에 맡김), interval(fsync_interval마다), every(배치마다).",
  }),
  fsync_interval: duration().prefault("1s").meta({ description: "How often `fsync: interval` does it.", ko: "fsync: interval의 간격." }),
  mkdir: z.boolean().default(true).meta({ description: "Make missing folders.", ko: "없는 폴더를 만듭니다." }),
  })
  .superRefine(checkDelimited);
export type FileOptions = z.output<typeof options>;

export const file = defineOutput({
  name: "File",
  summary: {
    en: "Appends to files, each record exactly once; rotates and compresses them.",
    ko: "파일에 레코드를 정확히 한 번씩 덧붙이고, 회전하고 압축합니다.",
  },
  options,
  shorthand: "path",
  example: "- out.File:\n    path: logs/access-%Y%m%d.json\n    rotate: { size: 100MB, keep: 10, compress: gzip }",
  address: ({ path }) => path,
  async checkEnvironment(given, { configDir }) {
    const { checkPath } = await import("./file/check-path.ts");
    return checkPath(given, configDir);
  },
  async open(given, context) {
    const { Files } = await import("./file/files.ts");
    const files = new Files(given, context);
    await files.repairAll();
    return {
      // Two writes overlap the copy into the page cache with the making of the next bytes; one more covers unevenness.
      concurrency: 3,
      write: (batch, signal) => files.write(batch, signal),
      committed: () => files.committed(),
      close: () => files.close(),
    };
  },
});
