// Tables of 100 columns, as EventFlow printed them: narrow columns as wide as they need, the rest shares what is left, and what is longer goes on in the
// next line. Hangul takes two cells.
import { cellsOf, printable } from "#kernel/config/cells.ts";
import type { OldRow } from "./old-answers.ts";

export const WIDTH = 100;
const GAP = 2;
const LEAST = 8;

export function oldTable(columns: readonly string[], rows: readonly OldRow[]): string[] {
  const cells = rows.map((row) => columns.map((column) => shown(row[column] ?? "")));
  const widths = columnWidths(columns.map((column, index) => Math.max(column.length, ...widest(cells, index))));
  const line = (row: readonly string[]): string[] => {
    const parts = row.map((cell, index) => cut(cell, widths[index] ?? LEAST));
    const height = Math.max(...parts.map((part) => part.length));
    return Array.from({ length: height }, (_, at) => parts.map((part, index) => padded(part[at] ?? "", widths[index] ?? LEAST)).join(" ".repeat(GAP)).trimEnd());
  };
  return ["=".repeat(WIDTH), ...line(columns), "-".repeat(WIDTH), ...cells.flatMap(line), "=".repeat(WIDTH)];
}

/** One number: thousands of rows are too many arguments for Math.max. */
function widest(cells: readonly (readonly string[])[], index: number): number[] {
  return [cells.reduce((most, row) => Math.max(most, Math.min(WIDTH, widthOf((row[index] ?? "").slice(0, WIDTH)))), 0)];
}

/** As wide as they would be; what is too much is taken from the widest. */
function columnWidths(wanted: readonly number[]): number[] {
  const widths = [...wanted];
  const room = WIDTH - GAP * (wanted.length - 1);
  for (let sum = widths.reduce((a, b) => a + b, 0); room < sum; sum -= 1) {
    const most = widths.indexOf(Math.max(...widths));
    widths[most] = (widths[most] ?? 1) - 1;
  }
  return widths;
}

function cut(text: string, width: number): string[] {
  if (text.length <= width && isPlain(text)) return [text];
  const parts: string[] = [];
  let part = "";
  let cells = 0;
  for (const character of text) {
    const own = cellsOf(character);
    if (width < cells + own && part !== "") {
      parts.push(part);
      part = "";
      cells = 0;
    }
    part += character;
    cells += own;
  }
  return [...parts, part];
}

function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** Nearly all that is shown; looking at each of its letters would take most of the time that a table takes. */
function isPlain(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

function shown(text: string): string {
  return isPlain(text) ? text : printable(text);
}

function widthOf(text: string): number {
  return isPlain(text) ? text.length : cellsOf(text);
}
