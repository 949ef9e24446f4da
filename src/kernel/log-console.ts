// Log records for eyes: one line each, on stderr.
import type { JsonValue } from "#base/json.ts";
import type { Level, LogRecord, LogSink } from "./log.ts";

export interface ConsoleFormat {
  readonly format: "pretty" | "json";
  readonly hasColor: boolean;
  readonly write?: (text: string) => void;
}

const LABEL: Readonly<Record<Level, string>> = { debug: "debug", info: "info ", warn: "WARN ", error: "ERROR" };
const COLOR: Readonly<Record<Level, string>> = { debug: "\x1b[2m", info: "\x1b[36m", warn: "\x1b[33m", error: "\x1b[31m" };
const RESET = "\x1b[0m";
const DIM = "\x1b[2m";

export class ConsoleSink implements LogSink {
  readonly #format: ConsoleFormat;
  readonly #write: (text: string) => void;
  constructor(format: ConsoleFormat) {
    this.#format = format;
    this.#write = format.write ?? ((text) => void process.stderr.write(text));
  }
  write(record: LogRecord): void {
    this.#write(this.#format.format === "json" ? jsonLine(record) : prettyLine(record, this.#format.hasColor));
  }
  close(): void {}
}

function jsonLine({ time, level, message, fields }: LogRecord): string {
  return `${JSON.stringify({ time: new Date(time).toISOString(), level, message, ...fields })}\n`;
}

/** `21:03:11.204 WARN  web-logs 3  batch refused  attempt=2 error="connect ECONNREFUSED"` */
export function prettyLine({ time, level, message, fields }: LogRecord, hasColor: boolean): string {
  const paint = (color: string, text: string) => (hasColor ? `${color}${text}${RESET}` : text);
  const { pipeline, step, ...rest } = fields;
  const where = pipeline === undefined ? "" : `${plain(pipeline)}${step === undefined ? "" : ` ${plain(step)}`}  `;
  const said = Object.entries(rest).map(([name, value]) => `${paint(DIM, `${visible(name)}=`)}${visible(shown(value))}`);
  return `${paint(DIM, clockTime(time))} ${paint(COLOR[level], LABEL[level])} ${paint(DIM, visible(where))}${visible(message)}${said.length === 0 ? "" : `  ${said.join(" ")}`}\n`;
}

/** A peer's words may stand in a log: what steers a terminal is written out, as `\\x1b`. */
function visible(text: string): string {
  return text.replaceAll(/[\x00-\x1f\x7f-\x9f]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function shown(value: JsonValue): string {
  if (typeof value === "string") return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  // An error reads best as its message; the whole of it is in the file.
  if (typeof value === "object" && value !== null && !Array.isArray(value) && "message" in value) return JSON.stringify(causes(value));
  return JSON.stringify(value);
}

function causes(error: { readonly [key: string]: JsonValue }): string {
  const { message, cause, hint } = error;
  const isCause = typeof cause === "object" && cause !== null && !Array.isArray(cause);
  // Many messages say their cause already.
  const isSaid = isCause && String(message).includes(String((cause as { message?: JsonValue }).message));
  const deeper = isCause && !isSaid ? `: ${causes(cause as { readonly [key: string]: JsonValue })}` : "";
  return `${plain(message ?? "")}${deeper}${typeof hint === "string" ? ` (${hint})` : ""}`;
}

function plain(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function clockTime(time: number): string {
  const at = new Date(time);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}
