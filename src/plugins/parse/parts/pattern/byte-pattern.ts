// A pattern for the bytes of UTF-8 seen as one-byte text, so that places in the text are places in the bytes.
// It gives the same as the pattern itself does on the decoded text for lines without white space and line breaks
// beyond ASCII (RARE_SPACE), where no part of the pattern can stop in the middle of a character.
import type { AST } from "@eslint-community/regexpp";
import { charSetOf } from "./char-set.ts";
import { patternOf, visit } from "#sdk/pattern.ts";
import type { Pattern } from "#sdk/pattern.ts";

/** What is white space or a line break to V8 beyond ASCII, as one-byte text of its UTF-8. */
export const RARE_SPACE = /\xc2\xa0|\xe1\x9a\x80|\xe2(?:\x80[\x80-\x8a\xa8\xa9\xaf]|\x81\x9f)|\xe3\x80\x80|\xef\xbb\xbf/;

/** undefined when the pattern cannot do without characters. */
export function bytePattern({ source, flags, tree }: Pattern): Pattern | undefined {
  if (/[uv]/.test(flags)) return undefined;
  try {
    // What stops as early as it can would stop after a byte.
    if (through(tree.alternatives, ENDS.fixed, flags.includes("s")) === ENDS.lazy) return undefined;
    return patternOf(rewritten(source, tree), flags);
  } catch (error) {
    if (error instanceof NeedsCharacters) return undefined;
    throw error;
  }
}

class NeedsCharacters extends Error {}

/**
 * What the part matched last may have been: something with a fixed end, or a run of characters beyond ASCII, greedy or
 * lazy. Behind a run, what comes next says where it ends; another run could begin in the middle of a character.
 */
const ENDS = { fixed: 0, greedy: 1, lazy: 2 } as const;

function through(alternatives: readonly AST.Alternative[], before: number, isDotAll: boolean): number {
  let last = 0;
  for (const { elements } of alternatives) {
    let ends = before;
    for (const element of elements) ends = after(element, ends, isDotAll);
    last = Math.max(last, ends);
  }
  return last;
}

function after(element: AST.Element, before: number, isDotAll: boolean): number {
  switch (element.type) {
    case "Character":
      // A character's own bytes are found nowhere but at its start. Half a surrogate pair has none.
      if (0xd800 <= element.value && element.value < 0xe000) throw new NeedsCharacters();
      return ENDS.fixed;
    case "CharacterSet":
    case "CharacterClass":
      if (isWide(element, isDotAll)) throw new NeedsCharacters();
      return ENDS.fixed;
    case "Group":
      if (element.modifiers !== null) throw new NeedsCharacters();
      return through(element.alternatives, before, isDotAll);
    case "CapturingGroup":
      return through(element.alternatives, before, isDotAll);
    case "Assertion":
      if (element.kind === "end") return Math.min(before, ENDS.greedy);
      if (element.kind === "start") return before;
      throw new NeedsCharacters();
    case "Quantifier": {
      const { element: inner, min, max, greedy } = element;
      if (inner.type === "CharacterSet" || inner.type === "CharacterClass") {
        if (!isWide(inner, isDotAll)) return min === 0 ? before : ENDS.fixed;
        // Counting more than one would count bytes.
        if (1 < min || max !== Infinity || before !== ENDS.fixed) throw new NeedsCharacters();
        return greedy ? ENDS.greedy : ENDS.lazy;
      }
      const once = after(inner, before, isDotAll);
      if (max !== 1) after(inner, Math.max(once, before), isDotAll);
      return min === 0 ? Math.max(once, before) : once;
    }
    default:
      throw new NeedsCharacters();
  }
}

function isWide(node: AST.CharacterSet | AST.CharacterClass, isDotAll: boolean): boolean {
  const wide = charSetOf(node, isDotAll)?.wide;
  if (wide === undefined || wide === "some") throw new NeedsCharacters();
  return wide !== "none" && wide !== "spaces";
}

/** The source with \s and \S for ASCII only, and characters beyond ASCII as the bytes they have. */
function rewritten(source: string, tree: AST.Pattern): string {
  const changes: { start: number; end: number; text: string }[] = [];
  const space = (node: AST.CharacterSet, isInClass: boolean): void => {
    if (node.kind !== "space") return;
    const members = node.negate ? "\\x00-\\x08\\x0e-\\x1f!-\\xff" : "\\t-\\r ";
    changes.push({ start: node.start, end: node.end, text: isInClass ? members : `[${members}]` });
  };
  visit(tree, (node) => {
    if (node.type === "CharacterSet") space(node, false);
    else if (node.type === "CharacterClass") {
      for (const element of node.elements) if (element.type === "CharacterSet") space(element, true);
    } else if (node.type === "Character" && 127 < node.value) {
      const bytes = Array.from(Buffer.from(String.fromCodePoint(node.value)), (byte) => `\\x${byte.toString(16)}`);
      changes.push({ start: node.start, end: node.end, text: `(?:${bytes.join("")})` });
    }
  });
  let text = "";
  let at = 0;
  for (const change of changes.sort((one, other) => one.start - other.start)) {
    text += source.slice(at, change.start) + change.text;
    at = change.end;
  }
  return text + source.slice(at);
}
