// What filter.Mask knows by name: for each kind, patterns and what a match must stand up to. Every pattern takes time in proportion
// to the text, whatever it is: no repetition can be cut in two ways, and what may be read again is bounded.
import type { Kind } from "./kinds.ts";
import { isCardNumber, isPersonNumber } from "./numbers.ts";

export interface Detector {
  /** Flags `d` and `g`. What is masked is the first group that took part, or the whole match. */
  readonly pattern: RegExp;
  isMeant?(text: string): boolean;
  /** Characters one of which is in every match, and the fewest it has: looked at first. */
  readonly signs?: string;
  readonly lengthMin?: number;
}

/** Names whose value is a secret, as keys of records and in texts. */
const SECRET_NAME = "(?:pass(?:word|wd|phrase)|pwd|secret|token|credential|authorization|(?:api|access|secret|private|auth|encryption)[_.-]?key|비밀번호|패스워드|암호)";
const SECRET_KEY = new RegExp(`${SECRET_NAME}$`, "i");

export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key);
}

const PERSON = /(?<!\d|\d\.)\d{2}[01]\d[0-3]\d-?\d{7}(?!\d)/dg;

export const DETECTORS: Readonly<Record<Kind, readonly Detector[]>> = {
  secret: [
    // password=…, "api_key": "…", Authorization: Bearer …; also in JSON that is a text in JSON.
    {
      pattern: new RegExp(`${SECRET_NAME}\\\\?["']?[ \\t]{0,4}(?:=>|[=:])[ \\t]{0,4}(?:(?:Bearer|Basic|Token|Digest)[ \\t]{1,4})?(?:\\\\"([^"\\\\]+)|"((?:Bearer |Basic )?[^"\\\\]*(?:\\\\.[^"\\\\]*)*)|'([^']+)|([^\\s"'&,;(){}[\\]<>\\\\]+))`, "dgi"),
      signs: "=:",
    },
    { pattern: /\b(?:bearer|basic)[ \t]{1,4}([\w.~+/=-]{8,})/dgi, isMeant: (text) => /\d/.test(text), signs: " \t", lengthMin: 14 },
    { pattern: /:\/\/[^\s/:@"'?#]{0,100}:([^\s/@"']{1,200})@/dg, signs: "@" },
    // What says by itself what it is: keys of clouds, tokens of GitHub and Slack, JSON web tokens.
    { pattern: /\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}\b|gh[pousr]_[A-Za-z0-9]{36,}|xox[abprs]-[A-Za-z0-9-]{10,}|AIza[\w-]{35}|sk-[\w-]{20,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)/dg, lengthMin: 15 },
  ],
  resident_number: [{ pattern: PERSON, isMeant: (text) => isPersonNumber(text, "resident") }],
  foreigner_number: [{ pattern: PERSON, isMeant: (text) => isPersonNumber(text, "foreigner") }],
  card: [{ pattern: /(?<!\d|\d[.-])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{4,5})(?!\d|-\d)/dg, isMeant: isCardNumber }],
  phone: [
    { pattern: /(?<!\d|\d[.-])(?:\+82[ -]?(?:\(0\)|0)?|0)(?:1[016-9][ .-]?\d{3,4}[ .-]?\d{4}|(?:2|[3-6][1-5]|70|50\d)(?:[ .-]|\) ?)\d{3,4}[ .-]\d{4})(?!\d|[.-]\d)/dg },
    { pattern: /(?<![\d+])\+[1-9]\d{9,14}(?!\d)/dg, signs: "+" },
  ],
  email: [{ pattern: /(?<![\w.%+-])[\w.%+-]{1,64}@(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9])/dg, signs: "@" }],
  ipv4: [{ pattern: /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(25[0-5]|2[0-4]\d|1?\d?\d)(?!\d|\.\d)/dg, signs: "." }],
};
