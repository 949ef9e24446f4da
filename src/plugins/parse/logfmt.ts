// Parses logfmt, as Go's services write it. A line that is none (no pair at all, a quote that does not end) is kept whole.
import { defineParse, z } from "#sdk/plugin.ts";
import { checkTimes, textOptions } from "./parts/text-options.ts";

const options = z.strictObject(textOptions()).superRefine(checkTimes);

export const logfmt = defineParse({
  name: "Logfmt",
  summary: { en: 'Parses lines, or one field of records, as logfmt: `level=info msg="it is up" cached`, where a word alone is true.', ko: '줄이나 레코드의 한 필드를 logfmt로 파싱합니다: `level=info msg="it is up" cached`. 값 없이 홀로 있는 낱말은 true입니다.' },
  options,
  example: "parse.Logfmt:\n  time_key: ts\n  types: { status: integer }",
  async open(given, context) {
    const [{ TextParser }, { logfmtFormat }] = await Promise.all([import("./parts/text-parser.ts"), import("./logfmt/logfmt-format.ts")]);
    return new TextParser(() => logfmtFormat, given, context);
  },
});
