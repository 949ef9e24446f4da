// One line at a time through V8: for patterns that are no split program, and for the lines a program leaves.
// What it finds goes into the field table as spans of the line's own bytes.
import { ROW, STATUS } from "#dataplane/layout.ts";
import type { ChunkMemory } from "#dataplane/memory.ts";
import { RARE_SPACE, bytePattern } from "./byte-pattern.ts";
import { Locator } from "./locator.ts";
import type { Pattern } from "#sdk/pattern.ts";

export class LineMatcher {
  readonly #memory: ChunkMemory;
  readonly #locator: Locator;
  /** The same for the bytes of UTF-8 as one-byte text; undefined when there is none. */
  readonly #byteLocator: Locator | undefined;

  constructor(memory: ChunkMemory, pattern: Pattern) {
    this.#memory = memory;
    this.#locator = new Locator(pattern);
    const forBytes = bytePattern(pattern);
    this.#byteLocator = forBytes === undefined ? undefined : new Locator(forBytes);
  }

  /** Matches the line of the row at word `at` of a field table and fills the row in: parsed or unmatched. */
  matchRow(at: number, isAscii: boolean): void {
    const { words, bytes } = this.#memory;
    const pointer = words[at + ROW.linePointer] ?? 0;
    const length = words[at + ROW.lineLength] ?? 0;
    const text = bytes.toString("latin1", pointer, pointer + length);
    if (isAscii) this.#fill(at, pointer, this.#locator, text);
    else if (this.#byteLocator !== undefined && !RARE_SPACE.test(text)) this.#fill(at, pointer, this.#byteLocator, text);
    else this.#matchWide(at, pointer, length, text);
  }

  /** A match of a text that is not in chunk memory: what each column holds, or undefined. */
  matchText(text: string): (string | undefined)[] | undefined {
    if (!this.#locator.find(text)) return undefined;
    const { spans } = this.#locator;
    return Array.from({ length: spans.length / 2 }, (_, column) => (spans[column * 2] === -1 ? undefined : text.slice(spans[column * 2], spans[column * 2 + 1])));
  }

  #matchWide(at: number, pointer: number, length: number, text: string): void {
    const { bytes, kernels } = this.#memory;
    if (kernels.isAscii(pointer, length) === 1) return this.#fill(at, pointer, this.#locator, text);
    // Bytes that are no UTF-8 have no characters: they are matched one by one.
    if (kernels.findInvalidUtf8(pointer, length) !== -1) return this.#fill(at, pointer, this.#byteLocator ?? this.#locator, text);
    this.#fill(at, pointer, this.#locator, bytes.toString("utf8", pointer, pointer + length));
  }

  #fill(at: number, pointer: number, locator: Locator, text: string): void {
    const { words } = this.#memory;
    if (!locator.find(text)) {
      words[at + ROW.status] = STATUS.unmatched;
      return;
    }
    words[at + ROW.status] = STATUS.parsed;
    const { spans } = locator;
    const isBytes = text.length === words[at + ROW.lineLength];
    for (let word = 0; word < spans.length; word += 2) {
      const from = spans[word] ?? -1;
      if (from === -1) continue;
      const to = spans[word + 1] ?? 0;
      const start = isBytes ? from : bytesTo(text, from);
      words[at + ROW.columns + word] = pointer + start;
      words[at + ROW.columns + word + 1] = (isBytes ? to : bytesTo(text, to)) - start;
    }
  }
}

/** Bytes of UTF-8 before a place in the text. A pattern without the flag u may stop inside a surrogate pair; the character stays whole. */
function bytesTo(text: string, place: number): number {
  const isInsidePair = 0 < place && 0xffff < (text.codePointAt(place - 1) ?? 0);
  return Buffer.byteLength(text.slice(0, isInsidePair ? place + 1 : place));
}
