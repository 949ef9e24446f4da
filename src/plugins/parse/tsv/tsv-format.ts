// Cells apart by tabs, without quotes. \t, \n, \r and \\ in a cell stand for what cannot be written there (Linear TSV); what is
// escaped otherwise stays as it is, and so does \N, which databases write for nothing.
import type { Columns } from "../parts/columns.ts";
import type { TextFormat } from "../parts/text-parser.ts";

const ESCAPES: Readonly<Record<string, string>> = { "\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\" };

export function tsvFormat(columns: Columns): TextFormat {
  function takeHeader(line: string): void {
    // Some editors put a mark before a file's first line.
    columns.take(line, line.replace(/^\ufeff/, "").split("\t").map((cell) => unescaped(cell)));
  }
  return {
    begin(facts) {
      columns.begin(facts);
      if (columns.pending !== undefined) takeHeader(columns.pending);
    },
    parse(text, found) {
      if (text === "") return false;
      if (columns.isHeader(text)) {
        takeHeader(text);
        return "nothing";
      }
      const hasEscapes = text.includes("\\");
      for (let at = 0, place = 0; ; place += 1) {
        const end = text.indexOf("\t", at);
        const cell = end === -1 ? text.slice(at) : text.slice(at, end);
        found.add(columns.name(place), hasEscapes ? unescaped(cell) : cell);
        if (end === -1) return true;
        at = end + 1;
      }
    },
  };
}

function unescaped(cell: string): string {
  return cell.includes("\\") ? cell.replace(/\\[tnr\\]/g, (found) => ESCAPES[found] ?? found) : cell;
}
