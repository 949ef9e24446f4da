// Parses tab-separated values. Any line but an empty one is some: what a cell cannot hold is escaped, so there are no quotes to fit.
import { defineParse, z } from "#sdk/plugin.ts";
import { checkColumns, columnOptions } from "./parts/column-options.ts";

const options = z.strictObject(columnOptions()).superRefine(checkColumns);

export const tsv = defineParse({
  name: "Tsv",
  summary: { en: "Parses lines, or one field of records, as tab-separated values; `\\t`, `\\n`, `\\r` and `\\\\` in cells are understood.", ko: "줄이나 레코드의 한 필드를 TSV로 파싱합니다. 칸 안의 `\\t`, `\\n`, `\\r`, `\\\\`도 알아봅니다." },
  shorthand: "columns",
  options,
  example: "parse.Tsv:\n  columns: [time, user, action]",
  async open(given, context) {
    const [{ TextParser }, { openColumns }, { tsvFormat }] = await Promise.all([import("./parts/text-parser.ts"), import("./parts/column-options.ts"), import("./tsv/tsv-format.ts")]);
    return new TextParser((found) => tsvFormat(openColumns(found, given, context)), given, context);
  },
});
