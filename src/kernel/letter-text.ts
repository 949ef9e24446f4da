// A dead letter as text and back: a line of JSON for each record, with its time and tag. Lines that nobody touched keep the bytes they had.
import { bigintAsNumber } from "#base/json.ts";
import { jsonFaultAt } from "#base/json-fault.ts";
import type { Text } from "#base/lang.ts";
import type { Batch } from "#dataplane/batch.ts";
import { batchOfRows, datedRows } from "#dataplane/dated-rows.ts";
import type { DatedRow } from "#dataplane/dated-rows.ts";

const KEYS = ["time", "tag", "record"];
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;
const SECONDS_MAX = 0xffff_ffff;

/** A line that is no record, and where in it; both count from 1. */
export class LineFault extends Error {
  override readonly name = "LineFault";
  readonly line: number;
  readonly column: number;
  readonly text: Text;
  constructor(line: number, column: number, text: Text) {
    super(`${line}:${column} ${text.en}`);
    this.line = line;
    this.column = column;
    this.text = text;
  }
}

/** The records of a letter's batch, a line of JSON each. */
export function linesOfBatch(batch: Batch): string[] {
  return datedRows(batch).map((row) => lineOf(row, batch.tag));
}

/** A batch of what the text says; `batch` is what it was before, and is left alone. undefined when no record is left. Throws LineFault. */
export function batchOfText(batch: Batch, text: string): Batch | undefined {
  const before = new Map(datedRows(batch).map((row) => [lineOf(row, batch.tag), row]));
  const rows: DatedRow[] = [];
  for (const [index, line] of text.replace(/^\uFEFF/, "").split(/\r?\n/).entries()) {
    if (line.trim() !== "") rows.push(before.get(line) ?? rowOf(line, index + 1, batch));
  }
  return rows.length === 0 ? undefined : batchOfRows(batch, rows);
}

/** The time of a record, as exact as it is: `2026-01-31T09:00:00.000Z`. */
export function timeText({ seconds, nanoseconds }: Pick<DatedRow, "seconds" | "nanoseconds">): string {
  const fraction = String(nanoseconds).padStart(9, "0");
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${nanoseconds % 1e6 === 0 ? fraction.slice(0, 3) : fraction}Z`;
}

/** undefined: it is none. */
export function timeOfText(text: string): Pick<DatedRow, "seconds" | "nanoseconds"> | undefined {
  const [, date = "", fraction = "", zone = ""] = TIME.exec(text) ?? [];
  const seconds = Date.parse(`${date}${zone}`) / 1000;
  return 0 <= seconds && seconds <= SECONDS_MAX ? { seconds, nanoseconds: Number(fraction.padEnd(9, "0")) } : undefined;
}

function lineOf(row: DatedRow, tag: string): string {
  return JSON.stringify({ time: timeText(row), tag, record: row.record }, bigintAsNumber);
}

function rowOf(line: string, number: number, { facts }: Batch): DatedRow {
  const content = parsed(line, number);
  if (!isObject(content)) throw new LineFault(number, 1, { en: "each line is a JSON object", ko: "각 라인은 JSON 객체여야 합니다" });
  const unknown = Object.keys(content).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw fault(line, number, unknown, { en: `\`${unknown}\` is none of time, tag, record; fields belong inside record`, ko: `\`${unknown}\`: time, tag, record만 쓸 수 있습니다. 필드는 record 안에 두세요` });
  const { time, tag = facts.tag, record } = content;
  if (!isObject(record)) throw fault(line, number, "record", { en: "`record` is a JSON object", ko: "`record`는 JSON 객체여야 합니다" });
  if (tag !== facts.tag) throw fault(line, number, "tag", { en: `the tag of this letter is ${facts.tag} and cannot be changed`, ko: `이 데드레터의 태그는 ${facts.tag}이며 바꿀 수 없습니다` });
  if (time === undefined) return { seconds: facts.seconds, nanoseconds: facts.nanoseconds, record };
  const when = timeOfText(String(time));
  if (when === undefined) throw fault(line, number, "time", { en: "`time` is a time such as 2026-01-31T09:00:00.000Z", ko: "`time`은 2026-01-31T09:00:00.000Z 같은 시각입니다" });
  return { ...when, record };
}

function parsed(line: string, number: number): unknown {
  try {
    return JSON.parse(line, exactInteger as (key: string, value: unknown) => unknown);
  } catch {
    throw new LineFault(number, (jsonFaultAt(line) ?? 0) + 1, { en: "not JSON from here on", ko: "여기부터 JSON이 아닙니다" });
  }
}

/** The place of a key of ours in the line, or the line's beginning. */
function fault(line: string, number: number, key: string, text: Text): LineFault {
  return new LineFault(number, line.indexOf(JSON.stringify(key)) + 1 || 1, text);
}

/** Integers beyond 2^53 come back as they were written. */
function exactInteger(_key: string, value: unknown, { source }: { readonly source?: string } = {}): unknown {
  return typeof value === "number" && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
