// What wevtutil means by the code it ends with (the system's own numbers), and what an operator can do about it.
import { isUtf8 } from "node:buffer";
import iconv from "iconv-lite";
import { AppError } from "#base/errors.ts";
import { howItEnded } from "../parts/child.ts";
import type { ChildEnd } from "../parts/child.ts";

export class EventLogError extends AppError {
  override readonly name = "EventLogError";
  readonly code = "EVENT_LOG";
}

/** From winerror.h. Other systems cut the code to a byte, which none of these is mistaken for. */
const MEANINGS: Readonly<Record<number, readonly [what: string, hint: string]>> = {
  2: ["there is no such log", "See the names with `wevtutil el`."],
  5: ["this user may not read the log", "Run the agent as an administrator, or make its user a member of the group Event Log Readers."],
  87: ["wevtutil did not understand how it was called", "Check `channel`, `where` and `locale`."],
  1717: ["the service Windows Event Log does not run", "Start it: `sc start eventlog`."],
  1722: ["the service Windows Event Log does not answer", "Start it: `sc start eventlog`."],
  15000: ["the name of the log is not a valid one", "See the names with `wevtutil el`."],
  15001: ["`where` is not a condition that wevtutil takes", "Write it as XPath: `Level<=3`."],
  15007: ["there is no such log", "See the names with `wevtutil el`."],
};

/** A failed question: what it means where the code is known, and always where to see more. */
export function failureOf(end: ChildEnd, channel: string): EventLogError {
  const how = `wevtutil ${end.error === undefined ? "ended " : ""}${howItEnded(end)}`;
  if (end.error !== undefined) return new EventLogError(how, { hint: "Windows event logs are there on Windows only; wevtutil.exe must be on the PATH of the agent." });
  const [what, hint] = MEANINGS[end.code ?? 0] ?? [];
  return new EventLogError(what === undefined ? how : `${what} (${how})`, { hint: hint ?? `Try it by hand: wevtutil qe "${channel}" /c:1` });
}

/** Each byte of the line a character. The system's messages come in the code page of the console, on Korean systems 949. */
export function messageFrom(line: string): string {
  const bytes = Buffer.from(line, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : iconv.decode(bytes, "cp949");
}
