// The rows of a batch as they stand behind VALUES, and the statements around them.
import { escapeId } from "mysql2/promise";
import type { Batch } from "#dataplane/batch.ts";
import { readExpression } from "#sdk/expression.ts";
import type { MysqlOptions } from "../mysql.ts";
import type { Column, Table } from "./table.ts";
import { literal, timeLiteral } from "./values.ts";
import type { OffsetAt } from "./values.ts";

export interface Row {
  /** Its place in the batch. */
  readonly place: number;
  /** `(1, 'a')` */
  readonly text: string;
  readonly bytes: number;
  /** Its values could not be made: the expression's error. */
  readonly error?: Error;
}

export interface Rows {
  readonly rows: readonly Row[];
  /** `INSERT INTO … VALUES ` */
  readonly head: string;
  readonly tail: string;
}

type Reader = (row: number) => unknown;

/** Makes rows of batches for one table. */
export function rowMaker(given: MysqlOptions, offsetAt: OffsetAt): (batch: Batch, table: Table) => Rows {
  const { columns: wanted } = given;
  const expressions = wanted === undefined || Array.isArray(wanted) ? undefined : new Map(Object.entries(wanted).map(([name, source]) => [name.toLowerCase(), readExpression(source)]));
  return (batch, table) => {
    const readers = table.columns.map((column): [Column, Reader] => {
      const bound = expressions?.get(column.name.toLowerCase())?.bind(batch);
      if (bound !== undefined) return [column, bound];
      const field = (Array.isArray(wanted) ? wanted.find((name) => name.toLowerCase() === column.name.toLowerCase()) : undefined) ?? column.name;
      const reader = batch.column(field);
      return [column, (row) => reader.get(row)];
    });
    const kept = Array.from({ length: batch.rows }, (_, row) => row).filter((row) => batch.isKept(row));
    // Without `columns` those that no record has are left to the server.
    const used = wanted === undefined ? readers.filter(([, read]) => kept.some((row) => read(row) !== undefined)) : readers;
    const { time } = table;
    const rows = kept.map((place): Row => {
      try {
        const values = used.map(([column, read]) => literal(read(place), column, offsetAt));
        if (time !== undefined) values.push(timeLiteral(batch.timeMs(place), time, offsetAt));
        const text = `(${values.join(",")})`;
        return { place, text, bytes: Buffer.byteLength(text) };
      } catch (error) {
        return { place, text: "", bytes: 0, error: error instanceof Error ? error : new Error(String(error)) };
      }
    });
    return { rows, ...around(given, table.name, [...used.map(([column]) => column), ...(time === undefined ? [] : [time])]) };
  };
}

function around({ db, mode }: MysqlOptions, table: string, columns: readonly Column[]): { head: string; tail: string } {
  const names = columns.map(({ name }) => escapeId(name, true));
  const head = `${mode === "replace" ? "REPLACE" : "INSERT"} INTO ${escapeId(db, true)}.${escapeId(table, true)} (${names.join(",")}) VALUES `;
  const [first] = names;
  if (first === undefined || mode === "insert" || mode === "replace") return { head, tail: "" };
  // INSERT IGNORE would also cut values that are too long: the old row is set to itself instead.
  const set = mode === "ignore" ? `${first}=${escapeId(table, true)}.${first}` : names.map((name) => `${name}=VALUES(${name})`).join(",");
  return { head, tail: ` ON DUPLICATE KEY UPDATE ${set}` };
}
