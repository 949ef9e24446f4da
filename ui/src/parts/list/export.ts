// A list as a file: what is filtered, in its order, with all columns.
import type { Cell, Column } from "./list.tsx";

export function exportRows<Row>(format: "csv" | "json", name: string, rows: readonly Row[], columns: readonly Column<Row>[]): void {
  const text = format === "csv" ? csvOf(rows, columns) : jsonOf(rows, columns);
  saveFile(`${name}.${format}`, text, format === "csv" ? "text/csv" : "application/json");
}

/** Without the mark at its beginning Excel takes UTF-8 for the system's code page, and Korean is lost. */
export function csvOf<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const lines = [columns.map(({ id }) => quoted(id)), ...rows.map((row) => columns.map(({ value }) => quoted(value(row))))];
  return `\uFEFF${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
}

export function jsonOf<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  return `${JSON.stringify(rows.map((row) => Object.fromEntries(columns.map(({ id, value }) => [id, value(row)]))), null, 2)}\n`;
}

/** A cell that begins like a formula would be run by a spreadsheet: what peers sent must not be. */
function quoted(value: Cell): string {
  if (typeof value === "number") return String(value);
  const text = String(value ?? "");
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function saveFile(name: string, content: string | Uint8Array<ArrayBuffer>, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
