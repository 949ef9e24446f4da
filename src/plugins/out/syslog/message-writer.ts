// Records to syslog messages. Lines that nobody parsed all get the same header; of a record each field of the header may come from a key.
import type { Batch } from "#dataplane/batch.ts";
import { LINE_KEY } from "#dataplane/line-key.ts";
import { zoneOffsets } from "../parts/time-style.ts";
import { facilityOf, headerWord, severityOf } from "./codes.ts";

export interface Header {
  readonly format: "rfc5424" | "rfc3164";
  readonly severity: number;
  readonly facility: number;
  readonly host: string;
  readonly ident: string;
  readonly timeZone: string;
  readonly keys: Readonly<Record<"severity" | "facility" | "host" | "ident" | "pid" | "msgid" | "message", string>>;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

interface Words {
  readonly severity: number;
  readonly facility: number;
  readonly host: string;
  readonly ident: string;
  readonly pid: string;
  readonly msgid: string;
}

export class MessageWriter {
  readonly #header: Header;
  readonly #offsetAt: (seconds: number) => number;
  /** The last second written, and its text. */
  #second = Number.NaN;
  #secondText = "";
  #zoneText = "";

  constructor(header: Header) {
    this.#header = header;
    this.#offsetAt = zoneOffsets(header.timeZone);
  }

  /** What stands in front of each line of a batch of lines. */
  prefix(batch: Batch): Buffer {
    const { severity, facility, host, ident } = this.#header;
    return Buffer.from(this.#headerOf({ severity, facility, host: headerWord(host, 255), ident: headerWord(ident, 48), pid: "-", msgid: "-" }, batch.facts.seconds * 1000 + batch.facts.nanoseconds / 1e6));
  }

  /** The messages of the records that are still in. */
  messages(batch: Batch): string[] {
    const { keys, severity, facility, host, ident } = this.#header;
    const column = (name: string) => (name === "" ? { get: () => undefined } : batch.column(name));
    const [severities, facilities, hosts, idents, pids, ids, texts] = [column(keys.severity), column(keys.facility), column(keys.host), column(keys.ident), column(keys.pid), column(keys.msgid), column(keys.message)];
    const lines = batch.form === "fields" ? batch.column(LINE_KEY) : undefined;
    const messages: string[] = [];
    for (let row = 0; row < batch.rows; row += 1) {
      if (!batch.isKept(row)) continue;
      const words = {
        severity: severityOf(severities.get(row)) ?? severity,
        facility: facilityOf(facilities.get(row)) ?? facility,
        host: headerWord(hosts.get(row) ?? host, 255),
        ident: headerWord(idents.get(row) ?? ident, 48),
        pid: headerWord(pids.get(row), 128),
        msgid: headerWord(ids.get(row), 32),
      };
      const text = texts.get(row) ?? lines?.get(row);
      messages.push(this.#headerOf(words, batch.timeMs(row)) + (typeof text === "string" ? text : JSON.stringify(text ?? batch.record(row), bigintAsText)));
    }
    return messages;
  }

  #headerOf({ severity, facility, host, ident, pid, msgid }: Words, timeMs: number): string {
    const priority = facility * 8 + severity;
    if (this.#header.format === "rfc5424") return `<${priority}>1 ${this.#time(timeMs)} ${host} ${ident} ${pid} ${msgid} - `;
    // A tag ends at its colon.
    return `<${priority}>${this.#time(timeMs)} ${host} ${ident.replaceAll(/[:[\]]/g, "_").slice(0, 32)}${pid === "-" ? "" : `[${pid}]`}: `;
  }

  #time(ms: number): string {
    const second = Math.floor(ms / 1000);
    if (second !== this.#second) {
      this.#second = second;
      const offsetMinutes = this.#offsetAt(second);
      const wall = new Date((second + offsetMinutes * 60) * 1000);
      const iso = wall.toISOString().slice(0, 19);
      this.#secondText = this.#header.format === "rfc5424" ? iso : `${MONTHS[wall.getUTCMonth()]} ${String(wall.getUTCDate()).padStart(2)} ${iso.slice(11)}`;
      this.#zoneText = zoneText(offsetMinutes);
    }
    if (this.#header.format === "rfc3164") return this.#secondText;
    const micros = Math.min(999_999, Math.round((ms - second * 1000) * 1000));
    return `${this.#secondText}.${String(micros).padStart(6, "0")}${this.#zoneText}`;
  }
}

function zoneText(offsetMinutes: number): string {
  if (offsetMinutes === 0) return "Z";
  const minutes = Math.abs(offsetMinutes);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${offsetMinutes < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
