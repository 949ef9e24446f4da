// Parses LTSV, `label:value` apart by tabs. A line with a part that has no label is kept whole, as one that is not LTSV.
import { defineParse, z } from "#sdk/plugin.ts";
import { checkTimes, textOptions } from "./parts/text-options.ts";

const options = z.strictObject(textOptions()).superRefine(checkTimes);

export const ltsv = defineParse({
  name: "Ltsv",
  summary: { en: "Parses lines, or one field of records, as LTSV: `label:value` apart by tabs.", ko: "줄이나 레코드의 한 필드를 LTSV(탭으로 나눈 `label:value`)로 파싱합니다." },
  options,
  example: "parse.Ltsv:\n  types: { status: integer, reqtime: float }",
  async open(given, context) {
    const [{ TextParser }, { ltsvFormat }] = await Promise.all([import("./parts/text-parser.ts"), import("./ltsv/ltsv-format.ts")]);
    return new TextParser(() => ltsvFormat, given, context);
  },
});
