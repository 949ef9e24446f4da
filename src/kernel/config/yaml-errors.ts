// What the YAML parser complains of, in words that say what to do.
import { isMap, isScalar, isSeq } from "yaml";
import type { Document, YAMLError } from "yaml";
import type { Text } from "#base/lang.ts";
import type { Code } from "./codes.ts";
import type { Problems } from "./problem.ts";
import type { Source, Span } from "./source.ts";

export function reportYamlError(error: YAMLError, document: Document, source: Source, problems: Problems): void {
  const [start, end] = error.pos;
  const quote = unclosedQuote(error, document, source);
  if (quote !== undefined) {
    problems.add("DURE011", quote, {
      text: { en: "this quote is not closed on its line", ko: "이 따옴표가 같은 줄에서 닫히지 않았습니다" },
      help: { en: "close the quote at the end of the value", ko: "값의 끝에서 따옴표를 닫으세요" },
    });
    return;
  }
  const deeper = keyOfDeeperLine(error, document, source);
  if (deeper !== undefined) {
    problems.misreadFrom(start);
    return problems.add("DURE015", deeper, WRONG_COLUMN);
  }
  const { code, text, help } = explain(error, source.text.slice(start, end));
  const isReference = /\$\{?$/.test(source.text.slice(0, start + 1)) || source.text.slice(start - 1, start + 1) === "${";
  const span = error.code === "DUPLICATE_KEY" ? { start, end: keyEnd(source.text, start) } : error.code === "BAD_INDENT" ? behindBlankLines({ start, end }, source.text) : { start, end };
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

/** A plain value goes on in lines that stand deeper: one with a `:` makes a key of all of them for the parser, and it names the first. Gives the key that was meant. */
function keyOfDeeperLine({ code, pos: [start] }: YAMLError, document: Document, { text }: Source): Span | undefined {
  if (code !== "BLOCK_AS_IMPLICIT_KEY") return undefined;
  const [, end = start] = document.errors.find((other) => other.code === "MULTILINE_IMPLICIT_KEY" && other.pos[0] === start)?.pos ?? [];
  const line = text.lastIndexOf("\n", end - 1) + 1;
  return line <= start ? undefined : { start: line + text.slice(line, end).search(/\S/), end };
}

/** The parser names the blank line before the one that it means. */
function behindBlankLines(span: Span, text: string): Span {
  const [blank] = /^(?:[ \t]*\r?\n)+/.exec(text.slice(span.start)) ?? [""];
  const start = span.start + blank.length;
  return blank === "" || start === text.length ? span : { start, end: start + 1 };
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
      return { code: "DURE013", text: { en: "this key stands twice in the same map", ko: "같은 맵에 이 키가 두 번 나옵니다" }, help: { en: "take one of the two out, or give it another name", ko: "하나를 지우거나 다른 이름을 쓰세요" } };
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
