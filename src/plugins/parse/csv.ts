// Parses comma-separated values (RFC 4180) or what is written like them. A line is a record, so a cell cannot hold a line break:
// a line whose quotes do not fit is kept whole.
import { defineParse, z } from "#sdk/plugin.ts";
import { checkColumns, columnOptions } from "./parts/column-options.ts";

const options = z
  .strictObject({
    delimiter: z.string().min(1).prefault(",").meta({ description: "What stands between two cells.", ko: "칸과 칸 사이의 구분자." }),
    quote: z.string().max(1).prefault('"').meta({ description: 'What stands around a cell that holds delimiters; doubled inside it stands for itself. "" for none.', ko: '구분자가 든 칸을 감싸는 문자. 칸 안에서는 두 번 써서 나타냅니다. 없으면 "".' }),
    ...columnOptions(),
  })
  .superRefine((given, context) => {
    checkColumns(given, context);
    if (given.quote !== "" && given.delimiter.includes(given.quote)) context.addIssue({ code: "custom", path: ["quote"], message: 'the quote is part of the delimiter; write another one, or "" for none', params: { ko: '따옴표 문자가 구분자에 들어 있습니다. 다른 문자를 쓰거나 ""로 끄세요' } });
  });

export const csv = defineParse({
  name: "Csv",
  summary: { en: "Parses lines, or one field of records, as comma-separated values.", ko: "줄이나 레코드의 한 필드를 CSV로 파싱합니다." },
  shorthand: "columns",
  options,
  example: "parse.Csv:\n  columns: [time, user, amount]\n  types: { amount: float }",
  async open(given, context) {
    const [{ TextParser }, { openColumns }, { csvFormat }] = await Promise.all([import("./parts/text-parser.ts"), import("./parts/column-options.ts"), import("./csv/csv-format.ts")]);
    return new TextParser((found) => csvFormat(found, openColumns(found, given, context), given), given, context);
  },
});
