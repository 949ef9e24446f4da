// Where a text stops being JSON: most browsers do not say.

/** Counted from 1. */
export function placeOfFault(text: string): { readonly line: number; readonly column: number } {
  const before = text.slice(0, faultAt(text)).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** What the text is as JSON, or where it is none. */
export function judgedJson(text: string): { readonly value: unknown } | { readonly line: number; readonly column: number } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return placeOfFault(text);
  }
}

/** As people read it, each number as it was written (browsers of before 2025 may round long ones); a text that is no JSON stays as it is. */
export function prettyJson(text: string, spaces = 2): string {
  try {
    return JSON.stringify(JSON.parse(text, asWritten), undefined, spaces);
  } catch {
    return text;
  }
}

const rawJson = (JSON as { readonly rawJSON?: (text: string) => unknown }).rawJSON;

function asWritten(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" && rawJson !== undefined && context?.source !== undefined ? rawJson(context.source) : value;
}

const BLANK = /[ \t\r\n]*/y;
// eslint-disable-next-line no-control-regex -- JSON forbids control characters within texts.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const PLAIN = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;
const DEPTH_MAX = 500;

/** How far the text is JSON. */
function faultAt(text: string): number {
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at += found[0].length;
    return found !== null;
  };
  const is = (letter: string): boolean => {
    take(BLANK);
    if (text[at] !== letter) return false;
    at += 1;
    return true;
  };
  /** Its parts with commas between them; false: it goes wrong here. */
  const parts = (end: string, part: () => boolean): boolean => {
    if (is(end)) return true;
    for (;;) {
      if (!part()) return false;
      if (is(end)) return true;
      if (!is(",")) return false;
    }
  };
  const value = (depth: number): boolean => {
    if (DEPTH_MAX < depth) return false;
    if (is("{")) return parts("}", () => (take(BLANK), take(STRING)) && is(":") && value(depth + 1));
    if (is("[")) return parts("]", () => value(depth + 1));
    return take(STRING) || take(PLAIN);
  };
  value(0);
  take(BLANK);
  return at;
}
