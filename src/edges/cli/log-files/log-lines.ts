// Which lines of a log file are shown, and how.
import type { JsonValue } from "#base/json.ts";
import type { Level, LogRecord } from "#kernel/log.ts";
import { prettyLine } from "#kernel/log-console.ts";

export interface LogFilter {
  readonly sinceMs?: number;
  /** This one and those above it. */
  readonly level?: Level;
  /** Of any of these. */
  readonly pipelines?: readonly string[];
  /** In any case. */
  readonly text?: string;
  /** As `--regex` had it. */
  readonly regex?: string;
  /** What it became, for lines of a file. */
  readonly expression?: RegExp;
}

export const LEVELS: readonly Level[] = ["debug", "info", "warn", "error"];

/** What could write to a terminal by itself; a record may hold what somebody outside has sent. */
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** The record of a line, or undefined where it holds none: cut off in a crash, or written by somebody else. */
export function recordOf(line: string): LogRecord | undefined {
  try {
    const { time, level, message, ...fields } = JSON.parse(line, (_, value: JsonValue) => (typeof value === "string" ? harmless(value) : value)) as Record<string, JsonValue>;
    const known = LEVELS.find((one) => one === level);
    const timeMs = typeof time === "string" ? Date.parse(time) : Number.NaN;
    return known === undefined || typeof message !== "string" || Number.isNaN(timeMs) ? undefined : { time: timeMs, level: known, message, fields };
  } catch {
    return undefined;
  }
}

export function fits(line: string, record: LogRecord | undefined, { sinceMs, level, pipelines, text, expression }: LogFilter): boolean {
  if (expression !== undefined && !expression.test(line) && (record === undefined || !expression.test(prettyLine(record, false)))) return false;
  if (text !== undefined && !`${line}\n${record === undefined ? "" : prettyLine(record, false)}`.toLowerCase().includes(text.toLowerCase())) return false;
  if (record === undefined) return sinceMs === undefined && level === undefined && pipelines === undefined;
  if (sinceMs !== undefined && record.time < sinceMs) return false;
  if (level !== undefined && LEVELS.indexOf(record.level) < LEVELS.indexOf(level)) return false;
  return pipelines === undefined || pipelines.some((name) => record.fields["pipeline"] === name);
}

/** Lines as the console shows them; where a day begins, its date stands above. */
export function prettyPrinter(hasColor: boolean): (line: string, record: LogRecord | undefined) => string {
  let shownDay = "";
  return (line, record) => {
    if (record === undefined) return harmless(line);
    const at = new Date(record.time);
    const day = `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, "0")}-${String(at.getDate()).padStart(2, "0")}`;
    const head = day === shownDay ? "" : `${hasColor ? `\x1b[2m${day}\x1b[0m` : day}\n`;
    shownDay = day;
    return `${head}${prettyLine(record, hasColor).trimEnd()}`;
  };
}

function harmless(text: string): string {
  return text.replace(CONTROLS, "�");
}
