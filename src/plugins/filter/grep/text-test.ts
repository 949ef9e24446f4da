// One condition of filter.Grep: the text of a field and a pattern to be found in it. The text that every match has is looked for
// in the bytes of the whole batch first, so that rows without it are never decoded.
import type { Batch } from "#dataplane/batch.ts";
import { readPattern } from "#sdk/pattern.ts";
import { FieldTexts } from "../parts/field-texts.ts";
import { requiredText } from "#sdk/required-text.ts";

export class TextTest {
  readonly #key: string;
  readonly #regex: RegExp;
  readonly #required: Buffer | undefined;
  readonly #isRequiredAll: boolean;

  constructor(key: string, text: string) {
    const pattern = readPattern(text);
    const required = requiredText(pattern);
    this.#key = key;
    this.#regex = new RegExp(pattern.source, pattern.flags);
    this.#required = required === undefined ? undefined : Buffer.from(required.text);
    this.#isRequiredAll = required?.isAll === true;
  }

  /** Whether the field matches, for the rows of one batch asked in order. A field that is not there does not. */
  bind(batch: Batch): (row: number) => boolean {
    const texts = new FieldTexts(batch, this.#key);
    const isIn = (row: number): boolean => {
      const text = texts.text(row);
      return text !== undefined && this.#regex.test(text);
    };
    if (this.#required === undefined) return isIn;
    const finder = new TextFinder(batch, this.#required);
    const isAll = this.#isRequiredAll;
    return (row) => {
      if (!texts.look(row)) return isIn(row);
      return finder.isIn(texts.pointer, texts.length) && (isAll || isIn(row));
    };
  }
}

/** Looks for one text in spans of a batch: from hit to hit, as long as spans are asked for in order. */
class TextFinder {
  readonly #bytes: Buffer;
  readonly #all: Buffer;
  readonly #text: Buffer;
  readonly #start: number;
  readonly #end: number;
  #from = 0;
  #hit = -1;

  constructor(batch: Batch, text: Buffer) {
    this.#all = batch.pool.memory.bytes;
    this.#start = batch.pointer;
    this.#end = batch.pointer + batch.length;
    this.#bytes = this.#all.subarray(this.#start, this.#end);
    this.#text = text;
  }

  isIn(pointer: number, length: number): boolean {
    // What a filter before wrote lies beside the batch's own text.
    if (pointer < this.#start || this.#end < pointer + length) return this.#all.subarray(pointer, pointer + length).includes(this.#text);
    const at = pointer - this.#start;
    if (at < this.#from || this.#hit < at) {
      const hit = this.#bytes.indexOf(this.#text, at);
      this.#hit = hit === -1 ? Infinity : hit;
      this.#from = at;
    }
    return this.#hit + this.#text.length <= at + length;
  }
}
