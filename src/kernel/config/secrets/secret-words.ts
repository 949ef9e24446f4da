// Secrets found by the words around them: in comments, inside of commands and addresses, and everywhere in a text that is no YAML (yet).
// Rather too much than too little: what is hidden without need comes back when the text does.
import { isSecret } from "../../redact.ts";
import type { Secret } from "./masked-text.ts";

/** `https://hong:hunter2@host`: as browsers read it, up to the last @ of the authority. */
const PASSWORD_IN_ADDRESS = /\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#:@"'`]*:([^\s/?#"'`]+)@/dgi;
/** Of a broker: passwords made by machines have a `/`, `#` or `?` in them that nobody encoded, and then the address is none, but the password still is one. */
const PASSWORD_OF_BROKER = /\bamqps?:\/\/[^\s:@"'`]*:([^\s"'`]+)@/dgi;
/** `password=hunter2`, `Authorization: Bearer hunter2`, `?token=hunter2`. The value is only looked at: it may be the next name. */
const NAMED = /(?<![\p{L}\p{N}_.-])["']?([\p{L}\p{N}_.-]{2,64})["']?[ \t]*[=:](?![=>])(?=[ \t]*(?:(?:Bearer|Basic|Digest)[ \t]+)?("(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\n]|'')*'|[^\s"',;&|(){}[\]][^\s"',;&|]*))/dgu;
/** `--password hunter2`. */
const FLAG = /(?<![\p{L}\p{N}_.-])--?([\p{L}\p{N}_.-]{2,64})(?=[ \t]+("(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\n]|'')*'|[^\s"',;&|(){}[\]][^\s"',;&|]*))/dgu;
/** A key of a map, as far as a line shows it. */
const KEY = /^([ \t]*(?:#+[ \t]*)?(?:-[ \t]+)*)(["']?)([\p{L}\p{N}_.-]{2,64})\2[ \t]*:(?:[ \t]+(\S.*?))?[ \t\r]*$/du;
/** In `{ host: a, password: b }`. */
const KEY_INSIDE = /(?<=[{,[][ \t]*)(["']?)([\p{L}\p{N}_.-]{2,64})\1[ \t]*:[ \t]*("(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\n]|'')*'|[^\s,}\]][^\n]*)/dgu;
/** What is no secret, however its key is called. */
const HARMLESS = /^(?:true|false|null|~|\||>|\||[|>][-+0-9]*|\{\}|\[\])$/;
/** References, which say nothing: `${env:NAME}`, but not what stands in its place when there is none. */
const REFERENCES_ONLY = /^(["']?)(?:\$\{(?:env|file|var):(?:(?!:-)[^}])*\})+\1$/;

/** What looks like a secret and is none. */
export function isHarmless(written: string): boolean {
  return written === "" || written === '""' || written === "''" || HARMLESS.test(written) || REFERENCES_ONLY.test(written);
}

/** In what is certainly text: of an address the password, of `name=value` the value. */
export function secretsInWords(text: string, offset = 0): Secret[] {
  const found: Secret[] = [];
  const add = (range: readonly [number, number] | undefined, written: string | undefined): void => {
    if (range === undefined || written === undefined) return;
    found.push(secretAt(offset + range[0], written));
  };
  for (const pattern of [PASSWORD_IN_ADDRESS, PASSWORD_OF_BROKER]) for (const match of text.matchAll(pattern)) add(match.indices?.[1], match[1]);
  for (const pattern of [NAMED, FLAG]) for (const match of text.matchAll(pattern)) if (isSecret(match[1] ?? "")) add(match.indices?.[2], match[2]);
  return found;
}

/** In what ought to be a config and may be anything. `names`: what options are called that hold secrets, in any plugin. */
export function secretsInLines(text: string, names: ReadonlySet<string>): Secret[] {
  const isName = (key: string): boolean => isSecret(key) || names.has(key);
  const found = secretsInWords(text);
  const lines = text.split("\n");
  let offset = 0;
  let below: { readonly column: number } | undefined;
  for (const line of lines) {
    const column = /^[ \t]*/.exec(line)?.[0].length ?? 0;
    const isBlank = line.trim() === "";
    if (below !== undefined && !isBlank && column <= below.column) below = undefined;
    // More of a secret that has several lines, or a map of secrets: what is what shows only when it can be read.
    if (below !== undefined && !isBlank) found.push(secretAt(offset + column, line.trim()));
    const key = KEY.exec(line);
    if (key !== null && isName(key[3] ?? "")) {
      below = { column: (key[1] ?? "").length };
      const [at] = key.indices?.[4] ?? [];
      if (at !== undefined) found.push(secretAt(offset + at, key[4] ?? ""));
    }
    for (const match of line.matchAll(KEY_INSIDE)) {
      const [at] = match.indices?.[3] ?? [];
      if (at !== undefined && isName(match[2] ?? "")) found.push(secretAt(offset + at, (match[3] ?? "").trimEnd()));
    }
    offset += line.length + 1;
  }
  return found;
}

/** The value of what is written in quotes is what stands between them: the same secret without quotes is the same. */
function secretAt(start: number, written: string): Secret {
  const [, quote = "", inner = written] = /^(["'])(.*)\1$/s.exec(written) ?? [];
  return { start, end: start + written.length, value: quote === "'" ? inner.replaceAll("''", "'") : inner };
}
