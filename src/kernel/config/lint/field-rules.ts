// Fields that nothing makes, parsers that have nothing to parse, patterns that take too long.
import type { JsonValue } from "#base/json.ts";
import { closest } from "#base/similar.ts";
import { mayBacktrackForever, PatternError, readPattern } from "#sdk/pattern.ts";
import type { LintFacts } from "./lint.ts";
import { knows, placeOfOption, textsOf } from "./lint-step.ts";
import type { LintStep } from "./lint-step.ts";

export function fieldRules(facts: LintFacts): void {
  for (const step of facts.steps) {
    unknownFields(step, facts);
    nothingToParse(step, facts);
    slowPatterns(step, facts);
  }
}

function unknownFields(step: LintStep, { say, source }: LintFacts): void {
  const expression = step.options["expression"];
  if (step.kind !== "filter" || typeof expression !== "string") return;
  // Filters of the same kind leave records as they are; behind any other step nobody knows what is in them.
  const parser = step.before.findLast((other) => other.kind !== "filter" || !knows(other, "expression"));
  const fields = parser === undefined || parser.kind !== "parse" || !takesLines(parser) ? undefined : fieldsOf(parser);
  if (parser === undefined || fields === undefined) return;
  const key = typeof parser.options["key"] === "string" ? parser.options["key"] : "message";
  const known = parser.options["unmatched"] === "drop" ? fields : [...fields, key]; // A line that does not fit is kept as it is.
  const span = placeOfOption(step, "expression");
  for (const field of new Set(namesIn(expression))) {
    if (known.includes(field)) continue;
    const at = source.text.slice(span.start, span.end).search(new RegExp(`(?<=\\br\\??\\.)${field.replaceAll("$", "\\$")}(?![\\w$])`));
    const near = at === -1 ? undefined : closest(field, fields);
    say("DURE605", at === -1 ? span : { start: span.start + at, end: span.start + at + field.length }, {
      text: { en: `'${parser.name}' makes no field '${field}'`, ko: `'${parser.name}' 파서에서 나오지 않는 필드입니다: '${field}'` },
      help: { en: `fields here: ${known.join(", ")}`, ko: `여기의 필드: ${known.join(", ")}` },
      ...(near === undefined ? {} : { suggestion: near }),
    });
  }
}

/** Whether what it makes is all there is: a parser of records adds to what they hold already. */
function takesLines({ before }: LintStep): boolean {
  const [input, ...rest] = before;
  return input !== undefined && rest.every(({ kind }) => kind === "buffer") && knows(input, "encoding") && knows(input, "max_line");
}

/** The fields that a parser's own options name, or undefined where others say them. */
function fieldsOf({ kind, options }: LintStep): readonly string[] | undefined {
  if (kind !== "parse") return undefined;
  const columns = textsOf(options["columns"]);
  if (0 < columns.length) return columns;
  const text = options["pattern"];
  if (typeof text !== "string" || text.includes("%{")) return undefined; // Grok's words make fields of their own.
  try {
    const { names } = readPattern(text);
    return names.length === 0 ? undefined : names;
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}

/** `r.status >= 500 && r.path` → status, path. */
function namesIn(expression: string): string[] {
  const withoutTexts = expression.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/g, '""');
  return [...withoutTexts.matchAll(/(?<![\w$.])r\??\.([\p{L}_$][\p{L}\p{N}_$]*)/gu)].flatMap(([, name]) => name ?? []);
}

function nothingToParse(step: LintStep, { say }: LintFacts): void {
  const [key, parser] = [step.options["key"], step.before.at(-1)];
  if (step.kind !== "parse" || typeof key !== "string" || parser?.kind !== "parse" || parser.options["key"] !== key) return;
  const isAgain = parser.name === step.name && JSON.stringify(parser.options) === JSON.stringify(step.options);
  const fields = fieldsOf(parser);
  if (!isAgain && (fields === undefined || fields.includes(key))) return;
  say("DURE611", step.nameSpan, {
    text: { en: `'${parser.name}' before it has taken '${key}' apart already`, ko: `앞의 '${parser.name}' 파서가 '${key}' 필드를 이미 나누었습니다` },
    help: { en: "say with `key` which field to parse, or leave one of the two out", ko: "어느 필드를 파싱할지 `key`로 정하거나 둘 중 하나를 빼세요" },
  });
}

/** Options that hold patterns: one, or a map or pairs of them. */
const PATTERNS = ["pattern", "start", "continue", "end", "patterns", "include", "exclude"];

function slowPatterns(step: LintStep, { say }: LintFacts): void {
  if (step.kind !== "parse" && step.kind !== "filter") return;
  for (const option of PATTERNS) {
    const slow = everyText(step.options[option]).find(isSlow);
    if (slow === undefined) continue;
    say("DURE608", placeOfOption(step, option), {
      text: { en: `the pattern repeats a repetition: ${slow}`, ko: `반복을 다시 반복하는 패턴입니다: ${slow}` },
      help: { en: "some lines would take very long; repeat once: `(a+)*` is `a*`", ko: "아주 오래 걸리는 줄이 있을 수 있습니다. 한 번만 반복하세요: `(a+)*`는 `a*`와 같습니다" },
    });
  }
}

function everyText(value: JsonValue | undefined): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap((inner) => everyText(inner as JsonValue)) : [];
}

function isSlow(text: string): boolean {
  try {
    return mayBacktrackForever(readPattern(text).tree);
  } catch (error) {
    if (error instanceof PatternError) return false; // A preset's name, or a pattern of another language.
    throw error;
  }
}
