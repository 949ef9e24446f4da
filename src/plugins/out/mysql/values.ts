// A value of a record as it stands in a statement. Text is escaped for the sql_mode that the session sets (see session.ts).
import { bigintAsNumber } from "#base/json.ts";
import { escape } from "mysql2/promise";
import type { Column } from "./table.ts";

const ZONED_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/i;

/** Gives minutes east of UTC for the times of DATETIME columns. */
export type OffsetAt = (seconds: number) => number;

export function literal(value: unknown, column: Column, offsetAt: OffsetAt): string {
  switch (typeof value) {
    case "undefined":
      return "DEFAULT";
    case "number":
      return Number.isFinite(value) ? String(value) : "NULL";
    case "bigint":
      return String(value);
    case "boolean":
      return value ? "1" : "0";
    case "string":
      return hasTime(column) && ZONED_TIME.test(value) ? timeLiteral(Date.parse(value.replace(" ", "T")), column, offsetAt) : escape(value);
    case "object":
      if (value === null) return "NULL";
      if (value instanceof Date) return hasTime(column) ? timeLiteral(value.getTime(), column, offsetAt) : Number.isNaN(value.getTime()) ? "NULL" : escape(value.toISOString());
      return escape(JSON.stringify(value, bigintAsNumber));
    default:
      return "NULL";
  }
}

/** A time as the column keeps it: TIMESTAMP by the session, which is in UTC; DATETIME in the zone that is asked for. */
export function timeLiteral(ms: number, column: Column, offsetAt: OffsetAt): string {
  if (!Number.isFinite(ms)) return "NULL";
  const wholeMs = Math.floor(ms);
  const offsetMinutes = column.type === "timestamp" ? 0 : offsetAt(Math.floor(ms / 1000));
  const local = new Date(wholeMs + offsetMinutes * 60_000);
  if (Number.isNaN(local.getTime())) return "NULL";
  // Cut, as clocks do: the server would round 23:59:59.9 up into the next day.
  const micros = `${local.toISOString().replace("T", " ").replace("Z", "")}${String(Math.floor((ms - wholeMs) * 1000)).padStart(3, "0")}`;
  const digits = hasTime(column) ? column.digits : 6;
  return escape(digits === 0 ? micros.slice(0, -7) : micros.slice(0, micros.length - 6 + digits));
}

function hasTime({ type }: Column): boolean {
  return type === "datetime" || type === "timestamp";
}
