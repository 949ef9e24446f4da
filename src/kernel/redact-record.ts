// What of a user's record is shown: his lines say `password=…`, `Authorization: Bearer …` and `https://name:word@host` in the midst of a text. The names
// are those that filter.Mask knows. Each expression takes time in proportion to the text, and of a text only its beginning is shown.
import type { JsonValue } from "#base/json.ts";
import { HIDDEN, redacted, usually } from "./redact.ts";
import type { Hiding } from "./redact.ts";

const NAME = "(?:pass(?:word|wd|phrase)|pwd|secret|token|credentials?|authorization|cookie|(?:api|access|secret|private|shared|auth|signing|encryption)[_.-]?key|비밀번호|패스워드|암호)";
/** `password=…`, `"api_key": "…"`, `token => '…'`; also in JSON that is a text in JSON. */
const NAMED = new RegExp(`(${NAME}\\\\?["']?[ \\t]{0,4}(?:=>|[=:])[ \\t]{0,4}(?:(?:Bearer|Basic|Token|Digest)[ \\t]{1,4})?)(?:(\\\\")([^"\\\\]+)|(")((?:[^"\\\\]|\\\\.)*)|(')([^']+)|([^\\s"'&,;(){}[\\]<>\\\\]+))`, "gi");
const SCHEME = /\b((?:bearer|basic)[ \t]{1,4})(?=[^\d\s]{0,200}\d)([\w.~+/=-]{8,})/gi;
const COOKIES = /((?:^|[\s"'])(?:set-)?cookie:[ \t]{0,4})([^\s"'][^\r\n"']*)/gi;
/** `https://name:word@host`, and a word alone that is long. */
const IN_ADDRESS = /(:\/\/)([^\s/:@"'?#]{0,100}:[^\s/@"']{0,200}|[\w-]{20,200})(?=@)/g;
/** What says by itself what it is: keys of clouds, tokens of GitHub, Slack and ours, JSON web tokens. */
const KNOWN = /\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}\b|gh[pousr]_[A-Za-z0-9]{36,}|xox[abprs]-[A-Za-z0-9-]{10,}|AIza[\w-]{35}|dure_[\w-]{40,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)/g;
/** They say that there is none, or that it follows. */
const NOTHING = /^(?:null|undefined|none|nil|true|false|-|\$|bearer|basic|token|digest)$/i;
const CANNOT = /[=:\s]|ey|gh|AK|AS|xo|AI|dure_/;

/** Without secrets. */
export function redactedRecord(record: unknown): JsonValue {
  return redacted(record, 0, { ...usually, text: withoutSecrets });
}

/** As it is, in JSON: for an admin who has asked for it. */
export function wholeRecord(record: unknown): JsonValue {
  return redacted(record, 0, { isSecret: () => false, text: (text) => text } satisfies Hiding);
}

export function withoutSecrets(text: string): string {
  return CANNOT.test(text) ? replaced(text, () => HIDDEN) : text;
}

/**
 * A text that was shown and comes back edited: what was hidden in it is put back, in the order it had. undefined where that would show any of it: the
 * result has to be hidden just so again.
 */
export function secretsPutBack(edited: string, original: string): string | undefined {
  if (/[\uE000\uE001]/.test(original)) return undefined;
  const secrets: string[] = [];
  const marked = replaced(original, (secret) => `\uE000${secrets.push(secret) - 1}\uE001`);
  // What was found in a text may have been found in what was put there before.
  const meant = (text: string): string => text.replaceAll(/\uE000(\d+)\uE001/g, (_, index: string) => meant(secrets[Number(index)] ?? ""));
  const inOrder = [...marked.matchAll(/\uE000(\d+)\uE001/g)].map(([mark]) => meant(mark));
  const pieces = edited.split(HIDDEN);
  if (pieces.length !== inOrder.length + 1) return undefined;
  const whole = pieces.map((piece, index) => piece + (inOrder[index] ?? "")).join("");
  return withoutSecrets(whole) === edited ? whole : undefined;
}

function replaced(text: string, hidden: (secret: string) => string): string {
  return text
    .replace(COOKIES, (_, head: string, value: string) => head + hidden(value))
    .replace(IN_ADDRESS, (_, head: string, value: string) => head + hidden(value))
    .replace(NAMED, (whole: string, head: string, escaped?: string, inEscaped?: string, quote?: string, inQuote?: string, single?: string, inSingle?: string, bare?: string) => {
      const value = inEscaped ?? inQuote ?? inSingle ?? bare ?? "";
      return value === "" || value === HIDDEN || NOTHING.test(value) ? whole : `${head}${escaped ?? quote ?? single ?? ""}${hidden(value)}`;
    })
    .replace(SCHEME, (_, head: string, value: string) => head + hidden(value))
    .replace(KNOWN, (value) => hidden(value));
}
