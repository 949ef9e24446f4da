// A pattern laid out flat: every way through its optional parts and alternatives as one list of atoms,
// the way V8 prefers first. A later way carries `not` atoms, which say why V8 cannot have gone an earlier one.
import type { AST } from "@eslint-community/regexpp";
import { EMPTY, charSetOf, isWhiteSpace, onlyByte, unite } from "./char-set.ts";
import type { CharSet } from "./char-set.ts";
import type { Pattern } from "#sdk/pattern.ts";

export type Atom =
  /** Exactly this byte. Where the pattern would take others too, `of` says which. */
  | { readonly kind: "byte"; readonly byte: number; readonly of?: CharSet }
  /** `least` to `most` characters of the set. */
  | { readonly kind: "span"; readonly set: CharSet; readonly least: number; readonly most: number; readonly isGreedy: boolean }
  | { readonly kind: "open"; readonly column: number }
  | { readonly kind: "close"; readonly column: number }
  /** Here the pattern could go on in another way. */
  | { readonly kind: "fork" }
  /** The line goes on with none of these, or ends. */
  | { readonly kind: "not"; readonly set: CharSet }
  | { readonly kind: "end" };

type Ways = readonly (readonly Atom[])[];

/** More ways than this are not worth trying: lines that need a later one go to V8. */
const WAYS_MAX = 8;
const REPEATS_MAX = 64;

/** The ways through the pattern that have a flat form. */
export function waysThrough({ tree, flags, names }: Pattern): Ways {
  const isDotAll = flags.includes("s");
  if (/[im]/.test(flags)) return [];
  return alternatives(tree.alternatives);

  function alternatives(list: readonly AST.Alternative[]): Ways {
    const ways: (readonly Atom[])[] = [];
    let earlier: CharSet | undefined = EMPTY;
    for (const [index, { elements }] of list.entries()) {
      if (0 < index && earlier === undefined) break;
      const guard: Atom[] = list.length === 1 ? [] : [FORK];
      if (0 < index && earlier !== undefined) guard.push({ kind: "not", set: earlier });
      ways.push(...sequence(elements).map((way) => [...guard, ...way]));
      const starts = firstOf(elements, isDotAll);
      earlier = earlier === undefined || starts === undefined ? undefined : unite(earlier, starts);
    }
    return ways.slice(0, WAYS_MAX);
  }

  function sequence(elements: readonly AST.Element[]): Ways {
    let ways: Ways = [[]];
    for (const element of elements) {
      const next = atomsOf(element);
      ways = ways.flatMap((way) => next.map((more) => [...way, ...more])).slice(0, WAYS_MAX);
    }
    return ways;
  }

  function atomsOf(element: AST.Element): Ways {
    switch (element.type) {
      case "Character":
      case "CharacterSet":
      case "CharacterClass":
        return one(element);
      case "Group":
        return element.modifiers !== null ? [] : alternatives(element.alternatives);
      case "CapturingGroup": {
        const inside = alternatives(element.alternatives);
        if (element.name === null) return inside;
        const column = names.indexOf(element.name);
        return inside.map((way) => [{ kind: "open", column }, ...way, { kind: "close", column }]);
      }
      case "Assertion":
        if (element.kind === "start" && tree.alternatives.some(({ elements }) => elements[0] === element)) return [[]];
        if (element.kind === "end") return [[{ kind: "end" }]];
        return [];
      case "Quantifier":
        return repeated(element);
      default:
        return [];
    }
  }

  function one(node: AST.Character | AST.CharacterSet | AST.CharacterClass): Ways {
    if (node.type === "Character" && 127 < node.value) {
      // Half a surrogate pair, and the sign that stands for bytes that are no UTF-8, have no bytes of their own.
      if ((0xd800 <= node.value && node.value < 0xe000) || node.value === 0xfffd) return [];
      return [Array.from(Buffer.from(String.fromCodePoint(node.value)), (byte) => ({ kind: "byte", byte }))];
    }
    const set = charSetOf(node, isDotAll);
    if (set === undefined) return [];
    const byte = isWhiteSpace(set) ? 32 : onlyByte(set);
    return [[byte === undefined ? { kind: "span", set, least: 1, most: 1, isGreedy: true } : { kind: "byte", byte, of: set }]];
  }

  function repeated({ element, min, max, greedy: isGreedy }: AST.Quantifier): Ways {
    if (min === 0 && max === 0) return [[]];
    if (element.type === "Character" || element.type === "CharacterSet" || element.type === "CharacterClass") {
      const set = charSetOf(element, isDotAll);
      if (set === undefined) return [];
      const byte = isWhiteSpace(set) ? 32 : onlyByte(set);
      if (byte === undefined) return [[{ kind: "span", set, least: min, most: max, isGreedy }]];
      if (min === max && min <= REPEATS_MAX) return [Array.from({ length: min }, () => ({ kind: "byte", byte, of: set }))];
      if (!isGreedy || 1 < min) return [];
      // One of them, as is usual; and the greedy repetition must have ended there.
      const byteAtom: Atom = { kind: "byte", byte, of: set };
      if (max === 1) return [[FORK, byteAtom], [FORK, { kind: "not", set }]];
      if (max !== Infinity) return [];
      return min === 1 ? [[byteAtom, { kind: "not", set }]] : [[FORK, byteAtom, { kind: "not", set }], [FORK, { kind: "not", set }]];
    }
    if (min === 1 && max === 1) return atomsOf(element);
    if (min !== 0 || max !== 1 || !isGreedy) return [];
    const starts = firstOf([element], isDotAll);
    // An optional part that could be empty is one V8 rather leaves out when it is.
    if (starts === undefined) return [];
    return [...atomsOf(element).map((way) => [FORK, ...way]), [FORK, { kind: "not", set: starts }]];
  }
}

const FORK: Atom = { kind: "fork" };

/** Every character a match of these may begin with; undefined when it may be empty, or when that is not known. */
function firstOf(elements: readonly AST.Element[], isDotAll: boolean): CharSet | undefined {
  let starts: CharSet = EMPTY;
  for (const element of elements) {
    const isOptional = element.type === "Quantifier" && element.min === 0;
    const inner = element.type === "Quantifier" ? element.element : element;
    let set: CharSet | undefined;
    if (inner.type === "Character" || inner.type === "CharacterSet" || inner.type === "CharacterClass") set = charSetOf(inner, isDotAll);
    else if (inner.type === "Group" || inner.type === "CapturingGroup") {
      set = EMPTY;
      for (const alternative of inner.alternatives) {
        const part = firstOf(alternative.elements, isDotAll);
        set = set === undefined || part === undefined ? undefined : unite(set, part);
      }
    }
    if (set === undefined) return undefined;
    starts = unite(starts, set);
    if (!isOptional) return starts;
  }
  return undefined;
}
