// A user's pattern: JavaScript's regular expressions, and what people bring along from Ruby (Fluentd, Fluent Bit) and Python.
import { RegExpParser } from "@eslint-community/regexpp";
import type { AST } from "@eslint-community/regexpp";
import type { Text } from "#base/lang.ts";

export interface Pattern {
  readonly source: string;
  readonly flags: string;
  readonly tree: AST.Pattern;
  /** Names of the groups in order of appearance, each once. */
  readonly names: readonly string[];
  /** For each capturing group, from 1 on, the index of its name; -1 for groups without one. Place 0 is not used. */
  readonly nameOfGroup: readonly number[];
}

export class PatternError extends Error {
  override readonly name = "PatternError";
  readonly text: Text;
  constructor(text: Text) {
    super(text.en);
    this.text = text;
  }
}

/** Reads `^(?<name>…)$` or `/…/i`. Throws PatternError. */
export function readPattern(text: string): Pattern {
  const literal = /^\/(.*)\/([dgimsuvy]*)$/s.exec(text);
  const source = fromOtherDialects(literal?.[1] ?? text);
  // Lines are matched one by one from their start: g, y and d say nothing about what matches.
  const flags = (literal?.[2] ?? "").replace(/[dgy]/g, "");
  return patternOf(source, flags);
}

/** A pattern in JavaScript's own spelling. Throws PatternError. */
export function patternOf(source: string, flags: string): Pattern {
  try {
    const tree = new RegExpParser({ ecmaVersion: 2025 }).parsePattern(source, 0, source.length, { unicode: flags.includes("u"), unicodeSets: flags.includes("v") });
    new RegExp(source, flags);
    return { source, flags, tree, ...groupsOf(tree) };
  } catch (error) {
    const what = String((error as Error).message).replace(/^Invalid regular expression: /, "");
    throw new PatternError({ en: `the pattern is not a regular expression: ${what}`, ko: `패턴이 정규식이 아닙니다: ${what}` });
  }
}

/** Whether matching may take exponential time: a repeated group whose body is itself an open repetition, as in `(a+)*`. */
export function mayBacktrackForever(tree: AST.Pattern): boolean {
  let isFound = false;
  visit(tree, (node) => {
    if (node.type !== "Quantifier" || node.max !== Infinity || (node.element.type !== "Group" && node.element.type !== "CapturingGroup")) return;
    for (const { elements } of node.element.alternatives) {
      // A body that begins with something fixed can begin in one way only, so the repetition cannot be cut differently.
      const open = elements.filter((element) => element.type === "Quantifier" && element.max === Infinity);
      if (0 < open.length && open.length === elements.length) isFound = true;
    }
  });
  return isFound;
}

export function visit(node: AST.Node, see: (node: AST.Node) => void): void {
  see(node);
  if (node.type === "Pattern" || node.type === "Group" || node.type === "CapturingGroup" || (node.type === "Assertion" && (node.kind === "lookahead" || node.kind === "lookbehind"))) for (const part of node.alternatives) visit(part, see);
  else if (node.type === "Alternative") for (const part of node.elements) visit(part, see);
  else if (node.type === "Quantifier") visit(node.element, see);
}

function groupsOf(tree: AST.Pattern): Pick<Pattern, "names" | "nameOfGroup"> {
  const names: string[] = [];
  const nameOfGroup = [-1];
  visit(tree, (node) => {
    if (node.type !== "CapturingGroup") return;
    if (node.name !== null && !names.includes(node.name)) names.push(node.name);
    nameOfGroup.push(node.name === null ? -1 : names.indexOf(node.name));
  });
  return { names, nameOfGroup };
}

const POSIX: Readonly<Record<string, string>> = { alpha: "a-zA-Z", digit: "0-9", alnum: "a-zA-Z0-9", upper: "A-Z", lower: "a-z", xdigit: "0-9a-fA-F", space: "\\s", blank: " \\t", word: "\\w", punct: "!-\\/:-@\\[-`{-~" };

/** `(?P<name>…)`, `(?P=name)`, \A, \z, \Z, \h and `[[:alpha:]]`, none of which means anything sensible in JavaScript. */
function fromOtherDialects(source: string): string {
  let isInClass = false;
  return source.replace(/\(\?P<|\(\?P=(\w+)\)|\[:(\w+):\]|\\[\s\S]|[[\]]/g, (found, reference: string | undefined, posix: string | undefined) => {
    if (found === "(?P<") return "(?<";
    if (reference !== undefined) return `\\k<${reference}>`;
    if (posix !== undefined) return isInClass ? (POSIX[posix] ?? found) : found;
    if (found === "[" || found === "]") {
      isInClass = found === "[";
      return found;
    }
    if (found === "\\h") return isInClass ? "0-9a-fA-F" : "[0-9a-fA-F]";
    if (isInClass) return found;
    if (found === "\\A") return "^";
    return found === "\\z" || found === "\\Z" ? "$" : found;
  });
}
