// Takes fields out of records, by name or by pattern. What stays is never decoded. Records stay, even without a field left.
import { defineFilter, z } from "#sdk/plugin.ts";
import { fieldNames } from "./parts/field-names-option.ts";

const options = z.strictObject({
  fields: fieldNames().meta({ description: "Fields to remove; `*` stands for any text: `debug_*`. What is not there is no error.", ko: "없앨 필드. `*`는 아무 글자들을 뜻합니다: `debug_*`. 없는 필드는 오류가 아닙니다." }),
});

export const drop = defineFilter({
  name: "Drop",
  summary: { en: "Removes fields by name or pattern.", ko: "이름이나 패턴으로 필드를 없앱니다." },
  shorthand: "fields",
  options,
  example: "filter.Drop: [agent, debug_*]",
  async open({ fields }) {
    const [{ nameSet }, { rewriteFields }] = await Promise.all([import("./parts/name-pattern.ts"), import("./parts/rewrite-fields.ts")]);
    const isDropped = nameSet(fields);
    return { apply: (batch) => rewriteFields(batch, { nameOf: (name) => (isDropped(name) ? undefined : name), added: [] }) };
  },
});
