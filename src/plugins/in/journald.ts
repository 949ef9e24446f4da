// Follows systemd's journal through its own program, journalctl. No entry is left out and, short of a kill between writing and
// committing, none comes twice: the position is the journal's cursor of the last entry written, and reading goes on exactly behind it.
import { encoding } from "#sdk/encoding-option.ts";
import { size } from "#sdk/options.ts";
import { defineInput, z } from "#sdk/plugin.ts";

const texts = z.union([z.string().min(1), z.array(z.string().min(1))]);
const PRIORITY = "(?:[0-7]|emerg|alert|crit|err|warning|notice|info|debug)";

const options = z.strictObject({
  unit: texts.default([]).meta({ description: "Only entries of these units: a name, a glob (`nginx*`), or a list.", ko: "이 유닛의 항목만 읽습니다: 이름, 글로브(`nginx*`), 또는 목록." }),
  priority: z
    .union([z.string(), z.int().min(0).max(7).transform(String)])
    .refine((text) => new RegExp(`^${PRIORITY}(?:\\.\\.${PRIORITY})?$`).test(text), {
      message: "write a priority from 0 (emerg) to 7 (debug), its name, or a range such as err..warning",
      params: { ko: "0(emerg)부터 7(debug)까지의 우선순위나 이름, 또는 err..warning 같은 범위를 쓰세요" },
    })
    .optional()
    .meta({ description: "Only entries of this priority and more urgent ones (`warning`), or of a range (`err..warning`).", ko: "이 우선순위와 더 급한 항목(`warning`), 또는 범위(`err..warning`)만 읽습니다." }),
  matches: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .superRefine((given, context) => {
      for (const match of [given].flat()) {
        if (/^(?:[A-Z0-9_]+=[^\0]*|\+)$/.test(match)) continue;
        context.addIssue({ code: "custom", message: `write a match as FIELD=value, such as _TRANSPORT=kernel, or + between alternatives: ${match}`, params: { ko: `필드=값 꼴로 쓰세요. 예: _TRANSPORT=kernel. 여러 조건 중 하나면 되면 사이에 +를 씁니다: ${match}` } });
      }
    })
    .meta({ description: "Only entries with these fields, as `_TRANSPORT=kernel`. Of one field any value fits, of several all must; `+` stands between alternatives.", ko: "이 필드를 가진 항목만 읽습니다. 예: `_TRANSPORT=kernel`. 같은 필드는 하나만, 다른 필드는 모두 맞아야 하며, `+`로 조건을 나눕니다." }),
  directory: z.string().min(1).optional().meta({ description: "Folder of journal files to read instead of this machine's.", ko: "이 컴퓨터의 저널 대신 읽을 저널 파일 폴더." }),
  start: z.enum(["beginning", "end"]).default("beginning").meta({ description: "Where to begin when no position is known.", ko: "읽은 위치가 없을 때 어디서부터 읽을지." }),
  fields: z.enum(["plain", "raw"]).default("plain").meta({
    description: "plain: names in lower case without the leading underscore (message, unit, identifier, priority and pid as numbers), without the journal's bookkeeping. raw: as the journal has them.",
    ko: "plain: 소문자로 바꾸고 맨 앞 밑줄을 뺀 이름(message, unit, identifier, 숫자인 priority와 pid 등)이며 저널의 관리용 필드는 뺍니다. raw: 저널 그대로.",
  }),
  encoding: encoding().meta({ description: "Encoding of values that are not UTF-8.", ko: "UTF-8이 아닌 값의 인코딩." }),
  max_entry: size().pipe(z.number().min(1024)).prefault("4MB").meta({ description: "An entry whose JSON is longer is left out and counted.", ko: "JSON이 이보다 긴 항목은 빼고 수를 셉니다." }),
  tag: z.string().min(1).default("journald").meta({ description: "Tag of the records.", ko: "레코드의 태그." }),
});

export const journald = defineInput({
  name: "Journald",
  summary: { en: "Follows systemd's journal, from exactly where it was.", ko: "systemd 저널을 마지막으로 읽은 곳부터 정확히 이어 읽습니다." },
  options,
  shorthand: "unit",
  example: "- in.Journald:\n    unit: nginx.service\n    priority: warning",
  async open(given, context) {
    const { JournalInput } = await import("./journald/journal-input.ts");
    return new JournalInput(
      {
        units: [given.unit].flat(),
        priority: given.priority,
        matches: [given.matches].flat(),
        directory: given.directory,
        start: given.start,
        isRaw: given.fields === "raw",
        encoding: given.encoding,
        entryBytesMax: given.max_entry,
        tag: given.tag,
      },
      context,
    );
  },
  async checkEnvironment(_, { configDir }) {
    const { findProgram } = await import("#base/child/find-program.ts");
    if (findProgram("journalctl", configDir) !== undefined) return [];
    return [{ en: "journalctl is not found: this machine has no systemd journal, or its program is not in PATH", ko: "journalctl을 찾을 수 없습니다. systemd 저널이 없는 컴퓨터이거나 PATH에 없습니다" }];
  },
});
