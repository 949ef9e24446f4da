// Gives fields other names, by name or by pattern. No value is decoded. In a record that has a field of the new name, too, the
// renamed one takes its place; in one that does not have the old name nothing changes.
import { defineFilter, z } from "#sdk/plugin.ts";
import { fieldName } from "./parts/field-names-option.ts";

const options = z
  .strictObject({
    fields: z.record(z.string().min(1), fieldName()).meta({ description: "Old name to new name. A `*` in the old name stands for any text, and for the same text in the new one: `k8s_*: pod_*`. Of several that fit the first holds.", ko: "이전 이름: 새 이름. 이전 이름의 `*`는 아무 글자들을 뜻하고, 새 이름의 `*` 자리에 그대로 들어갑니다: `k8s_*: pod_*`. 여럿이 맞으면 첫째를 따릅니다." }),
  })
  .superRefine(({ fields }, context) => {
    if (Object.keys(fields).length === 0) context.addIssue({ code: "custom", path: ["fields"], message: "write what to rename: `old: new`", params: { ko: "바꿀 이름을 쓰세요: `이전: 새이름`" } });
    for (const [from, to] of Object.entries(fields)) {
      if (2 < from.split("*").length) context.addIssue({ code: "custom", path: ["fields", from], message: "write at most one `*` in a name", params: { ko: "이름 하나에 `*`는 한 번만 쓸 수 있습니다" } });
      else if (from.includes("*") !== to.includes("*")) context.addIssue({ code: "custom", path: ["fields", from], message: "write `*` in both names or in none, or several fields would get one name", params: { ko: "`*`는 두 이름에 모두 쓰거나 모두 쓰지 마세요. 그렇지 않으면 여러 필드가 한 이름이 됩니다" } });
      else if (from.includes("*") && to === "*" && from === "*") context.addIssue({ code: "custom", path: ["fields", from], message: "this changes no name", params: { ko: "바뀌는 이름이 없습니다" } });
    }
  });

export const rename = defineFilter({
  name: "Rename",
  summary: { en: "Renames fields by name or pattern.", ko: "이름이나 패턴으로 필드 이름을 바꿉니다." },
  options,
  example: "filter.Rename:\n  fields: { log: message, k8s_*: pod_* }",
  async open({ fields }) {
    const [{ namePattern }, { rewriteFields }] = await Promise.all([import("./parts/name-pattern.ts"), import("./parts/rewrite-fields.ts")]);
    const rules = Object.entries(fields).map(([from, to]) => ({ starIn: namePattern(from), to }));
    const nameOf = (name: string): string => {
      for (const { starIn, to } of rules) {
        const star = starIn(name);
        // A name that is nothing but the pattern would become empty: it stays.
        if (star !== undefined) return to.replace("*", () => star) || name;
      }
      return name;
    };
    return { apply: (batch) => rewriteFields(batch, { nameOf, added: [] }) };
  },
});
