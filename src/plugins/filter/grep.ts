// Keeps the records whose fields match patterns: all of `include`, none of `exclude`. Patterns are searched for, not held against the
// whole text. Only the named fields are looked at, and only where a text that must be in every match is there.
import { pattern } from "#sdk/pattern-option.ts";
import { defineFilter, z } from "#sdk/plugin.ts";

const key = z.string().min(1);

/** A pattern for `message`, a map of patterns, or a list of pairs; parsed to pairs. */
function conditions() {
  return z
    .union([pattern(), z.record(key, pattern()), z.array(z.tuple([key, pattern()]))])
    .transform((given): [string, string][] => (typeof given === "string" ? [["message", given]] : Array.isArray(given) ? given : Object.entries(given)))
    .pipe(z.array(z.tuple([z.string(), z.string()])))
    .optional();
}

const options = z
  .strictObject({
    include: conditions().meta({
      description: "Patterns by field, all of which must match: `{ status: ^5, path: ^/api }`, or a list of pairs. A record without the field is dropped. A bare pattern is for `message`, which is the whole of a line that was not parsed. With flags: `/timeout/i`. The same field twice in a list: the later pair holds, which is said when the filter starts.",
      ko: "필드별 패턴. 모두 맞아야 남깁니다: `{ status: ^5, path: ^/api }` 또는 쌍의 목록. 그 필드가 없는 레코드는 버립니다. 패턴만 쓰면 `message`(파싱하지 않은 줄 전체)에 대한 것입니다. 플래그: `/timeout/i`. 목록에 같은 필드가 두 번 있으면 뒤의 쌍을 따르고, 시작할 때 알립니다.",
    }),
    exclude: conditions().meta({
      description: "Patterns by field, any of which drops the record, whatever `include` says. Written as `include` is.",
      ko: "필드별 패턴. 하나라도 맞으면 `include`와 상관없이 버립니다. `include`처럼 씁니다.",
    }),
  })
  .superRefine(({ include = [], exclude = [] }, context) => {
    if (include.length + exclude.length === 0) context.addIssue({ code: "custom", message: "write what to keep or to drop: `include` or `exclude`", params: { ko: "무엇을 남기거나 버릴지 쓰세요: `include`, `exclude`" } });
  });

export const grep = defineFilter({
  name: "Grep",
  summary: { en: "Keeps the records whose fields match patterns.", ko: "필드가 패턴에 맞는 레코드만 남깁니다." },
  shorthand: "include",
  options,
  example: "filter.Grep:\n  include: { status: ^5 }\n  exclude: { path: ^/health }",
  async open({ include = [], exclude = [] }, context) {
    const [{ TextTest }, { mayBacktrackForever, readPattern }] = await Promise.all([import("./grep/text-test.ts"), import("#sdk/pattern.ts")]);
    for (const [option, pairs] of [["include", include], ["exclude", exclude]] as const) {
      for (const [index, [name, text]] of pairs.entries()) {
        if (pairs.findLastIndex(([other]) => other === name) !== index) context.log.warn("a pattern does not hold: a later one is for the same field", { option, field: name, pattern: text });
        if (mayBacktrackForever(readPattern(text).tree)) context.log.warn("pattern may take very long on some texts: it repeats a repetition", { option, field: name, pattern: text });
      }
    }
    const includes = [...new Map(include)].map(([name, text]) => new TextTest(name, text));
    const excludes = [...new Map(exclude)].map(([name, text]) => new TextTest(name, text));
    return {
      apply(batch) {
        const mustMatch = includes.map((test) => test.bind(batch));
        const mayNot = excludes.map((test) => test.bind(batch));
        const [first] = mustMatch;
        if (first !== undefined && mustMatch.length === 1 && mayNot.length === 0) return batch.filter(first);
        return batch.filter((row) => mustMatch.every((matches) => matches(row)) && !mayNot.some((matches) => matches(row)));
      },
    };
  },
});
