// Where a text stops being JSON. The parser of the language says it in some of its messages only.

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Offset of the first character that no JSON value can have there; the text's length when it ends too early; undefined when it is JSON. */
export function jsonFaultAt(text: string): number | undefined {
  /** The closing brackets that are still to come. */
  const open: string[] = [];
  let at = 0;
  let wants: "value" | "first" | "key" | "end" = "value";
  for (;;) {
    at = after(SPACE, at);
    const letter = text[at];
    if (wants === "end") {
      const close = open.at(-1);
      if (close === undefined) return at === text.length ? undefined : at;
      if (letter === ",") wants = close === "}" ? "key" : "value";
      else if (letter === close) open.pop();
      else return at;
      at += 1;
      continue;
    }
    if (wants === "first" && letter === open.at(-1)) {
      open.pop();
      at += 1;
      wants = "end";
      continue;
    }
    if (wants === "key" || (wants === "first" && open.at(-1) === "}")) {
      const key = stringEnd(at);
      if (key.isBad) return key.at;
      at = after(SPACE, key.at);
      if (text[at] !== ":") return at;
      at += 1;
      wants = "value";
      continue;
    }
    if (letter === "{" || letter === "[") {
      open.push(letter === "{" ? "}" : "]");
      at += 1;
      wants = "first";
      continue;
    }
    if (letter === '"') {
      const value = stringEnd(at);
      if (value.isBad) return value.at;
      at = value.at;
    } else {
      const end = after(SCALAR, at);
      if (end === at) return at;
      at = end;
    }
    wants = "end";
  }

  function after(pattern: RegExp, from: number): number {
    pattern.lastIndex = from;
    return pattern.test(text) ? pattern.lastIndex : from;
  }

  function stringEnd(from: number): { readonly at: number; readonly isBad: boolean } {
    if (text[from] !== '"') return { at: from, isBad: true };
    for (let end = from + 1; ; ) {
      end = after(PLAIN, end);
      if (text[end] === '"') return { at: end + 1, isBad: false };
      const next = after(ESCAPE, end);
      if (next === end) return { at: end, isBad: true };
      end = next;
    }
  }
}
