// Rows of the audit for a spreadsheet.
import type { AuditRow } from "#kernel/audit/audit-log.ts";

const COLUMNS = ["agent", "number", "time", "who", "role", "edge", "address", "command", "subject", "outcome", "message", "params", "before", "after", "times", "firstMs", "lastMs"] as const;
/** Without it Excel reads Korean in the system's old code page. */
const BYTE_ORDER_MARK = "\uFEFF";

/** `isFirst`: with the line of the columns' names. */
export function csvOf(rows: readonly AuditRow[], isFirst: boolean): string {
  const head = isFirst ? `${BYTE_ORDER_MARK}${["id", ...COLUMNS, "hash"].join(",")}\r\n` : "";
  return head + rows.map((row) => `${lineOf(row)}\r\n`).join("");
}

function lineOf({ id, hash, ...fields }: AuditRow): string {
  return [id, ...COLUMNS.map((column) => (column === "time" ? new Date(fields.atMs).toISOString() : fields[column])), hash].map(cell).join(",");
}

function cell(value: unknown): string {
  const text = value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  // A spreadsheet runs what begins like this as a formula.
  const safe = /^[=+\-@\t\r]/.test(text) && typeof value !== "number" ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
