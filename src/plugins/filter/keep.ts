// Leaves only some fields in records, by name or by pattern. What stays is never decoded. Records stay, even without a field left.
import { defineFilter, z } from "#sdk/plugin.ts";
import { fieldNames } from "./parts/field-names-option.ts";

const options = z.strictObject({
  fields: fieldNames().meta({ description: "The only fields to keep; `*` stands for any text: `http_*`.", ko: "남길 필드. `*`는 아무 글자들을 뜻합니다: `http_*`." }),
});

export const keep = defineFilter({
  name: "Keep",
  summary: { en: "Keeps only the named fields, by name or pattern.", ko: "이름이나 패턴에 맞는 필드만 남깁니다." },
  shorthand: "fields",
  options,
  example: "filter.Keep: [host, status, http_*]",
  async open({ fields }) {
    const [{ nameSet }, { rewriteFields }] = await Promise.all([import("./parts/name-pattern.ts"), import("./parts/rewrite-fields.ts")]);
    const isKept = nameSet(fields);
    return { apply: (batch) => rewriteFields(batch, { nameOf: (name) => (isKept(name) ? name : undefined), added: [] }) };
  },
});
