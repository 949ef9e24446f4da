// The constants of a Python file, read without running it: literals, names that were set before, `+ - * / // %` of them, `os.path.join`, levels of `logging`.
// Whatever else stands there is unknown, and said to be.

export type PythonValue = string | number | boolean | null;

export interface PythonConstant {
  /** undefined: it takes more than reading to know it. */
  readonly value: PythonValue | undefined;
  readonly line: number;
}

type Token = { readonly type: "text"; readonly value: string; readonly line: number } | { readonly type: "number"; readonly value: number; readonly line: number } | { readonly type: "word" | "sign" | "end"; readonly value: string; readonly line: number };

const LEVELS = ["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG", "NOTSET"];
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\\": "\\", "'": "'", '"': '"', a: "\x07", b: "\b", f: "\f", v: "\v", "\n": "" };
const DEPTH_MAX = 100;
const LENGTH_MAX = 100_000;

/** By their names, the last of each. `file` is what `__file__` stands for; `given`: what is known of those that a program would look for. */
export function pythonConstants(source: string, file: string, given: ReadonlyMap<string, PythonValue> = new Map()): Map<string, PythonConstant> {
  const constants = new Map<string, PythonConstant>();
  for (const statement of statementsOf(tokensOf(source.replaceAll("\r\n", "\n").replace(/^\uFEFF/, "")))) {
    const [name, sign] = statement;
    if (name?.type !== "word" || sign?.type !== "sign" || sign.value !== "=") continue;
    const reader = new Expression(statement.slice(2), constants, file);
    constants.set(name.value, { value: valueOr(reader.whole(), given.get(name.value)), line: name.line });
  }
  return constants;
}

/** `None` counts as a value, but not against what is known. */
function valueOr(read: PythonValue | undefined, known: PythonValue | undefined): PythonValue | undefined {
  return (read === undefined || read === null) && known !== undefined ? known : read;
}

// --- words ----------------------------------------------------------------------------------------------------------------

const SPACE = /[ \t\f]+|\\\n|#[^\n]*/y;
const QUOTE = /([rRbBuUfF]{0,2})("""|'''|"|')/y;
const NUMBER = /0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?/y;
const WORD = /[\p{L}_][\p{L}\p{N}_]*/uy;
const SIGN = /\*\*|\/\/|[=!<>]=|[-+*/%]=|[\s\S]/y;

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found === null) return null;
    at += found[0].length;
    line += found[0].split("\n").length - 1;
    return found;
  };
  while (at < source.length) {
    const from = line;
    if (take(SPACE) !== null) continue;
    const quote = take(QUOTE);
    if (quote !== null) {
      const [, prefix = "", mark = ""] = quote;
      const body = source.slice(at);
      const end = endOfText(body, mark);
      const raw = body.slice(0, end);
      at += Math.min(body.length, end + mark.length);
      line += raw.split("\n").length - 1;
      // What a format fills in is not known.
      tokens.push(/f/i.test(prefix) && raw.includes("{") ? { type: "sign", value: "f", line: from } : { type: "text", value: /r/i.test(prefix) ? raw : unescaped(raw), line: from });
      continue;
    }
    const number = take(NUMBER);
    if (number !== null) {
      tokens.push({ type: "number", value: Number(number[0].replaceAll("_", "")), line: from });
      continue;
    }
    const word = take(WORD);
    if (word !== null) tokens.push({ type: "word", value: word[0], line: from });
    else tokens.push({ type: "sign", value: take(SIGN)?.[0] ?? "", line: from });
  }
  return tokens;
}

function endOfText(body: string, mark: string): number {
  for (let at = 0; at < body.length; at += 1) {
    if (body[at] === "\\") at += 1;
    else if (body.startsWith(mark, at)) return at;
    else if (mark.length === 1 && body[at] === "\n") return at; // It was never closed.
  }
  return body.length;
}

function unescaped(text: string): string {
  return text.replace(/\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g, (whole, x?: string, u?: string, long?: string, octal?: string, one?: string) => {
    const hex = x ?? u ?? long;
    if (hex !== undefined) return Number.parseInt(hex, 16) <= 0x10_ff_ff ? String.fromCodePoint(Number.parseInt(hex, 16)) : whole;
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    return ESCAPES[one ?? ""] ?? whole;
  });
}

/** Lines, and those that brackets join. */
function statementsOf(tokens: readonly Token[]): Token[][] {
  const statements: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.type === "sign" && /^[([{]$/.test(token.value)) depth += 1;
    if (token.type === "sign" && /^[)\]}]$/.test(token.value)) depth = Math.max(0, depth - 1);
    if (token.type === "sign" && (token.value === ";" || token.value === "\n")) {
      if (depth === 0) statements.push([]);
    } else statements.at(-1)?.push(token);
  }
  return statements;
}

// --- expressions ----------------------------------------------------------------------------------------------------------

class Unknown extends Error {}

class Expression {
  readonly #tokens: readonly Token[];
  readonly #known: ReadonlyMap<string, PythonConstant>;
  readonly #file: string;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], known: ReadonlyMap<string, PythonConstant>, file: string) {
    this.#tokens = tokens;
    this.#known = known;
    this.#file = file;
  }

  whole(): PythonValue | undefined {
    try {
      const value = this.#sum();
      return this.#at === this.#tokens.length ? value : undefined;
    } catch (error) {
      if (error instanceof Unknown) return undefined;
      throw error;
    }
  }

  #sum(): PythonValue {
    let left = this.#product();
    for (let sign = this.#sign("+", "-"); sign !== undefined; sign = this.#sign("+", "-")) left = computed(left, sign, this.#product());
    return left;
  }

  #product(): PythonValue {
    let left = this.#unary();
    for (let sign = this.#sign("*", "//", "/", "%"); sign !== undefined; sign = this.#sign("*", "//", "/", "%")) left = computed(left, sign, this.#unary());
    return left;
  }

  #unary(): PythonValue {
    const sign = this.#sign("-", "+");
    if (sign === undefined) return this.#power();
    const value = this.#deeper(() => this.#unary());
    if (typeof value !== "number") throw new Unknown();
    return sign === "-" ? -value : value;
  }

  #power(): PythonValue {
    const base = this.#primary();
    return this.#sign("**") === undefined ? base : computed(base, "**", this.#deeper(() => this.#unary()));
  }

  #primary(): PythonValue {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    if (token?.type === "number") return token.value;
    if (token?.type === "text") {
      let text = token.value;
      for (let next = this.#tokens[this.#at]; next?.type === "text"; next = this.#tokens[this.#at]) {
        text += next.value; // Texts side by side are one.
        this.#at += 1;
      }
      return text;
    }
    if (token?.type === "word") return this.#named(token.value);
    if (token?.value !== "(") throw new Unknown();
    const value = this.#deeper(() => this.#sum());
    if (this.#sign(")") === undefined) throw new Unknown();
    return value;
  }

  #named(first: string): PythonValue {
    let name = first;
    while (this.#sign(".") !== undefined) {
      const next = this.#tokens[this.#at];
      if (next?.type !== "word") throw new Unknown();
      name += `.${next.value}`;
      this.#at += 1;
    }
    if (this.#sign("(") !== undefined) return this.#called(name);
    if (name === "True" || name === "False") return name === "True";
    if (name === "None") return null;
    if (name === "__file__") return this.#file;
    if (name === "os.sep" || name === "os.path.sep") return "/";
    const level = /^logging\.(\w+)$/.exec(name)?.[1] ?? "";
    if (LEVELS.includes(level)) return level;
    const value = this.#known.get(name.split(".").at(-1) ?? "")?.value; // `Config.NAME` is one of these as well.
    if (value === undefined) throw new Unknown();
    return value;
  }

  #called(name: string): PythonValue {
    const given: PythonValue[] = [];
    while (this.#sign(")") === undefined) {
      given.push(this.#deeper(() => this.#sum()));
      if (this.#sign(",") === undefined && this.#tokens[this.#at]?.value !== ")") throw new Unknown();
    }
    const [first] = given;
    const texts = given.filter((each) => typeof each === "string");
    if (texts.length === given.length && typeof first === "string") {
      if (/^(?:os\.path\.)?join$/.test(name)) return joined(texts);
      if (/^(?:os\.path\.)?(?:abspath|realpath|normpath|expanduser)$/.test(name) && given.length === 1 && !first.startsWith("~")) return normal(first);
      if (/^(?:os\.path\.)?dirname$/.test(name) && given.length === 1) return first.replace(/\/+[^/]*$/, "") || (first.startsWith("/") ? "/" : "");
    }
    if (given.length === 1 && name === "str" && (typeof first === "string" || (typeof first === "number" && Number.isInteger(first)))) return String(first);
    if (given.length === 1 && name === "int" && /^[+-]?\d+$/.test(String(first))) return Number(first);
    throw new Unknown();
  }

  #sign(...values: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.type !== "sign" || !values.includes(token.value)) return undefined;
    this.#at += 1;
    return token.value;
  }

  #deeper<Value>(read: () => Value): Value {
    this.#depth += 1;
    if (DEPTH_MAX < this.#depth) throw new Unknown();
    const value = read();
    this.#depth -= 1;
    return value;
  }
}

function computed(left: PythonValue, sign: string, right: PythonValue): PythonValue {
  if (typeof left === "string" && typeof right === "string" && sign === "+" && left.length + right.length <= LENGTH_MAX) return left + right;
  if (typeof left === "string" && sign === "%" && typeof right === "string" && left.split("%").length === 2 && left.includes("%s")) return left.replace("%s", () => right);
  if (typeof left !== "number" || typeof right !== "number") throw new Unknown();
  const value = { "+": left + right, "-": left - right, "*": left * right, "/": left / right, "//": Math.floor(left / right), "%": left - right * Math.floor(left / right), "**": left ** right }[sign];
  if (value === undefined || !Number.isFinite(value) || Number.MAX_SAFE_INTEGER < Math.abs(value)) throw new Unknown();
  return value;
}

function joined(parts: readonly string[]): string {
  return parts.reduce((path, part) => (part.startsWith("/") ? part : path === "" || path.endsWith("/") ? path + part : `${path}/${part}`));
}

function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== ".." || !path.startsWith("/")) parts.push(part);
  }
  return (path.startsWith("/") ? "/" : "") + parts.join("/") || ".";
}
