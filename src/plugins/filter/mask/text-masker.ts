// Masks one text: finds what is to be masked and writes something else in its place. All around it stays.
import { createHmac } from "node:crypto";
import { readPattern } from "#sdk/pattern.ts";
import { DETECTORS, isSecretKey } from "./detectors.ts";
import type { Detector } from "./detectors.ts";
import { KINDS } from "./kinds.ts";
import type { Kind } from "./kinds.ts";
import { mayHoldNumber } from "./numbers.ts";

export interface MaskSettings {
  readonly kinds: readonly Kind[];
  readonly patterns: readonly { readonly pattern: string; readonly replace?: string | undefined }[];
  readonly with: string;
  readonly show: "nothing" | "length" | "last_four";
  readonly hash?: { readonly key: string } | undefined;
}

interface Span {
  readonly start: number;
  end: number;
  readonly kind: Kind | "pattern";
  /** What is written, when the pattern says so itself. */
  readonly text?: string;
}

interface Finder extends Detector {
  readonly kind: Kind | "pattern";
  readonly replace?: string | undefined;
}

/** One value however it is spelled, with hyphens or without: those are hashed as nothing and shown as they are. */
const NUMBERS: ReadonlySet<string> = new Set<Kind>(["resident_number", "foreigner_number", "card", "phone"]);
/** No number of a person is written with fewer characters. */
const NUMBER_LENGTH_MIN = 9;

const NOTHING: readonly Span[] = [];
/** Names of fields are few, but for those that are data. */
const KEYS_MAX = 1000;

export class TextMasker {
  readonly #settings: MaskSettings;
  readonly #finders: readonly Finder[];
  readonly #count: (kind: string) => void;
  readonly #hasSecrets: boolean;
  readonly #secretKeys = new Map<string, boolean>();

  constructor(settings: MaskSettings, count: (kind: string) => void) {
    this.#settings = settings;
    this.#count = count;
    this.#hasSecrets = settings.kinds.includes("secret");
    const own = settings.patterns.map(({ pattern, replace }): Finder => {
      const { source, flags } = readPattern(pattern);
      return { kind: "pattern", pattern: new RegExp(source, `${flags}dg`), replace };
    });
    this.#finders = [...own, ...KINDS.filter((kind) => settings.kinds.includes(kind)).flatMap((kind) => DETECTORS[kind].map((detector) => ({ ...detector, kind })))];
  }

  /** The text masked; the same string when nothing in it was to be. */
  text(text: string): string {
    const spans = this.#find(text);
    const [first] = spans;
    if (first === undefined) return text;
    let masked = "";
    let at = 0;
    for (const span of spans) {
      masked += text.slice(at, span.start) + (span.text ?? this.#mask(text.slice(span.start, span.end), span.kind));
      at = span.end;
      this.#count(span.kind);
    }
    return masked + text.slice(at);
  }

  /** A whole value under a key: a secret's is masked whatever it is. */
  value(key: string, text: string): string {
    if (text === "" || !this.#isSecret(key)) return this.text(text);
    this.#count("secret");
    return this.#mask(text, "secret");
  }

  /** A number as it is written; undefined when it stays. */
  number(key: string, text: string): string | undefined {
    if (text.length < NUMBER_LENGTH_MIN && !this.#isSecret(key)) return undefined;
    const masked = this.value(key, text);
    return masked === text ? undefined : masked;
  }

  #isSecret(key: string): boolean {
    if (!this.#hasSecrets) return false;
    let isSecret = this.#secretKeys.get(key);
    if (isSecret === undefined) {
      isSecret = isSecretKey(key);
      if (this.#secretKeys.size < KEYS_MAX) this.#secretKeys.set(key, isSecret);
    }
    return isSecret;
  }

  #find(text: string): readonly Span[] {
    if (text.length === 0) return NOTHING;
    const spans: Span[] = [];
    let mayHold: boolean | undefined;
    for (const { kind, pattern, isMeant, signs, lengthMin = 0, replace } of this.#finders) {
      if (NUMBERS.has(kind) && !(mayHold ??= mayHoldNumber(text))) continue;
      if (text.length < lengthMin || (signs !== undefined && !hasAny(text, signs))) continue;
      pattern.lastIndex = 0;
      for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
        if (match[0] === "") pattern.lastIndex += 1;
        const [whole, ...groups] = match.indices ?? [];
        // An own pattern is masked whole; of a known kind the part that says who.
        const [start, end] = (kind === "secret" || (kind === "ipv4" && this.#settings.hash === undefined) ? groups.find((group) => group !== undefined) : undefined) ?? whole ?? [0, 0];
        if (start === end || isMeant?.(text.slice(start, end)) === false) continue;
        spans.push(replace === undefined ? { start, end, kind } : { start, end, kind, text: expanded(replace, match) });
      }
    }
    return spans.length < 2 ? spans : joined(spans);
  }

  #mask(text: string, kind: Span["kind"]): string {
    const { hash, show } = this.#settings;
    if (hash !== undefined) return `h_${createHmac("sha256", hash.key).update(NUMBERS.has(kind) ? text.replace(/\D/g, "") : text).digest("hex").slice(0, 16)}`;
    if (show === "nothing") return this.#settings.with;
    // Of a short text four characters would be most of it.
    let shown = show === "last_four" && 8 < text.length ? 4 : 0;
    let masked = "";
    for (const letter of Array.from(text).toReversed()) {
      const isSign = /[\p{L}\p{N}]/u.test(letter) || !NUMBERS.has(kind);
      masked = (isSign && 0 < shown ? letter : isSign ? "*" : letter) + masked;
      if (isSign) shown -= 1;
    }
    return masked;
  }
}

function hasAny(text: string, signs: string): boolean {
  for (const sign of signs) if (text.includes(sign)) return true;
  return false;
}

/** In order; those that overlap become one, of the kind that begins first. */
function joined(spans: Span[]): readonly Span[] {
  const result: Span[] = [];
  // A stable sort: of two that begin together the one found first leads.
  for (const span of spans.sort((one, other) => one.start - other.start)) {
    const last = result.at(-1);
    if (last === undefined || last.end <= span.start) result.push(span);
    else last.end = Math.max(last.end, span.end);
  }
  return result;
}

/** `$1`, `$<name>`, `$&` and `$$` of a replacement. */
function expanded(replace: string, match: RegExpExecArray): string {
  return replace.replace(/\$(?:(\d)|<(\w+)>|([$&]))/g, (_found, index: string | undefined, name: string | undefined, sign: string | undefined) => {
    if (index !== undefined) return match[Number(index)] ?? "";
    if (name !== undefined) return match.groups?.[name] ?? "";
    return sign === "$" ? "$" : match[0];
  });
}
