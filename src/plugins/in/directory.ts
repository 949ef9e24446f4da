// Reads whole files of a folder that other programs put finished files into, and deletes or moves each only after its last line was written
// and committed. How far each file was read is committed together with what the outputs wrote: after a crash reading goes on there, and a
// file that was read to its end and not yet deleted is deleted then, not read again.
import { encoding } from "#sdk/encoding-option.ts";
import { duration, size } from "#sdk/options.ts";
import { defineInput, z } from "#sdk/plugin.ts";
import { excludeExpression, splitList } from "./parts/path-pattern.ts";

const texts = z.union([z.string().min(1), z.array(z.string().min(1))]);
const LINE_BYTES_LEAST = 128;
const LINE_BYTES_MOST = 16 << 20;
const PERIOD_LEAST_MS = 10;

const options = z
  .strictObject({
    path: texts.refine((path) => 0 < splitList(path).length, { message: "name at least one folder", params: { ko: "폴더를 하나 이상 쓰세요" } }).meta({
      description: "Files to read: a folder, a glob (`/data/in/**/*.csv`), several with commas or as a list. Hidden files are left alone. Relative paths begin at the folder of the config file.",
      ko: "읽을 파일: 폴더, 글로브(`/data/in/**/*.csv`), 쉼표나 목록으로 여러 개. 숨김 파일은 건드리지 않습니다. 상대 경로는 설정 파일의 폴더에서 시작합니다.",
    }),
    exclude: texts
      .default([])
      .superRefine((exclude, context) => {
        for (const text of [exclude].flat()) {
          try {
            excludeExpression(text);
          } catch (error) {
            context.addIssue({ code: "custom", message: `${text} is no regular expression: ${(error as Error).message}`, params: { ko: `올바른 정규식이 아닙니다: ${text}` } });
          }
        }
      })
      .meta({ description: "Files to leave out: a glob of names (`*.part`) or of paths, a list, or a regular expression between slashes.", ko: "제외할 파일: 이름 글로브(`*.part`)나 경로 글로브, 목록, 또는 슬래시 사이의 정규식." }),
    stable: duration().prefault("2s").meta({ description: "A file is read when its size and time have not changed for this long.", ko: "크기와 시각이 이만큼 바뀌지 않은 파일을 읽습니다." }),
    poll: duration().pipe(z.number().min(PERIOD_LEAST_MS)).prefault("1s").meta({ description: "How often to look into the folder; less often where looking takes long.", ko: "폴더를 살피는 간격. 살피는 데 오래 걸리면 더 드물게 봅니다." }),
    order: z.enum(["name", "mtime"]).default("name").meta({ description: "Which file first: by path, or the one written to first.", ko: "어떤 파일부터 읽을지: 경로순(name) 또는 먼저 쓰인 순(mtime)." }),
    format: z.enum(["lines", "whole"]).default("lines").meta({ description: "lines: each line. whole: each file is one record with name, path, size and content.", ko: "lines: 한 줄씩. whole: 파일마다 name, path, size, content를 담은 레코드 하나." }),
    after: z.enum(["keep", "delete", "move"]).default("keep").meta({
      description: "What becomes of a file that was written to its end: it stays and is remembered while it is there, or is deleted, or moved to `move_to`. A trial (`dure test`, `dure try`) leaves all files alone.",
      ko: "끝까지 전달한 파일을 어떻게 할지: 두고 기억하기(keep), 지우기(delete), `move_to`로 옮기기(move). 시험 실행(`dure test`, `dure try`)은 파일을 건드리지 않습니다.",
    }),
    move_to: z.string().min(1).optional().meta({ description: "Folder that files are moved to, made when it is missing. A name that is taken gets a number.", ko: "파일을 옮길 폴더. 없으면 만듭니다. 같은 이름이 있으면 번호를 붙입니다." }),
    encoding: encoding().meta({ description: "Encoding of the files; inside everything is UTF-8, and a byte order mark is left out.", ko: "파일의 인코딩. 안에서는 UTF-8이며, 바이트 순서 표시는 뺍니다." }),
    max_line: size().pipe(z.number().min(LINE_BYTES_LEAST).max(LINE_BYTES_MOST)).prefault("1MB").meta({ description: "A longer line is delivered in pieces (128 to 16MB).", ko: "이보다 긴 줄은 나누어 내보냅니다(128~16MB)." }),
    max_content: size().pipe(z.number().min(1).max(LINE_BYTES_MOST)).prefault("4MB").meta({ description: "With `format: whole`: a file with more (unpacked) is said and left alone (16MB at most).", ko: "`format: whole`에서 내용이(압축을 푼 뒤) 이보다 큰 파일은 알리고 그대로 둡니다(최대 16MB)." }),
    tag: z.string().min(1).default("directory").meta({ description: "Tag of the records; `*` stands for the path with dots instead of slashes.", ko: "레코드의 태그. `*`는 슬래시를 점으로 바꾼 경로로 바뀝니다." }),
  })
  .superRefine(({ after, move_to: moveTo }, context) => {
    if ((after === "move") === (moveTo !== undefined)) return;
    context.addIssue(
      after === "move"
        ? { code: "custom", path: ["after"], message: "say where to with move_to", params: { ko: "옮길 폴더를 move_to에 쓰세요" } }
        : { code: "custom", path: ["move_to"], message: "move_to is only for `after: move`", params: { ko: "move_to는 `after: move`에만 씁니다" } },
    );
  });

export const directory = defineInput({
  name: "Directory",
  summary: { en: "Reads whole files of a folder, then keeps, deletes or moves them.", ko: "폴더의 파일을 통째로 읽고, 다 전달하면 두거나 지우거나 옮깁니다." },
  options,
  shorthand: "path",
  example: "- in.Directory:\n    path: /data/in/*.csv\n    after: move\n    move_to: /data/done",
  async open(given, context) {
    const { DirectoryInput } = await import("./directory/directory-input.ts");
    return new DirectoryInput(
      {
        path: given.path,
        exclude: given.exclude,
        stableMs: given.stable,
        pollMs: given.poll,
        order: given.order,
        format: given.format,
        after: given.after,
        moveTo: given.move_to,
        encoding: given.encoding,
        lineBytesMax: given.max_line - (given.max_line % 4),
        contentBytesMax: given.max_content,
        tag: given.tag,
      },
      context,
    );
  },
  async checkEnvironment({ path, move_to: moveTo }, { configDir }) {
    const { checkFolders } = await import("./directory/check-folders.ts");
    return checkFolders({ path, moveTo }, configDir);
  },
});
