// Sets of characters as the delimiter compiler needs them: exact for ASCII, and for everything beyond only
// as finely as the kernels can tell apart.
import type { AST } from "@eslint-community/regexpp";

/**
 * Which characters beyond ASCII are in: none, all, all but Unicode white space (\S), only white space (\s),
 * all but the line breaks U+2028 and U+2029 (.), or some others.
 */
type Wide = "none" | "all" | "noSpaces" | "spaces" | "noBreaks" | "some";

export interface CharSet {
  /** 128 flags. */
  readonly ascii: Uint8Array;
  readonly wide: Wide;
}

export type SetNode = AST.Character | AST.CharacterSet | AST.CharacterClass;

export const EMPTY: CharSet = { ascii: new Uint8Array(128), wide: "none" };
/** What a line may hold: everything but "\n". */
export const LINE: CharSet = setOf((code) => code !== 10, "all");
export const NON_SPACE: CharSet = setOf((code) => !isSpace(code), "noSpaces");
export const DIGITS: CharSet = setOf(isDigit, "none");
export const WORD: CharSet = setOf(isWord, "none");
/** What `.` stands for. */
export const NO_BREAKS: CharSet = setOf((code) => code !== 10 && code !== 13, "noBreaks");
const SPACES: CharSet = setOf(isSpace, "spaces");

/** The set a node stands for; undefined when it is not a set of single characters. */
export function charSetOf(node: SetNode, isDotAll: boolean): CharSet | undefined {
  if (node.type === "Character") return single(node.value);
  if (node.type === "CharacterSet") return escapeSet(node, isDotAll);
  let union: CharSet = EMPTY;
  for (const element of node.elements) {
    const part = element.type === "CharacterClassRange" ? range(element.min.value, element.max.value) : element.type === "Character" || element.type === "CharacterSet" ? charSetOf(element, isDotAll) : undefined;
    if (part === undefined) return undefined;
    union = unite(union, part);
  }
  return node.negate ? negate(union) : union;
}

export function unite(one: CharSet, other: CharSet): CharSet {
  return { ascii: one.ascii.map((flag, code) => flag | (other.ascii[code] ?? 0)), wide: uniteWide(one.wide, other.wide) };
}

/** Whether no character is in both. Beyond ASCII the answer is no when in doubt. */
export function areDisjoint(one: CharSet, other: CharSet): boolean {
  if (one.ascii.some((flag, code) => flag === 1 && other.ascii[code] === 1)) return false;
  const wide = [one.wide, other.wide];
  return wide.includes("none") || (wide.includes("spaces") && wide.includes("noSpaces"));
}

/** Whether the byte begins a character of the set; in doubt yes. */
export function mayBegin(set: CharSet, byte: number): boolean {
  return byte < 128 ? set.ascii[byte] === 1 : set.wide !== "none";
}

export function without(set: CharSet, byte: number): CharSet {
  const ascii = set.ascii.slice();
  if (byte < 128) ascii[byte] = 0;
  return { ascii, wide: set.wide };
}

/** The same characters, "\n" (which no line holds) aside. */
export function isSameInLine(one: CharSet, other: CharSet): boolean {
  return one.wide === other.wide && one.ascii.every((flag, code) => code === 10 || flag === other.ascii[code]);
}

/** The one ASCII character of the set, if it is only one. */
export function onlyByte(set: CharSet): number | undefined {
  if (set.wide !== "none" || set.ascii.reduce((sum, flag) => sum + flag, 0) !== 1) return undefined;
  return set.ascii.indexOf(1);
}

export function isWhiteSpace(set: CharSet): boolean {
  return set.ascii[32] === 1 && set.ascii.every((flag, code) => flag === 0 || isSpace(code)) && (set.wide === "none" || set.wide === "spaces");
}

function escapeSet(node: AST.CharacterSet, isDotAll: boolean): CharSet | undefined {
  if (node.kind === "any") return isDotAll ? setOf(() => true, "all") : NO_BREAKS;
  if (node.kind === "property") return undefined;
  const set = { digit: DIGITS, space: SPACES, word: WORD }[node.kind];
  return node.negate ? negate(set) : set;
}

function single(value: number): CharSet {
  return value < 128 ? setOf((code) => code === value, "none") : { ascii: EMPTY.ascii, wide: "some" };
}

function range(low: number, high: number): CharSet {
  return setOf((code) => low <= code && code <= high, high < 128 ? "none" : low <= 128 && 0xffff <= high ? "all" : "some");
}

function negate(set: CharSet): CharSet {
  const opposite: Readonly<Record<Wide, Wide>> = { none: "all", all: "none", noSpaces: "spaces", spaces: "noSpaces", noBreaks: "some", some: "some" };
  return { ascii: set.ascii.map((flag) => 1 - flag), wide: opposite[set.wide] };
}

function uniteWide(one: Wide, other: Wide): Wide {
  if (one === other || other === "none") return one;
  if (one === "none") return other;
  if (one === "all" || other === "all") return "all";
  // White space and all that is none; "all but the breaks" and white space, which has the breaks.
  const pair = [one, other];
  return pair.includes("spaces") && (pair.includes("noSpaces") || pair.includes("noBreaks")) ? "all" : "some";
}

function setOf(isIn: (code: number) => boolean, wide: Wide): CharSet {
  return { ascii: Uint8Array.from({ length: 128 }, (_, code) => (isIn(code) ? 1 : 0)), wide };
}
function isSpace(code: number): boolean {
  return (9 <= code && code <= 13) || code === 32;
}
function isDigit(code: number): boolean {
  return 48 <= code && code <= 57;
}
function isWord(code: number): boolean {
  return isDigit(code) || (65 <= code && code <= 90) || code === 95 || (97 <= code && code <= 122);
}
