// Cells apart by a delimiter, as in RFC 4180: a cell that begins with a quote ends with one, and a doubled quote inside stands for one.
import type { Columns } from "../parts/columns.ts";
import type { Found } from "../parts/found.ts";
import type { TextFormat } from "../parts/text-parser.ts";

export interface CsvSettings {
  readonly delimiter: string;
  /** "" for none. */
  readonly quote: string;
}

export function csvFormat(found: Found, columns: Columns, { delimiter, quote }: CsvSettings): TextFormat {
  const step = delimiter.length;

  /** Gives each cell to `take`; false when the quotes do not fit. */
  function cells(text: string, take: (place: number, cell: string) => void): boolean {
    let place = 0;
    let nextQuote = quote === "" ? -1 : text.indexOf(quote);
    for (let at = 0, end = 0; ; at = end + step, place += 1) {
      // Not looked for again before it is passed, or a long line would be read over and over.
      if (nextQuote !== -1 && nextQuote < at) nextQuote = text.indexOf(quote, at);
      if (nextQuote !== at) {
        end = text.indexOf(delimiter, at);
        take(place, end === -1 ? text.slice(at) : text.slice(at, end));
        if (end === -1) return true;
        continue;
      }
      let close = text.indexOf(quote, at + 1);
      let isDoubled = false;
      while (close !== -1 && text.startsWith(quote, close + 1)) {
        isDoubled = true;
        close = text.indexOf(quote, close + 2);
      }
      if (close === -1) return false;
      const cell = text.slice(at + 1, close);
      take(place, isDoubled ? cell.replaceAll(quote + quote, () => quote) : cell);
      end = close + 1;
      if (end === text.length) return true;
      if (!text.startsWith(delimiter, end)) return false;
    }
  }

  function takeHeader(line: string): boolean {
    const names: string[] = [];
    // Some editors put a mark before a file's first line.
    if (!cells(line.replace(/^\ufeff/, ""), (_, cell) => void names.push(cell))) return false;
    columns.take(line, names);
    return true;
  }

  const addCell = (place: number, cell: string): void => found.add(columns.name(place), cell);

  return {
    begin(facts) {
      columns.begin(facts);
      if (columns.pending !== undefined) takeHeader(columns.pending);
    },
    parse(text) {
      if (text === "") return false;
      if (columns.isHeader(text)) return takeHeader(text) && "nothing";
      return cells(text, addCell);
    },
  };
}
