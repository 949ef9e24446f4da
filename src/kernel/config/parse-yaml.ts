// Text to tree, with every syntax error at its place. The one slip that makes old configs invalid YAML — a comma behind a
// quoted value at the end of a line — is blanked out in the text first, so that all positions stay what they are.
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from "yaml";
import type { Document, Node, Pair, Scalar, YAMLError } from "yaml";
import type { Text } from "#base/lang.ts";
import type { Code } from "./codes.ts";
import type { Problems } from "./problem.ts";
import { written } from "./tree.ts";
import type { Source, Span } from "./source.ts";
import { DEPTH_MAX } from "./tree.ts";
import type { MapEntry, ScalarNode, TreeNode } from "./tree.ts";

/** The documents of the file that hold something. */
export function parseYaml(source: Source, problems: Problems): TreeNode[] {
  const { documents, commas } = parseTolerantly(source.text);
  for (const comma of commas) {
    problems.add(
      "DURE404",
      { start: comma, end: comma + 1 },
      {
        text: { en: "a comma behind a value does not belong in YAML; it is ignored", ko: "값 뒤의 쉼표는 YAML에 쓰지 않습니다. 무시합니다" },
        suggestion: "",
      },
    );
  }
  const roots: TreeNode[] = [];
  for (const document of documents) {
    const errors = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
    let lastLine = 0;
    for (const error of errors) {
      // What follows on the same line is nearly always the same mistake once more.
      const { line } = source.place(error.pos[0]);
      if (line !== lastLine || error.code === "DUPLICATE_KEY") report(error, document, source, problems);
      lastLine = line;
    }
    const root = new TreeBuilder(source, problems, errors.length === 0).build(document);
    if (root !== undefined) roots.push(root);
  }
  return roots;
}

function parseDocuments(text: string): Document[] {
  const documents = parseAllDocuments(text, { prettyErrors: false, logLevel: "silent", stringKeys: false });
  // An empty stream is an array too, with the errors of its own beside.
  return [...documents];
}

function parseTolerantly(text: string): { documents: Document[]; commas: number[] } {
  const commas: number[] = [];
  let repaired = text;
  for (;;) {
    const documents = parseDocuments(repaired);
    const found = documents
      .flatMap((document) => document.errors)
      .map((error) => error.pos[0])
      .filter((at) => isCommaBehindQuote(repaired, at));
    if (found.length === 0) return { documents, commas };
    for (const at of found) repaired = `${repaired.slice(0, at)} ${repaired.slice(at + 1)}`;
    commas.push(...found);
  }
}

/** Whether at this error stands a comma that ends its line, behind a quoted value. */
function isCommaBehindQuote(text: string, at: number): boolean {
  if (text[at] !== ",") return false;
  const before = text.slice(text.lastIndexOf("\n", at - 1) + 1, at).trimEnd();
  const after = /^,[ \t]*(?:#[^\n]*)?\r?(?:\n|$)/.test(text.slice(at, at + 1000));
  return after && /["']$/.test(before);
}

// --- errors ---------------------------------------------------------------------------------------------------------------

function report(error: YAMLError, document: Document, source: Source, problems: Problems): void {
  const [start, end] = error.pos;
  const quote = unclosedQuote(error, document, source);
  if (quote !== undefined) {
    problems.add("DURE011", quote, {
      text: { en: "this quote is not closed on its line", ko: "이 따옴표가 같은 줄에서 닫히지 않았습니다" },
      help: { en: "close the quote at the end of the value", ko: "값의 끝에서 따옴표를 닫으세요" },
    });
    return;
  }
  const { code, text, help } = explain(error, source.text.slice(start, end));
  const isReference = /\$\{?$/.test(source.text.slice(0, start + 1)) || source.text.slice(start - 1, start + 1) === "${";
  const span = error.code === "DUPLICATE_KEY" ? { start, end: keyEnd(source.text, start) } : { start, end };
  problems.add(code, span, { text, help: isReference ? { en: "between brackets, put ${…} in quotes", ko: "괄호 안에서는 ${…}를 따옴표로 감싸세요" } : help });
}

/** The quoted value over several lines that swallowed the text up to this error. */
function unclosedQuote(error: YAMLError, document: Document, source: Source): Span | undefined {
  if (error.code === "DUPLICATE_KEY" || error.code === "TAB_AS_INDENT") return undefined;
  let found: Span | undefined;
  const visit = (node: unknown): void => {
    if (isScalar(node)) {
      const [start, end] = node.range ?? [0, 0];
      const isQuoted = node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE";
      if (isQuoted && source.text.slice(start, end).trimEnd().includes("\n") && start < error.pos[0] && error.pos[0] <= lineEnd(source.text, end))
        found = { start, end };
    } else if (isMap(node)) for (const pair of node.items) [pair.key, pair.value].forEach(visit);
    else if (isSeq(node)) for (const item of node.items) visit(item);
  };
  visit(document.contents);
  if (found !== undefined) return found;
  return error.message.includes("Missing closing") ? { start: error.pos[0], end: error.pos[1] } : undefined;
}

function lineEnd(text: string, at: number): number {
  const newline = text.indexOf("\n", at);
  return newline === -1 ? text.length : newline;
}

function keyEnd(text: string, start: number): number {
  const length = text.slice(start, lineEnd(text, start)).search(/:(?:\s|$)/);
  return start + Math.max(1, length);
}

interface Explained {
  readonly code: Code;
  readonly text: Text;
  readonly help?: Text;
}

const WRONG_COLUMN: Explained = {
  code: "DURE015",
  text: { en: "this line starts in another column than what it belongs to", ko: "이 줄의 들여쓰기가 같은 묶음의 다른 줄과 다릅니다" },
  help: { en: "indent it like the lines beside it", ko: "같은 묶음의 줄과 같은 열에서 시작하세요" },
};

function explain(error: YAMLError, token: string): Explained {
  const quoteIt: Text = { en: "put the value in quotes", ko: "값을 따옴표로 감싸세요" };
  switch (error.code) {
    case "DUPLICATE_KEY":
      return { code: "DURE013", text: { en: "this key stands twice in the same map", ko: "같은 맵에 이 키가 두 번 나옵니다" } };
    case "TAB_AS_INDENT":
      return {
        code: "DURE012",
        text: { en: "a tab is used for indentation", ko: "들여쓰기에 탭이 쓰였습니다" },
        help: { en: "use spaces", ko: "빈칸으로 바꾸세요" },
      };
    case "BAD_INDENT":
      if (error.message.startsWith("Flow"))
        return {
          code: "DURE015",
          text: { en: "a bracket that was opened before is not closed", ko: "앞에서 연 괄호가 닫히지 않았습니다" },
          help: { en: "close it with ] or }", ko: "] 또는 } 로 닫으세요" },
        };
      return WRONG_COLUMN;
    case "BLOCK_AS_IMPLICIT_KEY":
      if (error.message.startsWith("A block sequence")) return WRONG_COLUMN;
      return { code: "DURE010", text: { en: "a second `key: value` stands on one line", ko: "한 줄에 `키: 값`이 두 번 있습니다" }, help: quoteIt };
    case "BAD_SCALAR_START":
      return { code: "DURE010", text: { en: `a value cannot begin with ${token}`, ko: `값은 ${token} 문자로 시작할 수 없습니다` }, help: quoteIt };
    case "BAD_DQ_ESCAPE":
      return {
        code: "DURE010",
        text: { en: "double quotes do not know this escape", ko: "큰따옴표 안에서 쓸 수 없는 이스케이프입니다" },
        help: { en: "use single quotes, or write \\\\ for a backslash", ko: "작은따옴표를 쓰거나 역슬래시를 \\\\ 로 쓰세요" },
      };
    case "TAG_RESOLVE_FAILED":
      return {
        code: "DURE010",
        text: { en: "YAML tags such as this are not used here", ko: "이런 YAML 태그는 쓸 수 없습니다" },
        help: { en: "a text that begins with ! must stand in quotes", ko: "!로 시작하는 글자는 따옴표로 감싸세요" },
      };
    case "MISSING_CHAR":
      if (token.startsWith("-"))
        return {
          code: "DURE010",
          text: { en: "a list item needs a blank behind its dash", ko: "목록의 - 뒤에는 빈칸이 있어야 합니다" },
          help: { en: "write `- ` before the name", ko: "이름 앞에 `- `를 쓰세요" },
        };
      if (error.message.startsWith("Implicit map keys"))
        return {
          code: "DURE010",
          text: { en: "a key without `:`", ko: "키 뒤에 `:`이 없습니다" },
          help: { en: "write `key: value`", ko: "`키: 값`으로 쓰세요" },
        };
      if (error.message.startsWith("Sequence item"))
        return { code: "DURE010", text: { en: "a list item needs `- ` at its beginning", ko: "목록의 항목은 `- `로 시작해야 합니다" } };
      if (error.message.startsWith("Missing ,"))
        return { code: "DURE010", text: { en: "a comma is missing between two values", ko: "두 값 사이에 쉼표가 없습니다" } };
      break;
    case "UNEXPECTED_TOKEN":
      return {
        code: "DURE010",
        text: { en: "this cannot stand here", ko: "여기에 올 수 없는 글자입니다" },
        help: {
          en: "check the quotes and brackets before it, or put the whole value in quotes",
          ko: "앞의 따옴표와 괄호를 확인하거나 값 전체를 따옴표로 감싸세요",
        },
      };
    case "MULTILINE_IMPLICIT_KEY":
      return { code: "DURE010", text: { en: "a key must stand on one line, with `:` behind it", ko: "키는 한 줄에 쓰고 뒤에 `:`을 붙여야 합니다" } };
  }
  return { code: "DURE010", text: { en: `YAML: ${error.message}`, ko: `YAML: ${error.message}` } };
}

// --- tree -----------------------------------------------------------------------------------------------------------------

/** One document's nodes; anchors count from where they stand, as YAML says. */
class TreeBuilder {
  readonly #source: Source;
  readonly #problems: Problems;
  readonly #isWellFormed: boolean;
  readonly #anchors = new Map<string, TreeNode | "open">();

  /** `isWellFormed`: YAML itself found nothing wrong, so what looks odd is worth saying. */
  constructor(source: Source, problems: Problems, isWellFormed: boolean) {
    this.#source = source;
    this.#problems = problems;
    this.#isWellFormed = isWellFormed;
  }

  build(document: Document): TreeNode | undefined {
    return document.contents === null || document.contents === undefined ? undefined : this.#node(document.contents, 0);
  }

  #node(node: unknown, depth: number): TreeNode {
    if (isAlias(node)) return this.#alias(node.source, spanOfYaml(node));
    const span = spanOfYaml(node);
    if (DEPTH_MAX < depth) {
      this.#problems.add("DURE016", span, {
        text: { en: `values are nested more than ${DEPTH_MAX} deep`, ko: `값이 ${DEPTH_MAX}단계보다 깊이 겹쳐 있습니다` },
      });
      return emptyScalar(span);
    }
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, "open");
    const built = this.#built(node, span, depth);
    if (anchor !== undefined) this.#anchors.set(anchor, built);
    return built;
  }

  #built(node: unknown, span: Span, depth: number): TreeNode {
    if (isMap(node)) return { type: "map", ...span, entries: this.#entries(node.items, depth) };
    if (isSeq(node)) return { type: "list", ...span, items: node.items.map((item) => this.#node(item, depth + 1)) };
    return isScalar(node) ? this.#scalar(node, span) : emptyScalar(span);
  }

  #scalar(node: Scalar, span: Span): ScalarNode {
    const { value } = node;
    const isPlainValue = value === null || typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
    const isQuoted = node.type !== undefined && node.type !== "PLAIN";
    return { type: "scalar", ...span, value: isPlainValue ? value : written(this.#source, span), isQuoted, isInterpolated: false };
  }

  #entries(pairs: readonly Pair[], depth: number): MapEntry[] {
    const entries: MapEntry[] = [];
    const merged: MapEntry[] = [];
    for (const { key, value } of pairs) {
      const keySpan = spanOfYaml(key);
      const keyNode = key === null || isScalar(key) || isAlias(key) ? this.#node(key, depth + 1) : undefined;
      const tree = value === null || value === undefined ? emptyScalar({ start: keySpan.end, end: keySpan.end }) : this.#node(value, depth + 1);
      if (keyNode?.type !== "scalar") {
        if (this.#isWellFormed) this.#problems.add("DURE010", keySpan, { text: { en: "a key must be plain text", ko: "키는 글자여야 합니다" } });
        continue;
      }
      if (keyNode.value === "<<" && !keyNode.isQuoted) merged.push(...this.#mergedEntries(tree, keySpan));
      else entries.push({ key: keyNode.value === null ? written(this.#source, keySpan) : String(keyNode.value), keySpan, value: tree });
    }
    const own = new Set(entries.map((entry) => entry.key));
    for (const entry of merged) {
      if (own.has(entry.key)) continue;
      own.add(entry.key);
      entries.push(entry);
    }
    return entries;
  }

  /** What `<<: *base` brings in. */
  #mergedEntries(node: TreeNode, keySpan: Span): readonly MapEntry[] {
    if (node.type === "map") return node.entries;
    if (node.type === "list" && node.items.every((item) => item.type === "map")) return node.items.flatMap((item) => item.entries);
    this.#problems.add("DURE010", keySpan, { text: { en: "`<<` takes a map, or a list of maps", ko: "`<<`에는 맵이나 맵의 목록을 씁니다" } });
    return [];
  }

  #alias(name: string, span: Span): TreeNode {
    const target = this.#anchors.get(name);
    if (target !== undefined && target !== "open") return target;
    const text: Text =
      target === "open"
        ? { en: `*${name} stands inside of what it repeats`, ko: `*${name}: 되풀이할 값의 안쪽에 있습니다` }
        : { en: `there is no &${name} before this`, ko: `앞에 &${name} 표시가 없습니다` };
    this.#problems.add("DURE014", span, { text, help: { en: "a text that begins with * must stand in quotes", ko: "*로 시작하는 글자는 따옴표로 감싸세요" } });
    return emptyScalar(span);
  }
}

function spanOfYaml(node: unknown): Span {
  const range = (node as Node | null | undefined)?.range;
  return range === null || range === undefined ? { start: 0, end: 0 } : { start: range[0], end: range[1] };
}

function emptyScalar({ start, end }: Span): ScalarNode {
  return { type: "scalar", start, end, value: null, isQuoted: false, isInterpolated: false };
}
