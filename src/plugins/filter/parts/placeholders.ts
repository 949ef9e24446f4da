// Texts with placeholders, `${tag_parts[0]}-${record[host]}`, as Swak's reform and Fluentd's record_transformer know them. They are
// read before anything starts, so that a slip is told with its place. Braces without `$` are text; `$${` stands for `${`.
import type { Text } from "#base/lang.ts";

export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "time" | "tag" | "hostname" | "hostaddr" }
  | { readonly kind: "tag_parts" | "tag_prefix" | "tag_suffix" | "hostaddr_parts"; readonly index: number }
  | { readonly kind: "record"; readonly key: string };

export class PlaceholderError extends Error {
  override readonly name = "PlaceholderError";
  readonly text: Text;
  /** Where in the text, from 1. */
  readonly column: number;
  constructor(what: Text, column: number) {
    const text = { en: `${what.en} (column ${column} of the text)`, ko: `${what.ko} (텍스트의 ${column}번째 글자)` };
    super(text.en);
    this.text = text;
    this.column = column;
  }
}

const PLAIN = ["time", "tag", "hostname", "hostaddr"] as const;
const INDEXED = ["tag_parts", "tag_prefix", "tag_suffix", "hostaddr_parts"] as const;
const KNOWN = "${time}, ${tag}, ${tag_parts[N]}, ${tag_prefix[N]}, ${tag_suffix[N]}, ${hostname}, ${hostaddr}, ${hostaddr_parts[N]}, ${record[KEY]}";

/** Reads a text. Throws PlaceholderError. */
export function readPlaceholders(source: string): Piece[] {
  const pieces: Piece[] = [];
  let text = "";
  let at = 0;
  for (let dollar = source.indexOf("$"); dollar !== -1; dollar = source.indexOf("$", at)) {
    text += source.slice(at, dollar);
    if (source.startsWith("$${", dollar)) {
      text += "${";
      at = dollar + 3;
    } else if (source.startsWith("${", dollar)) {
      if (text !== "") pieces.push({ kind: "text", text });
      text = "";
      // A key may have a brace of its own: the placeholder of a record ends at `]}`.
      const close = source.startsWith("${record[", dollar) ? source.indexOf("]}", dollar) + 1 : source.indexOf("}", dollar);
      if (close <= 0) throw new PlaceholderError({ en: "a placeholder has no end; write } behind it, or $${ for the text ${", ko: "플레이스홀더가 끝나지 않았습니다. 뒤에 }를 쓰거나, 글자 그대로면 $${로 쓰세요" }, dollar + 1);
      pieces.push(placeholder(source.slice(dollar + 2, close), dollar + 1));
      at = close + 1;
    } else {
      text += "$";
      at = dollar + 1;
    }
  }
  text += source.slice(at);
  if (text !== "") pieces.push({ kind: "text", text });
  return pieces;
}

function placeholder(inner: string, column: number): Piece {
  const plain = PLAIN.find((name) => name === inner);
  if (plain !== undefined) return { kind: plain };
  const [, word = "", argument = ""] = /^(\w+)\[(.*)\]$/s.exec(inner) ?? [];
  if (word === "record" && argument !== "") return { kind: "record", key: argument };
  const indexed = INDEXED.find((name) => name === word);
  if (indexed !== undefined && /^-?\d{1,4}$/.test(argument)) return { kind: indexed, index: Number(argument) };
  if (indexed !== undefined || INDEXED.some((name) => name === inner)) {
    const name = indexed ?? inner;
    throw new PlaceholderError({ en: `\${${inner}} needs a whole number, counted from 0, or from the end with a minus: \${${name}[0]}, \${${name}[-1]}`, ko: `\${${inner}}에는 0부터 세는 정수를 쓰세요. 음수는 끝에서 셉니다: \${${name}[0]}, \${${name}[-1]}` }, column);
  }
  throw new PlaceholderError({ en: `\${${inner}} is not known; known are ${KNOWN}`, ko: `모르는 플레이스홀더입니다: \${${inner}}. 쓸 수 있는 것: ${KNOWN}` }, column);
}
