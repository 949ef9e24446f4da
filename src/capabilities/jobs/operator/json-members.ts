// Where the members of a JSON object stand in its text. What an old message echoes is cut out of it as it was sent: reading and writing it anew would
// round long numbers, sort keys that are digits, and take longer.

/** One member of the outermost object: its key, and its value as text from `from` to `to`. */
export interface Member {
  readonly key: string;
  /** Of its key's quote. */
  readonly keyAt: number;
  readonly from: number;
  readonly to: number;
}

/** Deeper than any form is, and less than what Python reads. */
export const DEPTH_MAX = 500;

/** The members in their order, those of one key twice as well. Undefined: the text is no JSON object, or deeper than DEPTH_MAX. Of a text that is not JSON anything may come. */
export function membersOf(text: string): readonly Member[] | undefined {
  const found: Member[] = [];
  let at = afterSpace(text, 0);
  if (text.charCodeAt(at) !== OPEN_BRACE) return undefined;
  at = afterSpace(text, at + 1);
  if (text.charCodeAt(at) === CLOSE_BRACE) return found;
  for (;;) {
    const keyAt = at;
    const keyEnd = stringEnd(text, keyAt);
    const from = afterSpace(text, afterSpace(text, keyEnd) + 1);
    const to = valueEnd(text, from);
    if (keyEnd === -1 || to === -1) return undefined;
    found.push({ key: unquoted(text, keyAt, keyEnd), keyAt, from, to });
    at = afterSpace(text, to);
    if (text.charCodeAt(at) !== COMMA) return text.charCodeAt(at) === CLOSE_BRACE ? found : undefined;
    at = afterSpace(text, at + 1);
  }
}

const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

function afterSpace(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code === 32 || code === 10 || code === 13 || code === 9; ) code = text.charCodeAt(++at);
  return at;
}

/** Behind its closing quote; -1: there is none. */
function stringEnd(text: string, from: number): number {
  if (text.charCodeAt(from) !== QUOTE) return -1;
  for (let at = text.indexOf('"', from + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let before = at - 1;
    while (from < before && text.charCodeAt(before) === BACKSLASH) before -= 1;
    if ((at - before) % 2 === 1) return at + 1;
  }
  return -1;
}

function valueEnd(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return stringEnd(text, from);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return scalarEnd(text, from);
  let depth = 0;
  for (let at = from; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = stringEnd(text, at);
      if (at === -1) return -1;
      continue;
    }
    at += 1;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      depth += 1;
      if (DEPTH_MAX < depth) return -1;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

function scalarEnd(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code === 43 || code === 45 || code === 46 || (48 <= code && code <= 57) || (65 <= code && code <= 90) || (97 <= code && code <= 122); ) code = text.charCodeAt(++at);
  return at === from ? -1 : at;
}

function unquoted(text: string, from: number, to: number): string {
  const inner = text.slice(from + 1, to - 1);
  return inner.includes("\\") ? (JSON.parse(text.slice(from, to)) as string) : inner;
}
