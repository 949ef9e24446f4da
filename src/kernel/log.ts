// The agent's own log. One record goes to the console (pretty or JSON, on stderr: stdout belongs to data) and to a file of JSON
// lines that rotates by size. A failure that repeats is said once, then counted. Secrets are taken out before anything is kept.
//
// Why not pino: a data-plane thread sends its records to the main thread by postMessage, so what is left to do is formatting a few
// records a second; pino with its destinations would cost each thread some megabytes of a 100 MB budget for speed nobody needs.
import type { JsonValue } from "#base/json.ts";
import type { Log } from "#sdk/plugin.ts";
import { ConsoleSink } from "./log-console.ts";
import type { ConsoleFormat } from "./log-console.ts";
import { FileSink } from "./log-file.ts";
import { redacted } from "./redact.ts";
import { Repetition } from "./repetition.ts";

export type Level = "debug" | "info" | "warn" | "error";

/** One fact, ready for JSON and for another thread. */
export interface LogRecord {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly level: Level;
  readonly message: string;
  readonly fields: { readonly [name: string]: JsonValue };
}

export interface LogSink {
  write(record: LogRecord): void;
  close(): void;
}

export interface AgentLog extends Log {
  /** The same log with fields that each record of it carries. */
  child(fields: Record<string, unknown>): AgentLog;
  /** Takes a record that was made elsewhere, as by `forwardingLog` in another thread. */
  write(record: LogRecord): void;
  /** Says what was only counted so far and closes the file. Harmless when repeated; later records are dropped. */
  close(): void;
}

export interface LogOptions {
  /** What the file gets. */
  readonly level: Level;
  readonly file?: { readonly path: string; readonly bytesMax: number; readonly filesMax: number } | undefined;
  readonly console?: ConsoleFormat & { readonly level: Level } | undefined;
  /** Somebody else to tell, of what is at least of that level. */
  readonly also?: { readonly level: Level; readonly sink: LogSink } | undefined;
  readonly now?: () => number;
  /** Within this time after a record, its repetitions are counted instead of said. */
  readonly repetitionMs?: number;
}

const RANK: Readonly<Record<Level, number>> = { debug: 10, info: 20, warn: 30, error: 40 };

export function createLog(options: LogOptions): AgentLog {
  const now = options.now ?? Date.now;
  const sinks: { readonly rank: number; readonly sink: LogSink }[] = [];
  if (options.console !== undefined) sinks.push({ rank: RANK[options.console.level], sink: new ConsoleSink(options.console) });
  if (options.file !== undefined) sinks.push({ rank: RANK[options.level], sink: new FileSink(options.file) });
  if (options.also !== undefined) sinks.push({ rank: RANK[options.also.level], sink: options.also.sink });
  const rankMin = Math.min(...sinks.map(({ rank }) => rank));

  const repetition = new Repetition({
    now,
    windowMs: options.repetitionMs ?? 10_000,
    say(record) {
      for (const { rank, sink } of sinks) if (rank <= RANK[record.level]) sink.write(record);
    },
  });
  let isClosed = false;
  const write = (record: LogRecord) => {
    if (!isClosed && rankMin <= RANK[record.level]) repetition.take(record);
  };
  return {
    ...speaker(write, now, {}),
    write,
    close() {
      if (isClosed) return;
      repetition.close();
      isClosed = true;
      for (const { sink } of sinks) sink.close();
    },
  };

  function speaker(write: (record: LogRecord) => void, now: () => number, base: LogRecord["fields"]): AgentLog {
    const child = (fields: Record<string, unknown>) => speaker(write, now, { ...base, ...fieldsOf(fields) });
    return { ...logTo(write, now, base), child, write, close: () => {} }; // Only the log itself closes its file.
  }
}

/** A log for another thread: its records go, redacted and plain, to `post`, at whose end `AgentLog.write` takes them. */
export function forwardingLog(post: (record: LogRecord) => void, now: () => number = Date.now): Log {
  return logTo(post, now, {});
}

function logTo(write: (record: LogRecord) => void, now: () => number, base: LogRecord["fields"]): Log {
  const at = (level: Level) => (message: string, fields?: Record<string, unknown>) =>
    write({ time: now(), level, message, fields: fields === undefined ? base : { ...base, ...fieldsOf(fields) } });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function fieldsOf(fields: Record<string, unknown>): LogRecord["fields"] {
  const plain = redacted(fields);
  return typeof plain === "object" && plain !== null && !Array.isArray(plain) ? (plain as LogRecord["fields"]) : {};
}
