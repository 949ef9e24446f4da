// Where the named groups of a match lie. V8 tells it with the flag `d`, at three times the price of the match. So a
// pattern is written anew with groups around everything of open length, and places are sums of lengths:
// `(?<a>\S+) \S+ (?<b>\d+)` becomes `(\S+)( \S+ )(\d+)`, and b begins at |1| + |2|. The sums are compiled to a function.
// Patterns that cannot be written so (named groups in repetitions, backreferences) take the flag.
import type { AST } from "@eslint-community/regexpp";
import { visit } from "#sdk/pattern.ts";
import type { Pattern } from "#sdk/pattern.ts";

type Place = (match: RegExpExecArray, spans: Int32Array) => void;

export class Locator {
  /** Start and end of each column in the text of the last match; -1 for a column that took no part. */
  readonly spans: Int32Array;
  readonly #expression: RegExp;
  readonly #place: Place;

  constructor(pattern: Pattern) {
    this.spans = new Int32Array(pattern.names.length * 2);
    const rewritten = rewrite(pattern);
    this.#expression = new RegExp(rewritten?.source ?? pattern.source, rewritten === undefined ? `${pattern.flags}d` : pattern.flags);
    this.#place = rewritten?.place ?? readIndices(pattern.nameOfGroup);
  }

  /** Whether the text matches; `spans` says where then. */
  find(text: string): boolean {
    const match = this.#expression.exec(text);
    if (match === null) return false;
    this.spans.fill(-1);
    this.#place(match, this.spans);
    return true;
  }
}

function readIndices(nameOfGroup: readonly number[]): Place {
  return ({ indices }, spans) => {
    if (indices === undefined) return;
    for (let group = 1; group < indices.length; group += 1) {
      const column = nameOfGroup[group] ?? -1;
      const span = indices[group];
      if (column === -1 || span === undefined) continue;
      spans[column * 2] = span[0];
      spans[column * 2 + 1] = span[1];
    }
  };
}

function rewrite(pattern: Pattern): { source: string; place: Place } | undefined {
  try {
    const { source, code } = new Rewriter(pattern).alternatives(pattern.tree.alternatives, false, false);
    // The code holds numbers and nothing else of the pattern.
    return { source, place: new Function("match", "spans", `let at = match.index;\n${code}`) as Place };
  } catch (error) {
    if (error instanceof CannotRewrite) return undefined;
    throw error;
  }
}

class CannotRewrite extends Error {}

/** A part of the pattern written anew, and the code that moves `at` from its start to its end and notes columns on the way. */
interface Part {
  readonly source: string;
  readonly code: string;
}

class Rewriter {
  readonly #pattern: Pattern;
  #groups = 0;

  constructor(pattern: Pattern) {
    this.#pattern = pattern;
  }

  /**
   * `mayBeLeftOut`: the whole may take no part; then even a single alternative needs a group, to show that it did.
   * `hasMoreBehind`: a name may follow, so `at` has to be moved to the end.
   */
  alternatives(alternatives: readonly AST.Alternative[], mayBeLeftOut: boolean, hasMoreBehind: boolean): Part {
    const [only] = alternatives;
    if (alternatives.length === 1 && !mayBeLeftOut && only !== undefined) return this.#sequence(only.elements, hasMoreBehind);
    const parts = alternatives.map(({ elements }): Part => {
      const group = (this.#groups += 1);
      const { source, code } = this.#sequence(elements, false);
      return { source: `(${source})`, code: `if (match[${group}] !== undefined) { const start${group} = at; ${code} at = start${group} + match[${group}].length; }` };
    });
    return { source: parts.map(({ source }) => source).join("|"), code: parts.map(({ code }) => code).join(" else ") };
  }

  #sequence(elements: readonly AST.Element[], hasMoreBehind: boolean): Part {
    let source = "";
    let code = "";
    let gap: AST.Element[] = [];
    for (const element of elements) {
      if (!hasName(element)) {
        gap.push(element);
        continue;
      }
      const before = this.#gap(gap);
      gap = [];
      const named = this.#named(element);
      source += before.source + named.source;
      code += before.code + named.code;
    }
    if (hasMoreBehind) {
      const behind = this.#gap(gap);
      return { source: source + behind.source, code: code + behind.code };
    }
    // Nothing is looked for behind the last name.
    return { source: source + gap.map((element) => this.#raw(element, element.start, element.end)).join(""), code };
  }

  #gap(elements: readonly AST.Element[]): Part {
    const lengths = elements.map(fixedLength);
    const source = elements.map((element) => this.#raw(element, element.start, element.end)).join("");
    if (lengths.every((length) => length !== undefined)) return { source, code: `at += ${lengths.reduce((sum, length) => sum + length, 0)};` };
    const group = (this.#groups += 1);
    return { source: `(${source})`, code: `at += match[${group}].length;` };
  }

  #named(element: AST.Element): Part {
    if (element.type === "CapturingGroup") return this.#column(element);
    if (element.type === "Group" && element.modifiers === null) {
      const { source, code } = this.alternatives(element.alternatives, false, true);
      return { source: `(?:${source})`, code };
    }
    if (element.type === "Quantifier" && element.min === 0 && element.max === 1) {
      const { element: inner, greedy } = element;
      const mark = greedy ? "?" : "??";
      if (inner.type === "CapturingGroup") {
        const { source, code, group } = this.#column(inner);
        return { source: source + mark, code: `if (match[${group}] !== undefined) { ${code} }` };
      }
      if (inner.type === "Group" && inner.modifiers === null) {
        const { source, code } = this.alternatives(inner.alternatives, true, true);
        return { source: `(?:${source})${mark}`, code };
      }
    }
    throw new CannotRewrite();
  }

  #column(element: AST.CapturingGroup): Part & { readonly group: number } {
    const group = (this.#groups += 1);
    const column = element.name === null ? -1 : this.#pattern.names.indexOf(element.name);
    const isNested = element.alternatives.some(({ elements }) => elements.some(hasName));
    const inside = isNested ? this.alternatives(element.alternatives, false, false) : { source: element.alternatives.map((part) => this.#raw(part, part.start, part.end)).join("|"), code: "" };
    const note = column === -1 ? "" : `spans[${column * 2}] = start${group}; spans[${column * 2 + 1}] = at;`;
    return { source: `(${inside.source})`, code: `const start${group} = at; ${inside.code} at = start${group} + match[${group}].length; ${note}\n`, group };
  }

  /** Source without groups of its own. */
  #raw(node: AST.Node, start: number, end: number): string {
    const { source } = this.#pattern;
    let text = "";
    let at = start;
    visit(node, (part) => {
      if (part.type === "Backreference") throw new CannotRewrite();
      if (part.type !== "CapturingGroup") return;
      text += `${source.slice(at, part.start)}(?:`;
      at = part.name === null ? part.start + 1 : source.indexOf(">", part.start) + 1;
    });
    return text + source.slice(at, end);
  }
}

function hasName(element: AST.Element): boolean {
  let found = false;
  visit(element, (node) => {
    found ||= node.type === "CapturingGroup" && node.name !== null;
  });
  return found;
}

/** How long a match of the element always is, in UTF-16 units; undefined when that depends. */
function fixedLength(element: AST.Element): number | undefined {
  if (element.type === "Assertion") return 0;
  if (element.type === "Character") return element.value < 0x80 ? 1 : undefined;
  if (element.type === "CharacterSet" && element.kind !== "property" && element.kind !== "any" && !element.negate) return 1;
  if (element.type === "Quantifier" && element.min === element.max) {
    const once = fixedLength(element.element);
    return once === undefined ? undefined : once * element.min;
  }
  return undefined;
}
