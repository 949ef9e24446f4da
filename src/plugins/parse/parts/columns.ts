// What the cells of a line are called: by the config, or by the first line of each source.
import type { Facts } from "#dataplane/batch.ts";
import type { Found, FieldName } from "./found.ts";
import type { HeaderStore } from "./header-store.ts";

export class Columns {
  readonly #found: Found;
  readonly #headers: HeaderStore | undefined;
  #source = "";
  #line: string | undefined;
  #names: FieldName[] | undefined;

  /** Without `names` the first line of each source gives them. */
  constructor(found: Found, names: readonly string[] | undefined, headers: HeaderStore | undefined) {
    this.#found = found;
    this.#headers = headers;
    this.#names = names?.map((name) => found.name(name));
  }

  begin(facts: Facts): void {
    if (this.#headers === undefined) return;
    this.#source = facts.source ?? "";
    const line = this.#headers.of(this.#source);
    if (line === this.#line && line !== undefined) return;
    this.#line = line;
    this.#names = undefined;
  }

  /** Whether the line names the columns: the first of its source does, and each that is the same again (a new file in its place). */
  isHeader(line: string): boolean {
    return this.#headers !== undefined && (this.#line === undefined || line === this.#line);
  }

  /** Takes the names of a header's cells. */
  take(line: string, cells: readonly string[]): void {
    // A copy: a slice would keep the whole chunk's text, for each source.
    const own = Buffer.from(line).toString();
    if (own !== this.#line) this.#headers?.remember(this.#source, own);
    this.#line = own;
    const names = new Set<string>();
    this.#names = cells.map((cell, place) => {
      // A cell without a name, or with one that is taken, goes by its place.
      const name = cell === "" || names.has(cell) ? numbered(place) : cell;
      names.add(name);
      return this.#found.name(Buffer.from(name).toString()); // A slice would keep the text, as above.
    });
  }

  /** The line of the header whose names have to be taken before lines can be parsed. */
  get pending(): string | undefined {
    return this.#names === undefined ? this.#line : undefined;
  }

  /** A cell beyond the last column keeps its value under the number of its place. */
  name(place: number): FieldName {
    return this.#names?.[place] ?? this.#found.name(numbered(place));
  }
}

function numbered(place: number): string {
  return `column_${place + 1}`;
}
