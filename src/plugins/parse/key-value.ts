// Parses pairs of key and value with separators to choose. A line without one pair is kept whole.
import { defineParse, z } from "#sdk/plugin.ts";
import { checkTimes, textOptions } from "./parts/text-options.ts";

const options = z
  .strictObject({
    pair_separator: z.string().min(1).prefault(" ").meta({ description: "What stands between two pairs.", ko: "쌍과 쌍 사이의 구분자." }),
    key_separator: z.string().min(1).prefault("=").meta({ description: "What stands between a key and its value; the first one counts. A piece without it is a field that is true.", ko: "키와 값 사이의 구분자. 처음 나온 것만 셉니다. 이것이 없는 조각은 값이 true인 필드가 됩니다." }),
    quote: z.string().max(1).prefault('"').meta({ description: 'What may stand around a value that holds separators; a backslash protects it inside. "" for none.', ko: '구분자가 든 값을 감싸는 문자. 값 안에서는 역슬래시를 앞에 붙여 씁니다. 없으면 "".' }),
    trim: z.boolean().prefault(true).meta({ description: "Whether blanks and tabs around keys and values are left out.", ko: "키와 값 앞뒤의 공백과 탭을 없앨지 여부." }),
    ...textOptions(),
  })
  .superRefine((given, context) => {
    checkTimes(given, context);
    if (given.pair_separator === given.key_separator) context.addIssue({ code: "custom", path: ["key_separator"], message: "`pair_separator` and `key_separator` are the same; write two different ones", params: { ko: "`pair_separator`와 `key_separator`가 같습니다. 서로 다르게 쓰세요" } });
    if (given.quote !== "" && (given.pair_separator.includes(given.quote) || given.key_separator.includes(given.quote))) context.addIssue({ code: "custom", path: ["quote"], message: 'the quote is part of a separator; write another one, or "" for none', params: { ko: '따옴표 문자가 구분자에 들어 있습니다. 다른 문자를 쓰거나 ""로 끄세요' } });
  });

export const keyValue = defineParse({
  name: "KeyValue",
  summary: { en: "Parses lines, or one field of records, as pairs of key and value with separators to choose.", ko: "줄이나 레코드의 한 필드를 키와 값의 쌍으로 파싱합니다. 구분자를 정할 수 있습니다." },
  options,
  example: 'parse.KeyValue:\n  pair_separator: "; "\n  key_separator: ":"',
  async open(given, context) {
    const [{ TextParser }, { keyValueFormat }] = await Promise.all([import("./parts/text-parser.ts"), import("./key-value/key-value-format.ts")]);
    return new TextParser(() => keyValueFormat(given), given, context);
  },
});
