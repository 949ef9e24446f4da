// Expressions in configs: JavaScript over one record, `r.status >= 500 && r.path.startsWith("/api")`. They are read
// before anything starts, so that slips are told with their place, and compiled to a function over column readers:
// only the fields an expression names are decoded, and those only when it comes to them.
//
// Names: `r` the record, `time` its time (a Date), `tag`. What is missing is undefined, however deep: `r.client.ip` of
// a record without `client` does not throw. Whoever may change the config may run code anyway; what is refused here
// (assignments, `this`, imports, other globals) is refused because it is a mistake in an expression.
import { parseExpressionAt } from "acorn";
import type { Node } from "acorn";
import type { Text } from "#base/lang.ts";
import type { Batch } from "#dataplane/batch.ts";
import { WHOLE_RECORD } from "#dataplane/columns.ts";

export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  readonly text: Text;
  /** Where in the expression, from 1. */
  readonly column: number;
  constructor(what: Text, column: number) {
    const text = { en: `${what.en} (column ${column} of the expression)`, ko: `${what.ko} (식의 ${column}번째 글자)` };
    super(text.en);
    this.text = text;
    this.column = column;
  }
}

export interface Expression {
  /** Top-level fields it names; undefined when it takes the record as a whole. */
  readonly fields: readonly string[] | undefined;
  /** A function for the rows of one batch. It throws what the expression throws. */
  bind(batch: Batch): (row: number) => unknown;
}

const GLOBALS = new Set(["undefined", "NaN", "Infinity", "Math", "Number", "String", "Boolean", "BigInt", "Date", "RegExp", "JSON", "Object", "Array", "Set", "Map", "Intl", "parseInt", "parseFloat", "isNaN", "isFinite", "encodeURIComponent", "decodeURIComponent", "encodeURI", "decodeURI"]);
const CONSTRUCTORS = new Set(["Date", "RegExp", "Set", "Map", "Array"]);
const RECORD = "r";

/** Reads an expression. Throws ExpressionError. */
export function readExpression(source: string): Expression {
  const tree = parse(source);
  const reading = new Reading(source);
  reading.visit(tree, new Set());
  return reading.compile(tree);
}

function parse(source: string): AnyNode {
  let tree: AnyNode;
  try {
    tree = parseExpressionAt(source, 0, { ecmaVersion: "latest", preserveParens: true }) as AnyNode;
  } catch (error) {
    const { pos = 0, message } = error as SyntaxError & { pos?: number };
    const what = message.replace(/ \(\d+:\d+\)$/, "");
    throw new ExpressionError({ en: `syntax error: ${what}`, ko: `문법 오류: ${what}` }, pos + 1);
  }
  const rest = /\S/.exec(source.slice(tree.end));
  if (rest !== null && !/^\s*\/[/*]/.test(source.slice(tree.end))) throw new ExpressionError({ en: `the expression ends before \`${source.slice(tree.end + rest.index).slice(0, 20)}\``, ko: `\`${source.slice(tree.end + rest.index).slice(0, 20)}\` 앞에서 식이 끝났습니다` }, tree.end + rest.index + 1);
  return tree;
}

/** Nodes are walked without regard to their type, so their parts are known only as values. */
type AnyNode = Node & { readonly [key: string]: unknown };

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

const REFUSED: Readonly<Record<string, Text>> = {
  AssignmentExpression: { en: "an expression cannot assign; compare with ==, === or >=", ko: "식에서는 대입할 수 없습니다. 비교는 ==, ===, >= 로 쓰세요" },
  UpdateExpression: { en: "an expression cannot change anything", ko: "식에서는 값을 바꿀 수 없습니다" },
  ThisExpression: { en: "`this` means nothing here; the record is `r`", ko: "여기서 `this`는 쓸 수 없습니다. 레코드는 `r`입니다" },
  ImportExpression: { en: "an expression cannot import", ko: "식에서는 import를 쓸 수 없습니다" },
  MetaProperty: { en: "`import.meta` and `new.target` mean nothing here", ko: "여기서 `import.meta`와 `new.target`은 쓸 수 없습니다" },
  FunctionExpression: { en: "write an arrow function: `x => …`", ko: "화살표 함수로 쓰세요: `x => …`" },
  ClassExpression: { en: "an expression cannot define a class", ko: "식에서는 클래스를 정의할 수 없습니다" },
  BlockStatement: { en: "write an arrow function without braces: `x => …`", ko: "중괄호 없는 화살표 함수로 쓰세요: `x => …`" },
  AwaitExpression: { en: "an expression cannot wait", ko: "식에서는 기다릴 수 없습니다" },
  YieldExpression: { en: "an expression cannot yield", ko: "식에서는 yield를 쓸 수 없습니다" },
  SequenceExpression: { en: "write one expression, without commas", ko: "쉼표 없이 식 하나만 쓰세요" },
  TaggedTemplateExpression: { en: "tagged templates are not known here", ko: "여기서 태그 템플릿은 쓸 수 없습니다" },
};
/** Ways from a value to code or to what all values share. */
const HIDDEN = new Set(["constructor", "__proto__", "prototype"]);

interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

class Reading {
  readonly #source: string;
  readonly #fields: string[] = [];
  /** Where each named field is read: the span of `r.name`, and whether that may happen more than once for a row. */
  readonly #reads: { start: number; end: number; field: number; isRepeated: boolean }[] = [];
  readonly #changes: Change[] = [];
  #isWhole = false;
  #arrows = 0;

  constructor(source: string) {
    this.#source = source;
  }

  visit(node: AnyNode, locals: ReadonlySet<string>): void {
    const refused = REFUSED[node.type];
    if (refused !== undefined) throw new ExpressionError(refused, node.start + 1);
    switch (node.type) {
      case "Identifier":
        return this.#identifier(node, locals);
      case "MemberExpression":
        return this.#member(node, locals);
      case "ArrowFunctionExpression":
        return this.#arrow(node, locals);
      case "NewExpression": {
        const callee = node["callee"] as AnyNode;
        if (callee.type !== "Identifier" || !CONSTRUCTORS.has(String(callee["name"]))) throw new ExpressionError({ en: `only ${[...CONSTRUCTORS].join(", ")} can be made with \`new\``, ko: `\`new\`로 만들 수 있는 것은 ${[...CONSTRUCTORS].join(", ")}뿐입니다` }, node.start + 1);
        break;
      }
      case "UnaryExpression":
        if (node["operator"] === "delete") throw new ExpressionError(REFUSED["UpdateExpression"] as Text, node.start + 1);
        break;
      case "Property":
        // `{ r }` and `{ name: … }`: only a computed key is an expression.
        if (node["computed"] === true) this.visit(node["key"] as AnyNode, locals);
        if (node["shorthand"] === true) return this.#identifier(node["value"] as AnyNode, locals, true);
        return this.visit(node["value"] as AnyNode, locals);
      default:
    }
    for (const value of Object.values(node)) {
      for (const part of Array.isArray(value) ? value : [value]) if (isNode(part)) this.visit(part, locals);
    }
  }

  compile(tree: AnyNode): Expression {
    if (this.#isWhole) {
      const make = new Function("__record", "__time", "tag", `"use strict"; return (__row) => { const r = __record.get(__row); return (${this.#rewritten(tree, [])}); };`) as Make;
      return { fields: undefined, bind: (batch) => make(batch.column(WHOLE_RECORD), timeOf(batch), batch.tag) };
    }
    const fields = this.#fields;
    const names = fields.map((_, index) => `__${index}`);
    // A field that is named more than once is decoded at the first time, and kept for this row.
    const reads = names.map((name, index) => {
      const places = this.#reads.filter(({ field }) => field === index);
      return places.length === 1 && places[0]?.isRepeated === false ? `${name}.get(__row)` : `${name}_kept(__row)`;
    });
    const keepers = names.map((name) => `let ${name}_value, ${name}_row = -1; const ${name}_kept = (row) => { if (${name}_row !== row) { ${name}_value = ${name}.get(row); ${name}_row = row; } return ${name}_value; };\n`);
    const make = new Function(...names, "__time", "tag", `"use strict"; ${keepers.join("")}return (__row) => (${this.#rewritten(tree, reads)});`) as Make;
    return { fields, bind: (batch) => make(...fields.map((name) => batch.column(name)), timeOf(batch), batch.tag) };
  }

  /** The source with its changes made, and the record's fields as `reads` says. */
  #rewritten(tree: AnyNode, reads: readonly string[]): string {
    const changes = [...this.#changes];
    for (const { start, end, field } of this.#isWhole ? [] : this.#reads) changes.push({ start, end, text: reads[field] ?? "" });
    let text = "";
    let at = tree.start;
    for (const change of changes.sort((one, other) => one.start - other.start)) {
      text += this.#source.slice(at, change.start) + change.text;
      at = change.end;
    }
    return text + this.#source.slice(at, tree.end);
  }

  #identifier(node: AnyNode, locals: ReadonlySet<string>, isShorthand = false): void {
    const name = String(node["name"]);
    if (locals.has(name)) return;
    if (name === RECORD) {
      this.#isWhole = true;
      return;
    }
    if (name === "time") return void this.#changes.push({ start: node.start, end: node.end, text: isShorthand ? "time: __time(__row)" : "__time(__row)" });
    if (name === "tag" || GLOBALS.has(name)) return;
    throw new ExpressionError({ en: `\`${name}\` is not known; a field is written \`r.${name}\``, ko: `모르는 이름입니다: \`${name}\`. 필드는 이렇게 씁니다: \`r.${name}\`` }, node.start + 1);
  }

  #member(node: AnyNode, locals: ReadonlySet<string>): void {
    const object = node["object"] as AnyNode;
    const property = node["property"] as AnyNode;
    const isComputed = node["computed"] === true;
    const name = staticName(property, isComputed);
    if (name !== undefined && HIDDEN.has(name)) throw new ExpressionError({ en: `\`${name}\` is not a field`, ko: `필드가 아닙니다: \`${name}\`` }, property.start + 1);
    if (isRecord(object, locals) && name !== undefined) {
      let field = this.#fields.indexOf(name);
      if (field === -1) field = this.#fields.push(name) - 1;
      this.#reads.push({ start: node.start, end: node.end, field, isRepeated: 0 < this.#arrows });
      return;
    }
    this.visit(object, locals);
    if (isComputed) this.visit(property, locals);
    if (node["optional"] === true || isRecord(object, locals) || !beginsAtRecord(object, locals)) return;
    // `r.a.b` becomes `r.a?.b`: what is missing is undefined all the way.
    const dot = this.#source.slice(object.end, property.start);
    const place = object.end + dot.search(/[.[]/);
    this.#changes.push(isComputed ? { start: place, end: place, text: "?." } : { start: place, end: place + 1, text: "?." });
  }

  #arrow(node: AnyNode, locals: ReadonlySet<string>): void {
    const inside = new Set(locals);
    for (const parameter of node["params"] as AnyNode[]) {
      if (parameter.type !== "Identifier") throw new ExpressionError({ en: "write plain parameters: `(a, b) => …`", ko: "매개변수는 이름만 쓰세요: `(a, b) => …`" }, parameter.start + 1);
      const name = String(parameter["name"]);
      if (name.startsWith("__")) throw new ExpressionError({ en: "names that begin with __ are taken", ko: "__로 시작하는 이름은 쓸 수 없습니다" }, parameter.start + 1);
      inside.add(name);
    }
    this.#arrows += 1;
    this.visit(node["body"] as AnyNode, inside);
    this.#arrows -= 1;
  }
}

type Make = (...given: unknown[]) => (row: number) => unknown;

function timeOf(batch: Batch): (row: number) => Date {
  return (row) => new Date(batch.timeMs(row));
}

function isRecord(node: AnyNode, locals: ReadonlySet<string>): boolean {
  return node.type === "Identifier" && node["name"] === RECORD && !locals.has(RECORD);
}

/** The name in `.name` and `["name"]`. */
function staticName(property: AnyNode, isComputed: boolean): string | undefined {
  if (!isComputed) return property.type === "Identifier" ? String(property["name"]) : undefined;
  return property.type === "Literal" && (typeof property["value"] === "string" || typeof property["value"] === "number") ? String(property["value"]) : undefined;
}

/** Whether a chain of members and calls starts at the record. */
function beginsAtRecord(node: AnyNode, locals: ReadonlySet<string>): boolean {
  if (node.type === "ChainExpression" || node.type === "ParenthesizedExpression") return beginsAtRecord(node["expression"] as AnyNode, locals);
  if (node.type === "MemberExpression") return beginsAtRecord(node["object"] as AnyNode, locals);
  if (node.type === "CallExpression") return beginsAtRecord(node["callee"] as AnyNode, locals);
  return isRecord(node, locals);
}
