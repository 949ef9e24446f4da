// One line at a time through V8: for patterns that are no split program, and for the lines a program leaves.
// What it finds goes into the field table as spans of the line's own bytes.
import { ROW, STATUS } from "#dataplane/layout.ts";
import type { ChunkMemory } from "#dataplane/memory.ts";
import { RARE_SPACE, bytePattern } from "./byte-pattern.ts";
import type { Pattern } from "./pattern.ts";

export class LineMatcher {
  readonly #memory: ChunkMemory;
  readonly #nameOfGroup: readonly number[];
  readonly #expression: RegExp;
  /** The same for the bytes of UTF-8 as one-byte text; undefined when there is none. */
  readonly #byteExpression: RegExp | undefined;

  constructor(memory: ChunkMemory, pattern: Pattern) {
    this.#memory = memory;
    this.#nameOfGroup = pattern.nameOfGroup;
    this.#expression = new RegExp(pattern.source, `${pattern.flags}d`);
    this.#byteExpression = bytePattern(pattern);
  }

  /** Matches the line of the row at word `at` of a field table and fills the row in: parsed or unmatched. */
  matchRow(at: number, isAscii: boolean): void {
    const { words, bytes } = this.#memory;
    const pointer = words[at + ROW.linePointer] ?? 0;
    const length = words[at + ROW.lineLength] ?? 0;
    const text = bytes.toString("latin1", pointer, pointer + length);
    let indices: RegExpIndicesArray | undefined;
    if (isAscii) indices = this.#expression.exec(text)?.indices;
    else if (this.#byteExpression !== undefined && !RARE_SPACE.test(text)) indices = this.#byteExpression.exec(text)?.indices;
    else return this.#matchWide(at, pointer, length, text);
    this.#fill(at, pointer, indices);
  }

  /** A match of a text that is not in chunk memory: its groups by name, or undefined. */
  matchText(text: string): (string | undefined)[] | undefined {
    const match = this.#expression.exec(text);
    if (match === null) return undefined;
    const values: (string | undefined)[] = [];
    for (let group = 1; group < match.length; group += 1) {
      const column = this.#nameOfGroup[group] ?? -1;
      if (column !== -1 && match[group] !== undefined) values[column] = match[group];
    }
    return values;
  }

  #matchWide(at: number, pointer: number, length: number, text: string): void {
    const { bytes, kernels } = this.#memory;
    if (kernels.isAscii(pointer, length) === 1) return this.#fill(at, pointer, this.#expression.exec(text)?.indices);
    // Bytes that are no UTF-8 have no characters: they are matched one by one.
    if (kernels.findInvalidUtf8(pointer, length) !== -1) return this.#fill(at, pointer, (this.#byteExpression ?? this.#expression).exec(text)?.indices);
    const decoded = bytes.toString("utf8", pointer, pointer + length);
    const indices = this.#expression.exec(decoded)?.indices;
    // A pattern without the flag u may stop inside a surrogate pair; the character stays whole.
    const bytesTo = (place: number): number => Buffer.byteLength(decoded.slice(0, isInsidePair(decoded, place) ? place + 1 : place));
    this.#fill(at, pointer, indices?.map((span) => (span === undefined ? undefined : [bytesTo(span[0]), bytesTo(span[1])])));
  }

  #fill(at: number, pointer: number, indices: readonly (readonly [number, number] | readonly number[] | undefined)[] | undefined): void {
    const { words } = this.#memory;
    words[at + ROW.status] = indices === undefined ? STATUS.unmatched : STATUS.parsed;
    if (indices === undefined) return;
    for (let group = 1; group < indices.length; group += 1) {
      const column = this.#nameOfGroup[group] ?? -1;
      const span = indices[group];
      if (column === -1 || span === undefined) continue;
      const start = span[0] ?? 0;
      words[at + ROW.columns + 2 * column] = pointer + start;
      words[at + ROW.columns + 2 * column + 1] = (span[1] ?? 0) - start;
    }
  }
}

function isInsidePair(text: string, place: number): boolean {
  return 0 < place && 0xffff < (text.codePointAt(place - 1) ?? 0);
}
