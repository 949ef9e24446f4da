// Where in the file each character of a YAML text stands: what is wrong inside a pipe string is shown at its word, however the string is
// quoted or folded.
import type { Source, Span } from "./source.ts";
import type { ScalarNode } from "./tree.ts";

const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** Spans of the file for spans of the scalar's value. */
export function placesIn(source: Source, node: ScalarNode): (span: Span) => Span {
  const value = String(node.value);
  const raw = source.text.slice(node.start, node.end);
  const starts = raw === value ? undefined : alignment(raw, value);
  const at = (index: number): number => node.start + (starts === undefined ? index : (starts[Math.min(index, starts.length - 1)] ?? 0));
  return ({ start, end }) => {
    const from = at(start);
    return { start: from, end: Math.max(from + 1, end <= start ? from + 1 : at(end - 1) + 1) };
  };
}

/** For each character of the value, where it begins in what is written; escapes and folded lines are stepped over. */
function alignment(raw: string, value: string): number[] {
  const starts: number[] = [];
  const quote = raw[0] === "'" || raw[0] === '"' ? raw[0] : undefined;
  const isBlock = raw[0] === "|" || raw[0] === ">";
  // What stands behind | or > on its own line is not text.
  let at = quote !== undefined ? 1 : isBlock ? raw.indexOf("\n") + 1 : 0;
  for (let index = 0; index < value.length; index += 1) {
    const character = value[index] ?? "";
    if (quote === '"' && raw[at] === "\\" && raw[at + 1] !== "\n" && raw[at + 1] !== "\r") {
      starts.push(at);
      at += 2 + (HEX_DIGITS[raw[at + 1] ?? ""] ?? 0);
    } else if (quote === "'" && character === "'") {
      starts.push(at);
      at += 2;
    } else {
      // Folded lines: the blank they became stands for a line's end and the indentation behind it.
      const isFolded = /\s/.test(character) && /\s/.test(raw[at] ?? "") && raw[at] !== character;
      if (!isFolded) while (at < raw.length && raw[at] !== character && /[\s\\]/.test(raw[at] ?? "")) at += 1;
      starts.push(Math.min(at, Math.max(0, raw.length - 1)));
      if (isFolded) while (/\s/.test(raw[at] ?? "")) at += 1;
      else at += 1;
    }
  }
  return [...starts, Math.min(at, raw.length)];
}
