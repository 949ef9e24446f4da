// A table as a file has it: columns, and rows by the value of one of them.
import { AddressMap } from "./address-map.ts";
import { readSeparated } from "./separated-values.ts";

export type Row = readonly unknown[];

export interface Table {
  readonly columns: readonly string[];
  readonly rows: number;
  find(key: string): Row | undefined;
}

export interface TableSettings {
  readonly format: "csv" | "tsv" | "json";
  /** The column that rows are found by; the first one when left out. */
  readonly column?: string | undefined;
  readonly match: "exact" | "cidr";
  /** Columns that have to be there. */
  readonly needed: readonly string[];
}

/** Throws an Error that says what is wrong with the text. Of rows with one key the last holds. */
export function readTable(text: string, { format, column, match, needed }: TableSettings): Table {
  const { columns, rows } = format === "json" ? fromJson(text) : fromSeparated(text, format);
  const at = column === undefined ? 0 : columns.indexOf(column);
  if (columns.length === 0) throw new Error("the table has no columns");
  const missing = [column ?? columns[0], ...needed].find((name) => name !== undefined && !columns.includes(name));
  if (missing !== undefined) throw new Error(`the table has no column ${JSON.stringify(missing)}; it has ${columns.map((name) => JSON.stringify(name)).join(", ")}`);
  if (match === "cidr") {
    const networks = new AddressMap<Row>();
    for (const row of rows) {
      const key = keyOf(row[at]);
      if (key !== undefined && !networks.set(key, row)) throw new Error(`${JSON.stringify(key)} is neither an address nor a network such as 10.0.0.0/8`);
    }
    return { columns, rows: rows.length, find: (key) => networks.get(key) };
  }
  const byKey = new Map<string, Row>();
  for (const row of rows) {
    const key = keyOf(row[at]);
    if (key !== undefined) byKey.set(key, row);
  }
  return { columns, rows: rows.length, find: (key) => byKey.get(key) };
}

function keyOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

function fromSeparated(text: string, format: "csv" | "tsv"): { columns: string[]; rows: Row[] } {
  const [columns = [], ...rows] = readSeparated(text, format === "csv" ? "," : "\t");
  for (const [index, row] of rows.entries()) if (row.length !== columns.length) throw new Error(`row ${index + 1} has ${row.length} values, the header ${columns.length}`);
  return { columns, rows };
}

/** A list of objects, an object of objects (by key, as column `key`), or an object of plain values (columns `key` and `value`). */
function fromJson(text: string): { columns: string[]; rows: Row[] } {
  const json: unknown = JSON.parse(text);
  if (!isObject(json) && !Array.isArray(json)) throw new Error("the table is neither a list of objects nor an object");
  const records: unknown[] = Array.isArray(json) ? json : Object.entries(json).map(([key, value]) => ({ key, ...(isObject(value) ? value : { value }) }));
  const columns: string[] = [];
  const places = new Map<string, number>();
  const rows = records.map((record, index) => {
    if (!isObject(record)) throw new Error(`item ${index + 1} of the list is no object`);
    const row: unknown[] = [];
    for (const [name, value] of Object.entries(record)) {
      let place = places.get(name);
      if (place === undefined) places.set(name, (place = columns.push(name) - 1));
      row[place] = value;
    }
    return row;
  });
  return { columns, rows };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
