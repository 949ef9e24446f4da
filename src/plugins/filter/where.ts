// Keeps the records for which an expression is true. Only the fields it names are decoded. Where it fails (a method of
// a value that has none) the record is dropped, counted, and the first failure is said.
import { expression } from "#sdk/expression-option.ts";
import { readExpression } from "#sdk/expression.ts";
import { defineFilter, z } from "#sdk/plugin.ts";

const options = z.strictObject({
  expression: expression().meta({
    description: 'JavaScript over the record `r`, its `time` (a Date) and `tag`: `r.status >= 500 && r.path.startsWith("/api")`. What is missing is undefined.',
    ko: '레코드 `r`, 시각 `time`(Date), `tag`에 대한 자바스크립트 식: `r.status >= 500 && r.path.startsWith("/api")`. 없는 값은 undefined입니다.',
  }),
});

export const where = defineFilter({
  name: "Where",
  summary: { en: "Keeps the records for which an expression is true.", ko: "식이 참인 레코드만 남깁니다." },
  shorthand: "expression",
  options,
  example: 'filter.Where: "r.status >= 500"',
  async open({ expression: source }, context) {
    const { bind } = readExpression(source);
    let hasFailed = false;
    const failed = (error: unknown): false => {
      context.count("filter_errors_total");
      // Once: a failing expression fails for most records.
      if (!hasFailed) context.log.warn("expression failed; such records are dropped and counted", { expression: source, error: String(error) });
      hasFailed = true;
      return false;
    };
    return {
      apply(batch) {
        const isTrue = bind(batch);
        return batch.filter((row) => {
          try {
            return Boolean(isTrue(row));
          } catch (error) {
            return failed(error);
          }
        });
      },
    };
  },
});
