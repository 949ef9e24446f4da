// Times of one log mostly differ in their seconds alone: what was read once for a minute is not read again.
import type { Instant } from "#dataplane/time-format.ts";

/** A time of the day with nothing but its seconds after it in digits; a text with two of them is not taken. */
const CLOCK = /(?<!\d)\d\d:\d\d:([0-5]\d)([.,]\d{1,9})?(?!\d)/g;
const ZERO = 48;

export class MinuteMemo {
  #head = "";
  #tail = "";
  /** What stands before the fraction, "." or ","; -1 when there is none. */
  #mark = -1;
  #minute = -1;

  /** Whether "12:34:56" in a text of this format are hours, minutes and seconds. */
  static suits(format: string): boolean {
    return format === "iso8601" || format === "syslog" || format.includes("%H:%M:%S") || format.includes("%T");
  }

  /** What was read for the text. */
  learn(text: string, { seconds, nanoseconds }: Instant): void {
    const [match, ...others] = text.matchAll(CLOCK);
    if (match?.[1] === undefined || 0 < others.length) return;
    // The fraction stands elsewhere, or is longer than what is kept of it.
    if (match[2] === undefined && nanoseconds !== 0) return;
    const start = match.index + 6;
    // Copies: slices would keep the whole chunk's text.
    this.#head = Buffer.from(text.slice(0, start)).toString();
    this.#tail = Buffer.from(text.slice(match.index + match[0].length)).toString();
    this.#mark = match[2]?.charCodeAt(0) ?? -1;
    this.#minute = seconds - Number(match[1]);
  }

  /** undefined: the text is of another minute, or of another form. */
  read(text: string): Instant | undefined {
    const head = this.#head.length;
    if (head === 0 || !text.startsWith(this.#head)) return undefined;
    const tens = text.charCodeAt(head) - ZERO;
    const ones = text.charCodeAt(head + 1) - ZERO;
    if (!(0 <= tens && tens <= 5 && 0 <= ones && ones <= 9)) return undefined;
    const end = text.length - this.#tail.length;
    let at = head + 2;
    let nanoseconds = 0;
    if (this.#mark !== -1) {
      if (text.charCodeAt(at) !== this.#mark) return undefined;
      at += 1;
      let scale = 1e9;
      for (; at < end; at += 1) {
        const digit = text.charCodeAt(at) - ZERO;
        if (!(0 <= digit && digit <= 9) || scale === 1) return undefined;
        scale /= 10;
        nanoseconds += digit * scale;
      }
      if (scale === 1e9) return undefined;
    }
    if (at !== end || (this.#tail !== "" && !text.endsWith(this.#tail))) return undefined;
    return { seconds: this.#minute + tens * 10 + ones, nanoseconds };
  }
}
