// Parses small XML documents, one a line or in one field of records. What is not well formed is kept whole.
import { size } from "#sdk/options.ts";
import { defineParse, z } from "#sdk/plugin.ts";
import { checkTimes, textOptions } from "./parts/text-options.ts";

const options = z
  .strictObject({
    attribute_prefix: z.string().prefault("").meta({ description: "What the names of attributes begin with in the record, such as `@`. Without it attributes and elements of one name become a list.", ko: "레코드에서 속성 이름 앞에 붙일 글자(예: `@`). 없으면 이름이 같은 속성과 요소는 목록이 됩니다." }),
    text_key: z.string().min(1).prefault("text").meta({ description: "The field for the text of an element that has attributes or elements, too.", ko: "속성이나 하위 요소도 있는 요소의 텍스트가 들어갈 필드." }),
    root_key: z.string().min(1).optional().meta({ description: "The field for the name of the outermost element, whose attributes and elements are the record; by default the name is left out.", ko: "가장 바깥 요소의 이름이 들어갈 필드. 그 요소의 속성과 하위 요소가 레코드가 됩니다. 기본은 이름을 두지 않습니다." }),
    max_depth: z.int().min(1).max(60).prefault(20).meta({ description: "Elements inside elements; a deeper document is not parsed.", ko: "요소가 겹칠 수 있는 깊이. 더 깊은 문서는 파싱하지 않습니다." }),
    max_size: size().prefault("1MB").meta({ description: "A longer document, in characters, is not parsed.", ko: "문서의 최대 글자 수. 더 긴 문서는 파싱하지 않습니다." }),
    ...textOptions(),
  })
  .superRefine(checkTimes);

export const xml = defineParse({
  name: "Xml",
  summary: { en: "Parses lines, or one field of records, each a small XML document; elements and attributes become fields, what is nested objects, what repeats lists.", ko: "줄이나 레코드의 한 필드를 작은 XML 문서로 파싱합니다. 요소와 속성은 필드가, 중첩된 것은 객체가, 반복된 것은 목록이 됩니다." },
  options,
  example: "parse.Xml:\n  key: xml\n  attribute_prefix: '@'",
  async open(given, context) {
    const [{ TextParser }, { xmlFormat }] = await Promise.all([import("./parts/text-parser.ts"), import("./xml/xml-format.ts")]);
    return new TextParser((found) => xmlFormat(found, given), given, context);
  },
});
