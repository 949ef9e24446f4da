// Where in a config the cursor is: the keys above it, and what has been typed. Read from indentation alone, for a text that is being written does
// not parse most of the time. In a comment, a text block or a `{ … }` on one line there is nothing to complete, and the place is undefined.

export interface YamlPlace {
  /** Keys from the top; a list's item is `0`, whichever it is. */
  readonly path: readonly string[];
  /** A key of the map at `path`, or the value at `path`. */
  readonly wants: "key" | "value";
  /** What stands there up to the cursor, and where it begins in the text. */
  readonly typed: string;
  readonly from: number;
  /** Where the key stands in its line: what belongs to it goes two further. */
  readonly column: number;
  /** It is the first thing of a list's item: a plain word may stand there, too. */
  readonly isItem: boolean;
  /** Keys the same map has already. */
  readonly siblings: ReadonlySet<string>;
}

interface Token {
  readonly column: number;
  /** Undefined: the dash of a list's item. */
  readonly key: string | undefined;
}

interface Line {
  readonly tokens: readonly Token[];
  /** What follows the last key, or stands alone. */
  readonly rest: string;
  readonly restColumn: number;
}

const KEY = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s'"#{}[\],&*!|>%@`][^#{}[\],]*?)\s*:(?=\s|$)/;

export function yamlPlaceAt(text: string, offset: number): YamlPlace | undefined {
  const lines = text.split("\n");
  const number = text.slice(0, offset).split("\n").length - 1;
  const lineFrom = offset - (text.slice(0, offset).length - text.lastIndexOf("\n", offset - 1) - 1);
  const before = text.slice(lineFrom, offset);
  if (isComment(before) || isInTextBlock(lines, number, before)) return undefined;
  const here = lineOf(before);
  if (/^[{["'|>&*]/.test(here.rest)) return undefined;
  const key = here.tokens.at(-1)?.key;
  const dashes = here.tokens.filter((token) => token.key === undefined);
  const column = key === undefined ? here.restColumn : (here.tokens.at(-1)?.column ?? 0);
  const above = pathAbove(lines, number, here.tokens, column);
  const common = { typed: here.rest, from: lineFrom + here.restColumn, column, siblings: siblingsOf(lines, number, column) };
  if (key !== undefined) return { ...common, path: [...above, key], wants: "value", isItem: false };
  return { ...common, path: above, wants: "key", isItem: 0 < dashes.length };
}

function pathAbove(lines: readonly string[], number: number, own: readonly Token[], column: number): string[] {
  const path: string[] = [];
  let limit = column;
  let isBelowDash = false;
  const climb = (tokens: readonly Token[]): void => {
    for (const token of tokens.toReversed()) {
      // The items of a list may stand at the column of the key they belong to.
      const fits = token.column < limit || (isBelowDash && token.key !== undefined && token.column === limit);
      if (!fits) continue;
      path.unshift(token.key ?? "0");
      limit = token.column;
      isBelowDash = token.key === undefined;
    }
  };
  climb(own.filter((token) => token.key === undefined));
  for (let at = number - 1; 0 <= at && (0 < limit || isBelowDash); at -= 1) {
    const line = lines[at] ?? "";
    if (line.trim() !== "" && !isComment(line)) climb(lineOf(line).tokens);
  }
  return path;
}

/** In both directions, until a line that belongs to something above. */
function siblingsOf(lines: readonly string[], number: number, column: number): Set<string> {
  const found = new Set<string>();
  const look = (at: number): boolean => {
    const line = lines[at] ?? "";
    if (line.trim() === "" || isComment(line)) return true;
    const { tokens } = lineOf(line);
    const own = tokens.find((token) => token.column === column && token.key !== undefined);
    if (own?.key !== undefined) found.add(own.key);
    return column < (tokens[0]?.column ?? column + 1) || (tokens[0]?.column === column && tokens[0].key !== undefined);
  };
  for (let at = number - 1; 0 <= at && look(at); at -= 1);
  const isNewItem = /^\s*-/.test(lines[number] ?? "");
  for (let at = number + 1; at < lines.length && look(at); at += 1);
  // The line itself begins an item: what stands above belongs to another.
  if (isNewItem) {
    found.clear();
    for (let at = number + 1; at < lines.length && !/^\s*-/.test((lines[at] ?? "").slice(0, column)) && look(at); at += 1);
  }
  return found;
}

function lineOf(line: string): Line {
  const tokens: Token[] = [];
  let at = line.length - line.trimStart().length;
  for (;;) {
    const rest = line.slice(at);
    const dash = /^-(?:\s+|$)/.exec(rest);
    const key = dash === null ? KEY.exec(rest) : null;
    if (dash === null && key === null) return { tokens, rest, restColumn: at };
    tokens.push({ column: at, key: key === null ? undefined : unquoted(key[1] ?? "") });
    at += dash?.[0].length ?? key?.[0].length ?? 0;
    at += line.slice(at).length - line.slice(at).trimStart().length;
    if (key !== null) return { tokens, rest: line.slice(at), restColumn: at };
  }
}

function unquoted(key: string): string {
  return /^["']/.test(key) ? key.slice(1, -1) : key;
}

function isComment(line: string): boolean {
  return /^\s*#/.test(line) || /\s#\s/.test(line.replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'/g, ""));
}

/** A line above ends with `|` or `>`, and all between lies deeper. */
function isInTextBlock(lines: readonly string[], number: number, before: string): boolean {
  let limit = before.trim() === "" ? Math.max(before.length, 1) : before.length - before.trimStart().length;
  for (let at = number - 1; 0 <= at && 0 < limit; at -= 1) {
    const line = lines[at] ?? "";
    if (line.trim() === "") continue;
    const column = line.length - line.trimStart().length;
    if (limit <= column) continue;
    if (/[:\-\s][|>][+-]?\d?\s*(?:#.*)?$/.test(line)) return true;
    limit = column;
  }
  return false;
}
