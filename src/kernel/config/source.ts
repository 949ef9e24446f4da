// A config file's text and where in it something stands.
import type { Place } from "./plan.ts";

/** A span of the text, by offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export class Source {
  readonly file: string;
  readonly text: string;
  readonly #lineStarts: number[] = [0];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) this.#lineStarts.push(at + 1);
  }

  /** Line and column of an offset; offsets outside count as the nearest end. */
  place(offset: number): Place {
    const inside = Math.min(Math.max(offset, 0), this.text.length);
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#lineStarts[middle] ?? 0) <= inside) low = middle;
      else high = middle - 1;
    }
    return { file: this.file, line: low + 1, column: inside - (this.#lineStarts[low] ?? 0) + 1 };
  }

  /** The offset of a place. */
  offset({ line, column }: Pick<Place, "line" | "column">): number {
    return Math.min((this.#lineStarts[line - 1] ?? this.text.length) + column - 1, this.text.length);
  }

  /** The first line of a span: what a caret line can underline. The end column is that of the character behind it. */
  underline({ start, end }: Span): { readonly place: Place; readonly endColumn: number } {
    const place = this.place(start);
    const from = Math.min(Math.max(start, 0), this.text.length);
    const newline = this.text.indexOf("\n", from);
    const lineEnd = newline === -1 ? this.text.length : newline;
    const shown = this.text.slice(from, Math.max(from, Math.min(end, lineEnd))).trimEnd();
    return { place, endColumn: place.column + Math.max(1, shown.length) };
  }
}
