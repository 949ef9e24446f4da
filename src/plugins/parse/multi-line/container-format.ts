// One line of a container runtime's file: CRI's `2026-01-02T03:04:05.678901234+09:00 stdout F text`
// (https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md) or Docker's
// `{"log":"text\n","stream":"stdout","time":"2026-01-02T03:04:05.678901234Z"}`, where a part has no newline at its end.
import { STREAMS } from "./streams.ts";

/** What a line says; good until the next one is read. */
export interface ContainerLine {
  readonly bytes: Buffer;
  /** The text, in `bytes`. */
  readonly from: number;
  readonly to: number;
  /** A place in STREAMS. */
  readonly stream: number;
  readonly isPartial: boolean;
  readonly seconds: number;
  readonly nanoseconds: number;
  /** What else Docker was told to write, as JSON; "" for none. */
  readonly attrs: string;
}

const SPACE = 0x20;
const COLON = 0x3a;
const PARTIAL = 0x50;
const FULL = 0x46;
const STREAM_BYTES = STREAMS.map((name) => Buffer.from(name));
/** `2026-01-02T03:04:` */
const MINUTE_BYTES = 17;
/** Shorter than any time there is. */
const TIME_BYTES_MIN = 20;

export class ContainerFormat {
  readonly #preset: "cri" | "docker";
  /** How many times longer a text may be than its line. */
  readonly growth: number;
  readonly #clock = new TimeReader();

  constructor(preset: "cri" | "docker") {
    this.#preset = preset;
    this.growth = preset === "cri" ? 1 : 3;
  }

  /** undefined: it is no such line. */
  read(bytes: Buffer, pointer: number, length: number): ContainerLine | undefined {
    return this.#preset === "cri" ? this.#readCri(bytes, pointer, pointer + length) : this.#readDocker(bytes, pointer, pointer + length);
  }

  #readCri(bytes: Buffer, pointer: number, end: number): ContainerLine | undefined {
    let at = pointer + TIME_BYTES_MIN;
    while (at < end && bytes[at] !== SPACE) at += 1;
    // " stdout F" has to follow.
    if (end < at + 9 || bytes[at + 7] !== SPACE) return undefined;
    const stream = STREAM_BYTES.findIndex((name) => isAt(bytes, at + 1, name));
    const tag = bytes[at + 8] ?? 0;
    if (stream === -1 || (tag !== PARTIAL && tag !== FULL) || !this.#clock.read(bytes, pointer, at)) return undefined;
    let text = at + 9;
    if (text < end && bytes[text] === COLON) while (text < end && bytes[text] !== SPACE) text += 1; // Further tags are joined by colons.
    if (text < end && bytes[text] !== SPACE) return undefined;
    return { bytes, from: Math.min(end, text + 1), to: end, stream, isPartial: tag === PARTIAL, seconds: this.#clock.seconds, nanoseconds: this.#clock.nanoseconds, attrs: "" };
  }

  #readDocker(bytes: Buffer, pointer: number, end: number): ContainerLine | undefined {
    let line: unknown;
    try {
      line = JSON.parse(bytes.toString("utf8", pointer, end));
    } catch {
      return undefined;
    }
    if (typeof line !== "object" || line === null || !("log" in line) || typeof line.log !== "string") return undefined;
    const stream = "stream" in line ? STREAMS.findIndex((name) => name === line.stream) : -1;
    const time = "time" in line && typeof line.time === "string" ? Buffer.from(line.time) : undefined;
    if (stream === -1 || time === undefined || !this.#clock.read(time, 0, time.length)) return undefined;
    const text = Buffer.from(line.log);
    const isPartial = text.at(-1) !== 10;
    const attrs = "attrs" in line && typeof line.attrs === "object" ? JSON.stringify(line.attrs) : "";
    return { bytes: text, from: 0, to: isPartial ? text.length : text.length - (text.at(-2) === 13 ? 2 : 1), stream, isPartial, seconds: this.#clock.seconds, nanoseconds: this.#clock.nanoseconds, attrs };
  }
}

/** Reads RFC 3339. Lines of one minute share their beginning, which is worked out once. */
class TimeReader {
  seconds = 0;
  nanoseconds = 0;
  #minute = Buffer.alloc(MINUTE_BYTES);
  #minuteSeconds = Number.NaN;

  /** Whether a time stands there; `seconds` and `nanoseconds` are its. */
  read(bytes: Buffer, from: number, to: number): boolean {
    if (!isAt(bytes, from, this.#minute)) {
      this.#minute = Buffer.from(bytes.subarray(from, from + MINUTE_BYTES));
      const minute = this.#minute.toString("latin1");
      this.#minuteSeconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:$/.test(minute) ? Date.parse(`${minute}00Z`) / 1000 : Number.NaN;
    }
    const [tens, ones] = [digit(bytes[from + 17]), digit(bytes[from + 18])];
    if (Number.isNaN(this.#minuteSeconds) || tens === -1 || ones === -1) return false;
    let at = from + 19;
    let nanoseconds = 0;
    if (bytes[at] === 0x2e) {
      let scale = 100_000_000;
      for (at += 1; at < to && digit(bytes[at]) !== -1; at += 1, scale /= 10) if (1 <= scale) nanoseconds += digit(bytes[at]) * scale;
    }
    const offset = bytes[at] === 0x5a && at + 1 === to ? 0 : offsetSeconds(bytes.toString("latin1", at, to));
    if (offset === undefined) return false;
    this.seconds = this.#minuteSeconds + tens * 10 + ones - offset;
    this.nanoseconds = nanoseconds;
    return true;
  }
}

function isAt(bytes: Buffer, at: number, expected: Buffer): boolean {
  for (let index = 0; index < expected.length; index += 1) if (bytes[at + index] !== expected[index]) return false;
  return true;
}

function digit(byte = 0): number {
  return 0x30 <= byte && byte <= 0x39 ? byte - 0x30 : -1;
}

function offsetSeconds(text: string): number | undefined {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(text) ?? [];
  return sign === undefined ? undefined : (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}
