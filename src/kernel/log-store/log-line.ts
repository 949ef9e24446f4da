// A line of the agent's log with its number, and as it lies in the store.
import { jsonMap } from "#base/json.ts";
import { composed } from "#base/text.ts";
import type { SqlValue } from "#sdk/store.ts";
import type { Level, LogRecord } from "../log.ts";

export interface LogLine {
  /** Grows; none comes twice: a permalink. */
  readonly id: number;
  readonly atMs: number;
  readonly level: Level;
  readonly message: string;
  readonly fields: LogRecord["fields"];
}

/** Which lines are wanted. */
export interface LogFilter {
  /** Anywhere in the message or a field, whatever the case. */
  readonly text?: string | undefined;
  /** At least so important. */
  readonly level?: Level | undefined;
  readonly pipeline?: string | undefined;
  /** The step of the pipeline that said it, as `2:parse.Json`. */
  readonly step?: string | undefined;
  /** A regular expression that the message or the fields, as JSON, have somewhere, whatever the case. */
  readonly regex?: string | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

export const levelNumber: Readonly<Record<Level, number>> = { debug: 10, info: 20, warn: 30, error: 40 };
export const LINE_COLUMNS = ["agent", "id", "at_ms", "level", "pipeline", "message", "fields"] as const;

const MESSAGE_LENGTH_MAX = 8192;
const FIELDS_LENGTH_MAX = 32_768;
const PIPELINE_LENGTH_MAX = 200;

export interface LineRow {
  readonly id: number;
  readonly at_ms: number;
  readonly level: number;
  readonly message: string;
  readonly fields: string;
}

export function rowOf({ id, atMs, level, message, fields }: LogLine, agent: string): SqlValue[] {
  const pipeline = pipelineOf(fields);
  const text = composed(JSON.stringify(fields));
  const kept = text.length <= FIELDS_LENGTH_MAX ? text : JSON.stringify({ ...(pipeline === undefined ? {} : { pipeline }), cut: `${text.length} characters of fields` });
  return [agent, id, atMs, levelNumber[level], pipeline?.slice(0, PIPELINE_LENGTH_MAX) ?? null, composed(message.slice(0, MESSAGE_LENGTH_MAX)), kept];
}

/** What comes from the store may have been written by another hand. */
export function lineOf({ id, at_ms: atMs, level, message, fields }: LineRow): LogLine {
  const name = (Object.keys(levelNumber) as Level[]).find((each) => levelNumber[each] === level) ?? "info";
  return { id, atMs, level: name, message, fields: jsonMap(fields) };
}

/** The filter as the store applies it, for lines that come by; but for `regex`. */
export function lineFitting({ text, level, pipeline, step, fromMs = -Infinity, toMs = Infinity }: LogFilter): (line: LogLine) => boolean {
  const words = text === undefined ? undefined : composed(text).toLowerCase();
  const inJson = words === undefined ? undefined : JSON.stringify(words).slice(1, -1);
  return (line) =>
    (level === undefined || levelNumber[level] <= levelNumber[line.level]) &&
    (pipeline === undefined || pipelineOf(line.fields) === pipeline) &&
    (step === undefined || line.fields["step"] === step) &&
    fromMs <= line.atMs &&
    line.atMs <= toMs &&
    (words === undefined || inJson === undefined || composed(line.message).toLowerCase().includes(words) || composed(JSON.stringify(line.fields)).toLowerCase().includes(inJson));
}

function pipelineOf(fields: LogLine["fields"]): string | undefined {
  const { pipeline } = fields;
  return typeof pipeline === "string" ? pipeline : undefined;
}
