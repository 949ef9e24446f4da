// Compiles patterns into split programs (layout.ts) where it can be proved that a row the program takes is
// what V8's first match of the pattern gives for that line. What the program does not take stays `odd`.
//
// The proof, step by step: V8 tries choices in order of preference and takes the first that works out. A program
// that (a) at each step makes the most preferred choice of those that do not fail right there, and (b) got to the
// end, has found V8's match. Each rule below names why more preferred choices fail right there. An unanchored
// pattern is the same from the line's first byte on: V8 looks there first.
import { NO_COLUMN, SPLIT, CLASS } from "#dataplane/layout.ts";
import type { Chunk, ChunkPool } from "#dataplane/memory.ts";
import { waysThrough } from "./atoms.ts";
import type { Atom } from "./atoms.ts";
import { DIGITS, LINE, NON_SPACE, NO_BREAKS, WORD, areDisjoint, isSameInLine, mayBegin, without } from "./char-set.ts";
import type { CharSet } from "./char-set.ts";
import type { Pattern } from "#sdk/pattern.ts";

export type Step =
  | { readonly op: "literal"; readonly bytes: readonly number[] }
  | { readonly op: "until"; readonly delimiter: number; readonly column: number; readonly class: number; readonly least: 0 | 1 }
  | { readonly op: "rest" | "run"; readonly column: number; readonly class: number; readonly least: 0 | 1 }
  | { readonly op: "end" };

export interface SplitProgram {
  readonly steps: readonly Step[];
  /** A `.` became "any byte": true only for text without line breaks of other kinds (\r, U+2028, U+2029). */
  readonly needsNoBreaks: boolean;
  /** Columns whose spans must have a certain length, to be looked at after the program ran. */
  readonly lengths: readonly { readonly column: number; readonly least: number; readonly most: number }[];
}

/** The programs of a pattern, the one for what V8 prefers first. None: the pattern is not of that kind. */
export function splitPrograms(pattern: Pattern): readonly SplitProgram[] {
  return waysThrough(pattern).flatMap((way) => assemble(way) ?? []);
}

/** Writes the program into chunk memory, as the kernel reads it. */
export function loadSplitProgram(pool: ChunkPool, { steps }: Pick<SplitProgram, "steps">): Chunk {
  const literalBytes = steps.reduce((sum, step) => sum + (step.op === "literal" ? step.bytes.length : 0), 0);
  const stepBytes = (steps.length + 1) * 16;
  const chunk = pool.take(stepBytes + literalBytes + 16);
  const { bytes, words } = pool.memory;
  let text = chunk.pointer + stepBytes;
  let at = chunk.pointer >>> 2;
  for (const step of steps) {
    if (step.op === "literal") {
      bytes.set(step.bytes, text);
      words.set([SPLIT.literal, text, step.bytes.length, 0], at);
      text += step.bytes.length;
    } else if (step.op === "end") words.set([SPLIT.end, 0, 0, 0], at);
    else words.set([SPLIT[step.op], step.op === "until" ? step.delimiter : 0, step.column === -1 ? NO_COLUMN : step.column, step.class | (step.least << 8)], at);
    at += 4;
  }
  words.set([SPLIT.stop, 0, 0, 0], at);
  return chunk;
}

function assemble(way: readonly Atom[]): SplitProgram | undefined {
  const atoms = namedSpans(way);
  if (atoms === undefined) return undefined;
  const steps: Step[] = [];
  const lengths: { column: number; least: number; most: number }[] = [];
  let needsNoBreaks = false;
  let refused: CharSet[] = [];
  for (const [index, atom] of atoms.entries()) {
    if (atom.kind === "not") {
      refused.push(atom.set);
      continue;
    }
    if (atom.kind === "fork") continue;
    if (atom.kind === "byte") {
      if (refused.some((set) => mayBegin(set, atom.byte))) return undefined;
      const last = steps.at(-1);
      if (last?.op === "literal") steps[steps.length - 1] = { op: "literal", bytes: [...last.bytes, atom.byte] };
      else steps.push({ op: "literal", bytes: [atom.byte] });
    } else if (atom.kind === "end") steps.push({ op: "end" });
    else {
      const found = spanStep(atom, atoms.slice(index + 1), refused);
      if (found === undefined) return undefined;
      steps.push(found.step);
      needsNoBreaks ||= found.needsNoBreaks;
      if (1 < atom.least || atom.most !== Infinity) {
        // Lengths are seen in bytes; for characters beyond ASCII that is something else.
        if (atom.column === -1 || atom.set.wide !== "none") return undefined;
        lengths.push({ column: atom.column, least: atom.least, most: atom.most });
      }
    }
    refused = [];
  }
  // At the end of the line nothing that was refused can follow.
  if (0 < refused.length) steps.push({ op: "end" });
  return { steps, needsNoBreaks, lengths };
}

type Span = Extract<Atom, { kind: "span" }> & { readonly column: number };
type NamedAtom = Exclude<Atom, { kind: "open" | "close" | "span" }> | Span;

/** Joins `open, span, close`; undefined when a group holds anything else. */
function namedSpans(way: readonly Atom[]): NamedAtom[] | undefined {
  const atoms: NamedAtom[] = [];
  let column = -1;
  let isFilled = false;
  for (const atom of way) {
    if (atom.kind === "open") {
      if (column !== -1) return undefined;
      column = atom.column;
      isFilled = false;
    } else if (atom.kind === "close") {
      if (!isFilled) return undefined;
      column = -1;
    } else if (atom.kind === "span") {
      if (column !== -1 && isFilled) return undefined;
      isFilled = true;
      atoms.push({ ...atom, column });
    } else {
      if (atom.kind === "byte" && column !== -1) return undefined;
      atoms.push(atom);
    }
  }
  return atoms;
}

function spanStep(span: Span, after: readonly NamedAtom[], refused: readonly CharSet[]): { step: Step; needsNoBreaks: boolean } | undefined {
  const { set, column, isGreedy } = span;
  const solid = after.filter(({ kind }) => kind !== "not" && kind !== "fork");
  const [next, second] = solid;
  /** Whether, after `count` more atoms, the pattern could go on in another way. */
  const forks = (count: number): boolean => {
    let seen = 0;
    for (const { kind } of after) {
      if (kind === "fork") return seen <= count;
      if (kind !== "not") seen += 1;
      if (count < seen) return false;
    }
    return false;
  };
  const mayGoOtherwise = forks(0);
  let least: 0 | 1 = span.least === 0 ? 0 : 1;
  // An empty span would pass the question "what comes next" on; a line with one goes to V8 then.
  if (0 < refused.length) least = 1;
  const isRefused = (held: CharSet): boolean => refused.some((not) => !areDisjoint(not, held));

  if (next?.kind === "byte" && next.byte < 128) {
    const delimiter = next.byte;
    const held = without(set, delimiter);
    const found = classOf(held, delimiter);
    // Greedy, x outside the set: the run of the set ends at x, and the whole run is what is preferred.
    const isLongest = isGreedy && !mayBegin(set, delimiter);
    // Lazy, nothing but x may follow: shorter spans fail because x does not follow them.
    const isShortest = !isGreedy && !mayGoOtherwise && (next.of === undefined || areDisjoint(next.of, held));
    // Greedy, x inside and then y outside the set (or the end): the run of the set ends at y, so only the x before y will do.
    const isLastOfRun = !mayGoOtherwise && !forks(1) && (second?.kind === "end" || (second?.kind === "byte" && second.byte < 128 && !mayBegin(set, second.byte)));
    if (found !== undefined && !isRefused(held) && (isLongest || isShortest || isLastOfRun)) return { step: { op: "until", delimiter, column, class: found.class, least }, needsNoBreaks: found.needsNoBreaks };
  }
  if (isRefused(set)) return undefined;
  const found = classOf(set, undefined);
  if (found === undefined) return undefined;
  const { class: name, needsNoBreaks } = found;
  // Nothing but the whole rest brings V8 to the end of the line.
  if (next?.kind === "end" && (isGreedy || !mayGoOtherwise)) return { step: { op: "rest", column, class: name, least }, needsNoBreaks };
  // Greedy: the longest run is what is preferred. After a run of anything only the end can come.
  if (!isGreedy || (name === CLASS.any && next !== undefined)) return undefined;
  if (name === CLASS.any) return { step: { op: "rest", column, class: name, least }, needsNoBreaks };
  return { step: { op: "run", column, class: name, least }, needsNoBreaks };
}

/** The kernel's class that is exactly this set, within a line and with the delimiter (which no span holds) aside. */
function classOf(set: CharSet, delimiter: number | undefined): { class: number; needsNoBreaks: boolean } | undefined {
  const isSame = (known: CharSet): boolean => isSameInLine(delimiter === undefined ? known : without(known, delimiter), set);
  if (isSame(LINE)) return { class: CLASS.any, needsNoBreaks: false };
  if (isSame(NO_BREAKS)) return { class: CLASS.any, needsNoBreaks: true };
  if (isSame(NON_SPACE)) return { class: CLASS.nonSpace, needsNoBreaks: false };
  if (isSame(DIGITS)) return { class: CLASS.digit, needsNoBreaks: false };
  if (isSame(WORD)) return { class: CLASS.word, needsNoBreaks: false };
  return undefined;
}
