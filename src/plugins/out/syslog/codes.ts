// The words of syslog: numbers and names of facilities and severities (RFC 5424, 6.2.1), and what a header may hold.

const SEVERITIES: readonly (readonly string[])[] = [["emerg", "emergency", "panic"], ["alert"], ["crit", "critical", "fatal"], ["err", "error"], ["warning", "warn"], ["notice"], ["info", "informational"], ["debug", "trace"]];
const FACILITIES: readonly (readonly string[])[] = [["kern"], ["user"], ["mail"], ["daemon"], ["auth"], ["syslog"], ["lpr"], ["news"], ["uucp"], ["cron"], ["authpriv"], ["ftp"], ["ntp"], ["audit", "security"], ["console"], ["solaris-cron", "clock"], ...Array.from({ length: 8 }, (_, number) => [`local${number}`])];

const numbered = (names: readonly (readonly string[])[]): ReadonlyMap<string, number> => new Map(names.flatMap((same, number) => [...same, String(number)].map((name) => [name, number] as const)));
const SEVERITY = numbered(SEVERITIES);
const FACILITY = numbered(FACILITIES);

/** The number of a name or of a number; undefined for what is neither. */
export function severityOf(value: unknown): number | undefined {
  return typeof value === "string" || typeof value === "number" ? SEVERITY.get(String(value).toLowerCase()) : undefined;
}

export function facilityOf(value: unknown): number | undefined {
  return typeof value === "string" || typeof value === "number" ? FACILITY.get(String(value).toLowerCase()) : undefined;
}

/** A word of a header: printable ASCII without spaces, or "-" for nothing. */
export function headerWord(value: unknown, lengthMax: number): string {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint") return "-";
  const text = String(value);
  return text === "" ? "-" : text.replaceAll(/[^\x21-\x7e]/g, "_").slice(0, lengthMax);
}
