// Follows text files, line by line, over rotation and restarts. No line is lost: a position moves only with the commit
// of the batch that holds the lines before it, so after a crash lines may come twice, but none is left out.
import { encoding } from "#sdk/encoding-option.ts";
import { defineInput, z } from "#sdk/plugin.ts";
import { duration, size } from "#sdk/options.ts";
import { excludeExpression, splitList } from "./parts/path-pattern.ts";

const texts = z.union([z.string().min(1), z.array(z.string().min(1))]);
const LINE_BYTES_LEAST = 128;
const LINE_BYTES_MOST = 16 << 20;
const PERIOD_LEAST_MS = 10;

const options = z.strictObject({
  path: texts.refine((path) => 0 < splitList(path).length, { message: "name at least one file", params: { ko: "파일을 하나 이상 쓰세요" } }).meta({
    description: "Files to follow: a path, a glob (`/var/log/**/*.log`), several with commas or as a list. Time codes (%Y %y %m %d %H %M %S %j) stand for the current local time. Relative paths begin at the folder of the config file.",
    ko: "따라 읽을 파일: 경로, 글로브(`/var/log/**/*.log`), 쉼표나 목록으로 여러 개. 시간 코드(%Y %y %m %d %H %M %S %j)는 현재 지역 시각으로 바뀝니다. 상대 경로는 설정 파일의 폴더에서 시작합니다.",
  }),
  exclude: texts.default([]).superRefine(checkExpressions).meta({
    description: "Files to leave out: a glob of names (`*.bak`) or of paths, a list, or a regular expression between slashes (`/debug/i`).",
    ko: "제외할 파일: 이름 글로브(`*.bak`)나 경로 글로브, 목록, 또는 슬래시 사이의 정규식(`/debug/i`).",
  }),
  pos_dir: z.string().min(1).optional().meta({ description: "Folder in which positions are kept; by default that of the agent's data.", ko: "읽은 위치를 보관할 폴더. 기본값은 에이전트의 데이터 폴더입니다." }),
  encoding: encoding().meta({
    description: "Encoding of the files. Everything but UTF-8 is turned into UTF-8; a byte order mark at the beginning is left out.",
    ko: "파일의 인코딩. UTF-8이 아니면 UTF-8로 바꾸며, 맨 앞의 바이트 순서 표시는 뺍니다.",
  }),
  start: z.enum(["beginning", "end"]).default("beginning").meta({
    description: "Where to begin in files that are there at the start and of which no position is known. Files that appear later are read from their beginning.",
    ko: "시작할 때 이미 있고 읽은 위치가 없는 파일을 어디서부터 읽을지. 나중에 생긴 파일은 처음부터 읽습니다.",
  }),
  tag: z.string().min(1).default("dure.file").meta({ description: "Tag of the records; `*` stands for the path with dots instead of slashes.", ko: "레코드의 태그. `*`는 슬래시를 점으로 바꾼 경로로 바뀝니다." }),
  max_line: size().pipe(z.number().min(LINE_BYTES_LEAST).max(LINE_BYTES_MOST)).prefault("1MB").meta({ description: "The longest line, in bytes of the file, that is delivered in one piece (128 to 16MB).", ko: "한 번에 내보내는 가장 긴 줄의 파일 바이트 수(128~16MB)." }),
  long_lines: z.enum(["split", "skip"]).default("split").meta({ description: "What happens to longer lines: delivered in pieces, or left out.", ko: "더 긴 줄을 나누어 내보낼지(split) 뺄지(skip)." }),
  refresh: duration().pipe(z.number().min(PERIOD_LEAST_MS)).prefault("5s").meta({ description: "How often to look for new files where the system does not tell of them at once.", ko: "시스템이 바로 알려 주지 않는 곳에서 새 파일을 찾는 간격." }),
  poll: duration().pipe(z.number().min(PERIOD_LEAST_MS)).prefault("250ms").meta({ description: "How often to look at files where the system does not tell of changes (network folders); each time at 256 of them.", ko: "시스템이 변경을 알려 주지 않는 곳(네트워크 폴더)에서 파일을 살피는 간격. 한 번에 256개씩 봅니다." }),
  rotate_wait: duration().prefault("5s").meta({ description: "How long a renamed or removed file is read on after it last grew.", ko: "이름이 바뀌거나 지워진 파일을 마지막으로 늘어난 뒤 얼마나 더 읽을지." }),
  read_gzip: z.boolean().default(true).meta({ description: "Read .gz files too: a log that was rotated and compressed before its end was read is read on in there.", ko: ".gz 파일도 읽습니다. 끝까지 읽기 전에 교체되어 압축된 로그는 그 안에서 이어 읽습니다." }),
  ignore_older: duration().optional().meta({ description: "Of files not written for this long when first seen, only what is written later is read.", ko: "처음 볼 때 이 시간 넘게 쓰이지 않은 파일은 그 뒤에 쓰인 내용만 읽습니다." }),
  follow: z.boolean().optional().meta({ description: "Wait for more at the end of the files (the default), or end there (the default of `dure test` and `dure try`).", ko: "파일 끝에서 더 기다릴지(기본값) 끝낼지(`dure test`와 `dure try`의 기본값)." }),
});

export const fileTail = defineInput({
  name: "FileTail",
  summary: { en: "Follows text files line by line, over rotation and restarts.", ko: "텍스트 파일을 한 줄씩 따라 읽으며, 파일 교체와 재시작에도 이어 읽습니다." },
  options,
  shorthand: "path",
  example: "in.FileTail:\n  path: /var/log/myapp/*.log\n  encoding: cp949",
  async open(given, context) {
    const { Tailer } = await import("./file-tail/tailer.ts");
    return new Tailer(
      {
        path: given.path,
        exclude: given.exclude,
        tag: given.tag,
        start: given.start,
        encoding: given.encoding,
        lineBytesMax: given.max_line - (given.max_line % 4),
        longLines: given.long_lines,
        refreshMs: given.refresh,
        pollMs: given.poll,
        rotateWaitMs: given.rotate_wait,
        readGzip: given.read_gzip,
        ignoreOlderMs: given.ignore_older,
        follow: given.follow ?? context.mode === "run",
      },
      context,
    );
  },
  async checkEnvironment(given, { configDir }) {
    const { checkPaths } = await import("./file-tail/check-paths.ts");
    return checkPaths(given, configDir);
  },
});

function checkExpressions(exclude: string | readonly string[], context: z.core.$RefinementCtx<string | string[]>): void {
  for (const text of [exclude].flat()) {
    try {
      excludeExpression(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: `${text} is no regular expression: ${(error as Error).message}`, params: { ko: `올바른 정규식이 아닙니다: ${text}` } });
    }
  }
}
