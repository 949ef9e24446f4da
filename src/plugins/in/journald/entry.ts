// One entry of the journal out of journalctl's JSON. A value that is no clean text comes as a list of bytes, a field that was given
// several times as a list of values, one that is too large to be told as null.
import iconv from "iconv-lite";

export interface Entry {
  readonly record: Record<string, unknown>;
  readonly cursor: string;
  /** When the journal got it. */
  readonly timeMs: number | undefined;
}

interface EntryOptions {
  readonly isRaw: boolean;
  /** Of values that are not UTF-8. */
  readonly encoding: string;
}

/** Names that people know better than those of the journal. */
const PLAIN_NAMES = new Map([["SYSLOG_IDENTIFIER", "identifier"], ["SYSLOG_FACILITY", "facility"], ["_SYSTEMD_UNIT", "unit"], ["_SYSTEMD_USER_UNIT", "user_unit"]]);
const DEPTH_MAX = 2;
const NUMBERS = new Set(["PRIORITY", "SYSLOG_FACILITY", "_PID", "_UID", "_GID", "ERRNO", "CODE_LINE"]);

/** undefined: the line is no entry. */
export function entryOf(line: string, options: EntryOptions): Entry | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof fields !== "object" || fields === null || !("__CURSOR" in fields) || typeof fields.__CURSOR !== "string") return undefined;
  const record = new Map<string, unknown>();
  // Fields with an underscore are vouched for by the journal: where one has the same plain name as a program's own, it holds.
  const entries = Object.entries(fields).sort(([one], [other]) => Number(one.startsWith("_")) - Number(other.startsWith("_")));
  for (const [name, value] of entries) {
    if (options.isRaw) record.set(name, valueOf(value, options.encoding));
    else if (!name.startsWith("__")) record.set(PLAIN_NAMES.get(name) ?? name.replace(/^_/, "").toLowerCase(), plainValue(name, valueOf(value, options.encoding)));
  }
  const microseconds = "__REALTIME_TIMESTAMP" in fields ? Number(fields.__REALTIME_TIMESTAMP) : Number.NaN;
  return { record: Object.fromEntries(record), cursor: fields.__CURSOR, timeMs: Number.isFinite(microseconds) ? microseconds / 1000 : undefined };
}

function plainValue(name: string, value: unknown): unknown {
  return NUMBERS.has(name) && typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
}

/** Lists of values whose bytes are lists: what lies deeper is no value of the journal, and stays. */
function valueOf(value: unknown, encoding: string, depth = 0): unknown {
  if (!Array.isArray(value) || DEPTH_MAX < depth) return value;
  const isBytes = value.every((byte) => Number.isInteger(byte) && 0 <= byte && byte <= 255);
  if (!isBytes) return value.map((one) => valueOf(one, encoding, depth + 1));
  const bytes = Buffer.from(value as number[]);
  const text = bytes.toString("utf8");
  // Text with escape codes comes as bytes too, though it is UTF-8.
  return /^utf-?8$/i.test(encoding) || Buffer.from(text).equals(bytes) ? text : iconv.decode(bytes, encoding);
}
