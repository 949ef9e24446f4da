// Patterns over tags such as `web.access.kr`. `*` is any run of characters inside a part, also none; `**` any number of parts, or,
// next to other text, any run of characters; `{a,b}` either of them; several patterns with blanks between them: any of them.
// A pattern becomes a row of instructions that are all tried side by side: the time is that of the tag times the pattern's length,
// whatever is written.

/** What is wrong with a pattern, and where: the column counts from 1. */
export class TagPatternError extends Error {
  override readonly name = "TagPatternError";
  readonly kind: "empty" | "open" | "close" | "comma" | "large";
  readonly column: number;
  constructor(kind: TagPatternError["kind"], column: number) {
    super(`tag pattern: ${kind} at column ${column}`);
    this.kind = kind;
    this.column = column;
  }
}

/** What braces may unfold into. */
const ALTERNATIVES_MAX = 1000;
const LENGTH_MAX = 1000;
const DOT = ".";

type Instruction =
  | { readonly type: "character"; readonly character: string }
  | { readonly type: "inPart" }
  | { readonly type: "any" }
  /** So many of the following may be left out. */
  | { readonly type: "maybe"; readonly count: number };

/** Whether a tag fits. Throws TagPatternError. */
export function compileTagPattern(pattern: string): (tag: string) => boolean {
  if (pattern.trim() === "") throw new TagPatternError("empty", 1);
  if (LENGTH_MAX < pattern.length) throw new TagPatternError("large", LENGTH_MAX + 1);
  const programs = new Unfolding(pattern).patterns().map(programOf);
  return (tag) => programs.some((program) => fits(program, tag));
}

// --- braces and blanks ----------------------------------------------------------------------------------------------------

/** Unfolds `a.{b,c} d` into `a.b`, `a.c` and `d`. */
class Unfolding {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  patterns(): string[] {
    const found: string[] = [];
    while (this.#at < this.#text.length) {
      const [start, character] = [this.#at, this.#text[this.#at] ?? ""];
      if (/\s/.test(character)) this.#at += 1;
      else found.push(...this.#sequence(0));
      if (ALTERNATIVES_MAX < found.length) throw new TagPatternError("large", start + 1);
    }
    return [...new Set(found)];
  }

  /** Up to a blank, or inside of braces up to a comma or the closing one. */
  #sequence(depth: number): string[] {
    let heads = [""];
    for (; this.#at < this.#text.length; ) {
      const character = this.#text[this.#at] ?? "";
      if (character === "{") heads = this.#joined(heads, this.#group(depth + 1));
      else if (character === "}" || character === ",") {
        if (0 < depth) return heads;
        throw new TagPatternError(character === "}" ? "close" : "comma", this.#at + 1);
      } else if (/\s/.test(character)) {
        if (depth === 0) return heads;
        this.#at += 1;
      } else {
        heads = heads.map((head) => head + character);
        this.#at += 1;
      }
    }
    return heads;
  }

  #group(depth: number): string[] {
    const open = this.#at;
    const alternatives: string[] = [];
    do {
      this.#at += 1;
      alternatives.push(...this.#sequence(depth));
      if (ALTERNATIVES_MAX < alternatives.length) throw new TagPatternError("large", open + 1);
    } while (this.#text[this.#at] === ",");
    if (this.#text[this.#at] !== "}") throw new TagPatternError("open", open + 1);
    this.#at += 1;
    return alternatives;
  }

  #joined(heads: readonly string[], tails: readonly string[]): string[] {
    if (ALTERNATIVES_MAX < heads.length * tails.length) throw new TagPatternError("large", this.#at);
    return heads.flatMap((head) => tails.map((tail) => head + tail));
  }
}

// --- one pattern without braces -------------------------------------------------------------------------------------------

function programOf(pattern: string): Instruction[] {
  const program: Instruction[] = [];
  const dot: Instruction = { type: "character", character: DOT };
  for (let at = 0; at < pattern.length; ) {
    const [stars = ""] = /^\*+/.exec(pattern.slice(at)) ?? [];
    const [parts = ""] = /^\.\*\*+(?=\.|$)/.exec(pattern.slice(at)) ?? [];
    if (parts !== "") {
      // `a.**` fits `a`, too: the dot goes with the parts.
      program.push({ type: "maybe", count: 2 }, dot, { type: "any" });
      at += parts.length;
    } else if (2 <= stars.length && at === 0 && pattern[stars.length] === DOT) {
      program.push({ type: "maybe", count: 2 }, { type: "any" }, dot);
      at += stars.length + 1;
    } else if (stars !== "") {
      program.push({ type: 2 <= stars.length ? "any" : "inPart" });
      at += stars.length;
    } else {
      program.push({ type: "character", character: pattern[at] ?? "" });
      at += 1;
    }
  }
  return program;
}

function fits(program: readonly Instruction[], tag: string): boolean {
  let current = new Uint8Array(program.length + 1);
  let next = new Uint8Array(program.length + 1);
  current[0] = 1;
  for (let at = 0; ; at += 1) {
    skipAhead(program, current);
    if (at === tag.length) return current[program.length] === 1;
    const character = tag[at];
    next.fill(0);
    for (const [place, instruction] of program.entries()) {
      if (current[place] === 0) continue;
      if (instruction.type === "character") next[place + 1] = next[place + 1] === 1 || instruction.character === character ? 1 : 0;
      else if (instruction.type === "any" || (instruction.type === "inPart" && character !== DOT)) next[place] = 1;
    }
    [current, next] = [next, current];
  }
}

/** What is reached without a character. It only lies ahead, so that one pass finds all. */
function skipAhead(program: readonly Instruction[], reached: Uint8Array): void {
  for (const [place, instruction] of program.entries()) {
    if (reached[place] === 0 || instruction.type === "character") continue;
    reached[place + 1] = 1;
    if (instruction.type === "maybe") reached[place + 1 + instruction.count] = 1;
  }
}
