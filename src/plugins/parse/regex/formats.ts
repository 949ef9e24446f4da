// The formats known by name.
import type { KindName } from "../parts/kinds.ts";

export interface Format {
  readonly pattern: string;
  readonly types: Readonly<Record<string, KindName>>;
  readonly timeFormat: string;
}

const CLF_TIME = "%d/%b/%Y:%H:%M:%S %z";
/** Text in which a backslash protects a quote. */
const ESCAPED = String.raw`(?:[^"\\]|\\.)*`;
const CLF_TYPES = { status: "integer", size: "integer" } as const;
// A request that is none ("-", nothing, the bytes of a TLS hello) stays whole.
const clf = (ident: string, request: string): string => String.raw`^(?<remote>\S+) ${ident} (?<user>\S+) \[(?<time>[^\]]*)\] "(?:(?<method>\S+) (?<path>\S+) (?<protocol>\S+)|(?<request>${request}))" (?<status>\S+) (?<size>\S+)`;

export const FORMATS = {
  /** nginx "combined" and what was put behind it; nginx writes a quote inside a field as \x22, and "-" as the identity. */
  nginx: { pattern: String.raw`${clf("\\S+", `[^"]*`)}(?: "(?<referer>[^"]*)" "(?<agent>[^"]*)")?`, types: CLF_TYPES, timeFormat: CLF_TIME },
  /** Apache "combined"; Apache writes a quote inside a field as \". */
  apache: { pattern: String.raw`${clf("(?<ident>\\S+)", ESCAPED)}(?: (?:"(?<referer>[^"]*)" "(?<agent>[^"]*)"$|"(?<referer>${ESCAPED})" "(?<agent>${ESCAPED})"))?`, types: CLF_TYPES, timeFormat: CLF_TIME },
  /** NCSA "common": no referer, no agent. */
  common: { pattern: clf("(?<ident>\\S+)", ESCAPED), types: CLF_TYPES, timeFormat: CLF_TIME },
  apache_error: {
    pattern: String.raw`^\[(?<time>[^\]]*)\] \[(?:(?<module>[^:\]]*):)?(?<level>[^\]]*)\](?: \[pid (?<pid>\d+)(?::tid (?<tid>\d+))?\])?(?: \[client (?<client>[^\]]*)\])? (?<message>.*)$`,
    types: { pid: "integer", tid: "integer" },
    timeFormat: "%a %b %d %H:%M:%S.%f %Y",
  },
  /** What syslog daemons write to files on Linux (RFC 3164 in practice), with or without a priority; newer ones write RFC 3339 times. */
  syslog: {
    pattern: String.raw`^(?:<(?<priority>\d{1,3})>)?(?<time>[A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) (?<host>\S+) (?:(?<ident>[^\s:\[]+)(?:\[(?<pid>\d+)\])?: *)?(?<message>.*)$`,
    types: { priority: "integer", pid: "integer" },
    timeFormat: "syslog",
  },
  /** RFC 5424. */
  syslog5424: {
    pattern: String.raw`^<(?<priority>\d{1,3})>\d+ (?<time>\S+) (?<host>\S+) (?<ident>\S+) (?<pid>\S+) (?<message_id>\S+) (?:-|(?<data>(?:\[(?:[^"\]]|"${ESCAPED}")*\])+))(?: (?<message>.*))?$`,
    types: { priority: "integer" },
    timeFormat: "iso8601",
  },
} as const satisfies Record<string, Format>;

/** Names other agents have for them. */
export const FORMAT_ALIASES = { apache2: "apache", combined: "nginx", rfc3164: "syslog", rfc5424: "syslog5424" } as const;

export function formatOf(name: keyof typeof FORMATS | keyof typeof FORMAT_ALIASES): Format {
  return name in FORMATS ? FORMATS[name as keyof typeof FORMATS] : FORMATS[FORMAT_ALIASES[name as keyof typeof FORMAT_ALIASES]];
}
