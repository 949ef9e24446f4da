// Changes records: fields set by expressions, renamed, kept, removed. Values that stay are never decoded: of parsed
// lines only the table of fields changes, of entries the bytes are copied.
import { expression } from "#sdk/expression-option.ts";
import { defineFilter, z } from "#sdk/plugin.ts";
import { FieldMapper } from "./map/field-mapper.ts";

const names = z.array(z.string().min(1));

const options = z
  .strictObject({
    set: z.record(z.string().min(1), expression()).prefault({}).meta({ description: "Fields to set, each by an expression over the record as it came in: `class: Math.floor(r.status / 100)`. undefined leaves the field out.", ko: "설정할 필드. 들어온 그대로의 레코드에 대한 식으로 씁니다: `class: Math.floor(r.status / 100)`. undefined면 필드를 두지 않습니다." }),
    rename: z.record(z.string().min(1), z.string().min(1)).prefault({}).meta({ description: "Fields to rename, old name to new name.", ko: "이름을 바꿀 필드(이전 이름: 새 이름)." }),
    keep: names.optional().meta({ description: "The only fields to keep, by the names they came with; those that are set or renamed stay, too.", ko: "남길 필드(들어온 이름). set과 rename의 필드도 남습니다." }),
    remove: names.prefault([]).meta({ description: "Fields to remove, by the names they came with.", ko: "없앨 필드(들어온 이름)." }),
  })
  .superRefine((given, context) => {
    if (Object.keys(given.set).length + Object.keys(given.rename).length + given.remove.length === 0 && given.keep === undefined) context.addIssue({ code: "custom", message: "write what to change: `set`, `rename`, `keep` or `remove`", params: { ko: "무엇을 바꿀지 쓰세요: `set`, `rename`, `keep`, `remove`" } });
    for (const name of given.remove) {
      if (given.keep?.includes(name) === true) context.addIssue({ code: "custom", path: ["remove"], message: `\`${name}\` is to be kept and to be removed`, params: { ko: `keep에도 remove에도 있습니다: \`${name}\`` } });
    }
  });

export const map = defineFilter({
  name: "Map",
  summary: { en: "Sets, renames, keeps and removes fields.", ko: "필드를 설정하고, 이름을 바꾸고, 남기거나 없앱니다." },
  options,
  example: "filter.Map:\n  set: { class: Math.floor(r.status / 100) }\n  remove: [agent]",
  async open(given, context) {
    const mapper = new FieldMapper(given, context);
    return { apply: (batch) => mapper.apply(batch) };
  },
});
