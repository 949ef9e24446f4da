// What zod finds wrong with options, as problems at the exact key or value, in both languages, with what was probably meant.
import type { z } from "zod";
import type { Text } from "#base/lang.ts";
import { optionSchema, propertiesOf, schemaAt } from "../option-schema.ts";
import type { Code } from "./codes.ts";
import { formatWords, rangeWords } from "../issue-words.ts";
import { spelledValue } from "./interpolate.ts";
import { particle } from "./korean.ts";
import type { Problems, Report } from "./problem.ts";
import { closest } from "#base/similar.ts";
import type { Span } from "./source.ts";
import { entryOf, isNull, locate, spanOf, written } from "./tree.ts";
import type { ScalarNode, TreeNode } from "./tree.ts";

export interface Owner {
  /** For people: `in.FileTail`, `agent`. */
  readonly name: string;
  readonly nameSpan: Span;
  readonly schema: z.ZodType;
  /** The option that a bare value stands for. */
  readonly shorthand?: string | undefined;
  /** Other owners that know an option of this name. */
  readonly elsewhere?: (option: string) => Promise<readonly string[]>;
}

export type Issue = z.core.$ZodIssue;

/** The types that would do, in zod's words; a whole number counts as a number. */
export function expectedTypes(issue: Issue): string[] {
  if (issue.code === "invalid_type") return [issue.expected === "int" ? "number" : issue.expected];
  if (issue.code === "invalid_union")
    return [
      ...new Set(
        issue.errors
          .flat()
          .filter((inner) => inner.path.length === 0)
          .flatMap(expectedTypes),
      ),
    ];
  if (issue.code === "invalid_value") return [...new Set(issue.values.map((value) => typeof value))];
  return [];
}

const TYPE_WORDS: Readonly<Record<string, Text>> = {
  string: { en: "text", ko: "글자" },
  number: { en: "a number", ko: "숫자" },
  boolean: { en: "true or false", ko: "true 또는 false" },
  array: { en: "a list", ko: "목록" },
  object: { en: "a map", ko: "맵" },
  record: { en: "a map", ko: "맵" },
  null: { en: "nothing", ko: "빈 값" },
};

export class IssueReport {
  readonly #node: TreeNode;
  readonly #owner: Owner;
  readonly #problems: Problems;
  /** Options that unknown ones were meant to be. */
  readonly #misspelled = new Set<string>();

  constructor(node: TreeNode, owner: Owner, problems: Problems) {
    this.#node = node;
    this.#owner = owner;
    this.#problems = problems;
  }

  async add(issue: Issue, before: readonly PropertyKey[]): Promise<void> {
    const path = [...before, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) await this.#unknown(key, path);
      return;
    }
    const { value, keySpan, nearest } = locate(this.#node, path, this.#owner.nameSpan);
    const span = path.length === 0 || value === undefined ? nearest : spanOf(value, keySpan ?? nearest);
    const option = optionName(path);
    if (this.#isUnresolved(path)) return;
    // What is said of an option that is there under a wrong name is not true of it.
    if (issue.code === "custom" && value === undefined && this.#misspelled.has(option)) return;
    const isMissing = ["invalid_type", "invalid_union", "invalid_value"].includes(issue.code) && (value === undefined || isNull(value));
    if (isMissing) return this.#missing(option, path, span, value !== undefined);
    const branch = issue.code === "invalid_union" ? closestBranch(issue) : undefined;
    if (branch !== undefined) {
      for (const inner of branch) await this.add(inner, path);
      return;
    }
    const { code, ...report } = this.#explain(issue, value, option);
    this.#problems.add(code, span, report);
  }

  /** What it would be is not known, nor what it would be short for: `webhook: ${env:NAME}`. That has been said. */
  #isUnresolved(path: readonly PropertyKey[]): boolean {
    for (let length = path.length; 0 <= length; length -= 1) {
      const { value } = locate(this.#node, path.slice(0, length), this.#owner.nameSpan);
      if (value !== undefined) return value.type === "scalar" && value.isUnresolved === true;
    }
    return false;
  }

  #missing(option: string, path: readonly PropertyKey[], span: Span, isWritten: boolean): void {
    if (this.#misspelled.has(option)) return;
    const schema = schemaAt(optionSchema(this.#owner.schema), path);
    const help = schema?.description === undefined ? undefined : { en: schema.description, ko: schema.ko ?? schema.description };
    const text: Text = isWritten
      ? { en: `'${option}' has no value`, ko: `'${option}'에 값이 없습니다` }
      : { en: `'${this.#owner.name}' needs the option '${option}'`, ko: `'${this.#owner.name}'에는 '${option}' 옵션이 있어야 합니다` };
    this.#problems.add("DURE204", span, { text, help });
  }

  async #unknown(key: string, path: readonly PropertyKey[]): Promise<void> {
    const schema = schemaAt(optionSchema(this.#owner.schema), path);
    const properties = schema === undefined ? {} : propertiesOf(schema);
    const known = Object.keys(properties);
    const map = path.length === 0 ? this.#node : locate(this.#node, path, this.#owner.nameSpan).value;
    const span = map?.type === "map" ? (entryOf(map, key)?.keySpan ?? this.#owner.nameSpan) : this.#owner.nameSpan;
    const suggestion = known.find((name) => properties[name]?.meant?.includes(key.toLowerCase())) ?? closest(key, known);
    if (suggestion !== undefined) this.#misspelled.add(optionName([...path, suggestion]));
    const others = suggestion === undefined && path.length === 0 ? ((await this.#owner.elsewhere?.(key)) ?? []) : [];
    let help: Text | undefined;
    if (path.length === 0 && key === "retry" && suggestion === undefined) help = { en: "`retry` belongs to the pipeline: make it a map, with `retry:` beside `steps:`", ko: "`retry`는 파이프라인의 설정입니다. 파이프라인을 맵으로 쓰고 `steps:` 옆에 `retry:`를 두세요" };
    else if (0 < others.length) help = { en: `this option exists on ${others.slice(0, 3).join(", ")}`, ko: `이 옵션은 ${others.slice(0, 3).join(", ")}에 있습니다` };
    else if (suggestion === undefined && 0 < known.length) help = { en: `known here: ${known.join(", ")}`, ko: `쓸 수 있는 옵션: ${known.join(", ")}` };
    else if (suggestion === undefined) help = { en: `${this.#owner.name} has no options`, ko: `${this.#owner.name}에는 옵션이 없습니다` };
    const text: Text = { en: `unknown option '${key}' (${this.#owner.name})`, ko: `'${key}' 옵션을 알 수 없습니다 (${this.#owner.name})` };
    this.#problems.add("DURE207", span, { text, help, suggestion });
  }

  #explain(issue: Issue, value: TreeNode | undefined, option: string): Report & { code: Code } {
    const subject: Text = option === "" ? { en: `'${this.#owner.name}'`, ko: `'${this.#owner.name}'` } : { en: `'${option}'`, ko: `'${option}'` };
    switch (issue.code) {
      case "invalid_type":
      case "invalid_union":
        return { code: "DURE201", ...this.#wrongType(issue, value, subject, option) };
      case "invalid_value":
        return { code: "DURE202", ...this.#notOneOf(issue.values, value, subject, option) };
      case "too_small":
      case "too_big":
        return { code: "DURE203", text: rangeWords(issue, subject, option) };
      case "custom": {
        const ko = (issue.params as { ko?: unknown } | undefined)?.ko;
        return { code: "DURE205", text: { en: `${subject.en}: ${issue.message}`, ko: `${subject.ko}: ${typeof ko === "string" ? ko : issue.message}` } };
      }
      case "invalid_format":
        return { code: "DURE205", text: formatWords(issue, subject, option) };
      default:
        return { code: "DURE205", text: { en: `${subject.en}: ${issue.message}`, ko: `${subject.ko}: ${issue.message}` } };
    }
  }

  #wrongType(issue: Issue, value: TreeNode | undefined, subject: Text, option: string): Report {
    const expected = expectedTypes(issue);
    const words = expected.map((type) => TYPE_WORDS[type] ?? { en: type, ko: type });
    const isWhole = issue.code === "invalid_type" && issue.expected === "int";
    const en = isWhole ? "a whole number" : words.map((word) => word.en).join(" or ");
    const ko = isWhole ? "정수" : words.map((word) => word.ko).join(" 또는 ");
    const text: Text = {
      en: `${subject.en} must be ${en}`,
      ko: `${subject.ko}${particle(option, "은/는")} ${ko}${particle(ko, "이/가") === "이" ? "이어야" : "여야"} 합니다`,
    };
    return { text, suggestion: value?.type === "scalar" && !value.isInterpolated ? asType(expected, value, written(this.#problems.source, value)) : undefined };
  }

  #notOneOf(values: readonly unknown[], value: TreeNode | undefined, subject: Text, option: string): Report {
    const possible = values.map(String);
    const suggestion = value?.type === "scalar" && !value.isInterpolated ? closest(String(value.value), possible) : undefined;
    const list = possible.slice(0, 20).join(", ") + (20 < possible.length ? ", …" : "");
    return {
      text: { en: `${subject.en} must be one of ${list}`, ko: `${subject.ko}${particle(option, "은/는")} 다음 가운데 하나여야 합니다: ${list}` },
      suggestion,
    };
  }
}

/** The alternative that was meant: the one whose outermost type fits, if only one does. */
function closestBranch(issue: z.core.$ZodIssueInvalidUnion): readonly Issue[] | undefined {
  const fitting = issue.errors.filter((branch) => !branch.some((inner) => inner.path.length === 0 && inner.code === "invalid_type"));
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** `outputs[0].ip` of ["outputs", 0, "ip"]. */
function optionName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, step) => (typeof step === "number" ? `${name}[${step}]` : name === "" ? String(step) : `${name}.${String(step)}`), "");
}

/** The same value spelled as one of the types. */
function asType(expected: readonly string[], { value, isQuoted }: ScalarNode, spelling: string): string | undefined {
  if (spelling === "" || spelling.includes("\n")) return undefined;
  if (expected.includes("string") && !isQuoted && typeof value !== "string") return `"${spelling}"`;
  if (typeof value !== "string") return expected.length === 1 && expected[0] === "array" ? `[${spelling}]` : undefined;
  const asBoolean = /^(?:yes|on|y)$/i.test(value) ? "true" : /^(?:no|off|n)$/i.test(value) ? "false" : value.toLowerCase();
  if (expected.includes("boolean") && (asBoolean === "true" || asBoolean === "false")) return asBoolean;
  if (expected.includes("number") && typeof spelledValue(value) === "number") return value;
  return expected.length === 1 && expected[0] === "array" ? `[${spelling}]` : undefined;
}
