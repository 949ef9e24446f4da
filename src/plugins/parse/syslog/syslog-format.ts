// Syslog as it is met: RFC 5424 where a version follows the priority, RFC 3164 otherwise, with the priority (from the network) or
// without it (from files), with times of either kind, and with or without a host.
import type { FieldName, Found } from "../parts/found.ts";
import type { TextFormat } from "../parts/text-parser.ts";
import { StructuredData } from "./structured-data.ts";

/** The words of Fluentd's in_syslog. */
const SEVERITIES = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"];
const FACILITIES = ["kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "at", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"];
const PRIORITY_MAX = 191;

export const SYSLOG_TIME_KEY = "time";

export function syslogFormat(found: Found): TextFormat {
  const [pri, facility, facilityCode, severity, severityCode] = (["pri", "facility", "facility_code", "severity", "severity_code"] as const).map((name) => found.name(name)) as [FieldName, FieldName, FieldName, FieldName, FieldName];
  const [time, host, ident, pid, msgid, extradata, message] = ([SYSLOG_TIME_KEY, "host", "ident", "pid", "msgid", "extradata", "message"] as const).map((name) => found.name(name)) as [FieldName, FieldName, FieldName, FieldName, FieldName, FieldName, FieldName];
  const heads5424 = [time, host, ident, pid, msgid];
  const data = new StructuredData();

  function addPriority(code: number): void {
    found.add(pri, code);
    found.add(facility, FACILITIES[code >>> 3]);
    found.add(facilityCode, code >>> 3);
    found.add(severity, SEVERITIES[code & 7]);
    found.add(severityCode, code & 7);
  }

  /** What is behind the version. */
  function parse5424(text: string, from: number): boolean {
    let at = from;
    for (const name of heads5424) {
      const end = text.indexOf(" ", at);
      if (end <= at) return false;
      if (end - at !== 1 || text[at] !== "-") found.add(name, text.slice(at, end));
      at = end + 1;
    }
    if (text[at] === "-") at += 1;
    else {
      at = data.read(text, at);
      if (at === -1) return false;
      found.add(extradata, data.elements);
    }
    if (at === text.length) return true;
    if (text[at] !== " ") return false;
    // The mark says that the message is UTF-8.
    at += text.charCodeAt(at + 1) === 0xfeff ? 2 : 1;
    found.add(message, text.slice(at));
    return true;
  }

  /** What is behind the priority; false when it does not begin with a time. */
  function parse3164(text: string, from: number): boolean {
    const timeEnd = endOfTime(text, from);
    if (timeEnd === -1) return false;
    found.add(time, text.slice(from, timeEnd));
    let at = timeEnd + 1;
    const hostEnd = text.indexOf(" ", at);
    // A local logger leaves the host out: what is there then looks like `ident[pid]:`.
    if (hostEnd !== -1 && text[hostEnd - 1] !== ":") {
      if (at < hostEnd) found.add(host, text.slice(at, hostEnd));
      at = hostEnd + 1;
    }
    found.add(message, text.slice(addIdent(text, at)));
    return true;
  }

  /** Adds `ident[pid]:` if it stands there; returns where the message begins. */
  function addIdent(text: string, from: number): number {
    const colon = text.indexOf(":", from);
    if (colon <= from) return from;
    const space = text.indexOf(" ", from);
    if (space !== -1 && space < colon) return from;
    let end = colon;
    if (text[colon - 1] === "]") {
      const bracket = text.indexOf("[", from);
      if (from < bracket && bracket < colon) {
        end = bracket;
        found.add(ident, text.slice(from, end));
        if (bracket + 1 < colon - 1) found.add(pid, text.slice(bracket + 1, colon - 1));
      }
    }
    if (end === colon) found.add(ident, text.slice(from, colon));
    let at = colon + 1;
    while (text[at] === " ") at += 1;
    return at;
  }

  return {
    parse(text) {
      const behind = text[0] === "<" ? text.indexOf(">") : -1;
      const code = 1 < behind && behind < 5 ? digits(text, 1, behind) : -1;
      if (code === -1 || PRIORITY_MAX < code) return parse3164(text, 0);
      addPriority(code);
      const space = text.indexOf(" ", behind);
      if (0 < digits(text, behind + 1, space)) return parse5424(text, space + 1);
      // RFC 3164, 4.3.3: what has a priority and no time is a message all the same.
      if (!parse3164(text, behind + 1)) found.add(message, text.slice(behind + 1));
      return true;
    },
  };
}

/** Where `Oct 10 22:14:15` or `2026-10-10T22:14:15.003Z` ends, which a space has to follow; -1 when there is none. */
function endOfTime(text: string, from: number): number {
  if (text[from + 4] === "-" && text[from + 7] === "-" && text[from + 13] === ":") return text.indexOf(" ", from);
  if (text[from + 3] !== " ") return -1;
  const day = text[from + 4] === " " ? from + 5 : from + 4;
  const clock = text.indexOf(" ", day) + 1;
  if (clock === 0 || text[clock + 2] !== ":" || text[clock + 5] !== ":") return -1;
  return text.indexOf(" ", clock);
}

/** The number that one to three digits write; -1 for anything else. */
function digits(text: string, from: number, to: number): number {
  if (to <= from || from + 3 < to) return -1;
  let number = 0;
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (!(0 <= digit && digit <= 9)) return -1;
    number = number * 10 + digit;
  }
  return number;
}
