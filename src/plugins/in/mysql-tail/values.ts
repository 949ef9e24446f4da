// How a column's value stands in a record: numbers that a double holds exactly are numbers, other integers bigint, DECIMAL
// stays text (a double would change it), times are ISO 8601 with the server's offset, JSON is what it says, bytes are base64.
import type { Table } from "./table.ts";

export function recordMaker({ columns, offsetMinutes }: Table): (row: readonly unknown[], from: number) => Record<string, unknown> {
  const zone = zoneText(offsetMinutes);
  const readers = columns.map(({ name, type }) => ({ name, read: readerOf(type, zone) }));
  return (row, from) => {
    const record: Record<string, unknown> = {};
    readers.forEach(({ name, read }, index) => {
      const value = row[from + index];
      record[name] = value === null || value === undefined ? null : read(value);
    });
    return record;
  };
}

type Reader = (value: unknown) => unknown;

function readerOf(type: string, zone: string): Reader {
  switch (type) {
    case "bigint":
      return (value) => (typeof value === "string" ? BigInt(value) : value);
    case "datetime":
    case "timestamp":
      return (value) => isoTime(String(value), zone);
    case "date":
      return (value) => (String(value).startsWith("0000") ? null : value);
    case "json":
      return jsonOf;
    case "bit":
      return (value) => (Buffer.isBuffer(value) ? bitsOf(value) : value);
    default:
      return (value) => (Buffer.isBuffer(value) ? value.toString("base64") : value);
  }
}

/** `2026-11-21 10:00:00.123` to ISO 8601; MySQL's zero date is no time. */
function isoTime(text: string, zone: string): string | null {
  return text.startsWith("0000") ? null : `${text.replace(" ", "T")}${zone}`;
}

function jsonOf(value: unknown): unknown {
  const text = Buffer.isBuffer(value) ? value.toString("utf8") : value;
  if (typeof text !== "string") return value;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function bitsOf(bytes: Buffer): number | bigint {
  const value = BigInt(`0x${bytes.toString("hex")}`);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function zoneText(offsetMinutes: number): string {
  if (offsetMinutes === 0) return "Z";
  const minutes = Math.abs(offsetMinutes);
  return `${offsetMinutes < 0 ? "-" : "+"}${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}
