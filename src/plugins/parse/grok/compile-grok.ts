// Grok to a regular expression with named groups. A group's name is a JavaScript word; a field's name may be any text, so what is not
// a letter, a digit or _ is written in the group's name as the number of its character between dollar signs.
import type { Text } from "#base/lang.ts";
import { closest } from "#base/similar.ts";
import type { KindName } from "../parts/kinds.ts";
import { BASE_PATTERNS, TIME_FORMATS } from "./base-patterns.ts";

export class GrokError extends Error {
  override readonly name = "GrokError";
  readonly text: Text;
  /** The pattern of the user's own it is in; undefined for `pattern` itself. */
  readonly own: string | undefined;
  constructor(text: Text, own: string | undefined) {
    super(text.en);
    this.text = text;
    this.own = own;
  }
}

export interface Grok {
  /** For readPattern. */
  readonly pattern: string;
  readonly types: Readonly<Record<string, KindName>>;
  /** How the times of a field are written, where its pattern says so. */
  readonly timeFormats: Readonly<Record<string, string>>;
}

const TYPES: Readonly<Record<string, KindName>> = { int: "integer", integer: "integer", float: "float", boolean: "boolean", json: "json", string: "string" };
const LENGTH_MAX = 100_000;

/** Throws GrokError. */
export function compileGrok(pattern: string, own: Readonly<Record<string, string>>): Grok {
  const types: Record<string, KindName> = {};
  const timeFormats: Record<string, string> = {};
  let length = 0;

  /** `inside`: the names whose patterns led here. */
  function expand(source: string, inside: readonly string[]): string {
    const place = inside.find((name) => Object.hasOwn(own, name));
    const fail = (en: string, ko: string): never => {
      throw new GrokError({ en, ko }, place);
    };
    length += source.length;
    if (LENGTH_MAX < length) fail("the pattern is too long with all its parts written out", "풀어 쓴 패턴이 너무 깁니다");
    return source.replace(/%\{([^}]*)\}|\(\?<([^=!>][^>]*)>|\(\?>/g, (found, reference: string | undefined, group: string | undefined) => {
      if (found === "(?>") return "(?:"; // What an atomic group saves is time, for the patterns people write.
      if (group !== undefined) return `(?<${groupOf(group)}>`;
      const [name = "", written, type, ...more] = (reference ?? "").split(":");
      if (0 < more.length) return fail(`\`${found}\` has too many parts; write %{NAME}, %{NAME:field} or %{NAME:field:int}`, `\`${found}\`에 부분이 너무 많습니다. %{이름}, %{이름:필드}, %{이름:필드:int}처럼 쓰세요`);
      const part = patternOf(name, own) ?? fail(...unknown(name, own));
      if (inside.includes(name)) return fail(`the pattern \`${name}\` holds itself`, `패턴이 자기 자신을 담고 있습니다: \`${name}\``);
      const expanded = expand(part, [...inside, name]);
      if (written === undefined) return `(?:${expanded})`;
      const field = fieldName(written);
      if (field === "") return fail(`\`${found}\` names no field`, `필드 이름이 없습니다: \`${found}\``);
      if (type !== undefined) types[field] = (Object.hasOwn(TYPES, type) ? TYPES[type] : undefined) ?? fail(`\`${type}\` is no type; write int, float, boolean or json`, `모르는 타입입니다: \`${type}\`. int, float, boolean, json 가운데 하나를 쓰세요`);
      const format = Object.hasOwn(TIME_FORMATS, name) ? TIME_FORMATS[name] : undefined;
      if (format !== undefined) timeFormats[field] ??= format;
      return `(?<${groupOf(field)}>${expanded})`;
    });
  }

  return { pattern: expand(pattern, []), types, timeFormats };
}

/** The field a group is for. */
export function fieldOf(group: string): string {
  return group.replace(/\$([0-9a-f]+)\$/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));
}

function groupOf(field: string): string {
  return field.replace(/^[0-9]|[^A-Za-z0-9_]/gu, (letter) => `$${(letter.codePointAt(0) ?? 0).toString(16)}$`);
}

/** `[a][b]`, Logstash's way to a field inside another, is the field `a.b`. */
function fieldName(written: string): string {
  return /^(?:\[[^[\]]+\])+$/.test(written) ? written.slice(1, -1).replaceAll("][", ".") : written;
}

function patternOf(name: string, own: Readonly<Record<string, string>>): string | undefined {
  if (Object.hasOwn(own, name)) return own[name];
  return Object.hasOwn(BASE_PATTERNS, name) ? BASE_PATTERNS[name] : undefined;
}

function unknown(name: string, own: Readonly<Record<string, string>>): [string, string] {
  const near = closest(name, [...Object.keys(own), ...Object.keys(BASE_PATTERNS)]);
  const [en, ko] = near === undefined ? ["write it under `patterns`", "`patterns`에 써 주세요"] : [`did you mean \`${near}\`?`, `혹시 \`${near}\` 인가요?`];
  return [`the pattern \`${name}\` is not known; ${en}`, `모르는 패턴입니다: \`${name}\`. ${ko}`];
}
