// Whether a line fits a pattern, decided by its first bytes where that is provably what V8 would say, so that ordinary lines never
// become strings. A pattern that begins with `^` is read as a list of prefixes: for each place the ASCII bytes that may stand there.
import { RegExpParser } from "@eslint-community/regexpp";
import type { AST } from "@eslint-community/regexpp";

interface Prefix {
  /** For each place the bytes that fit; a table of 128. */
  readonly places: readonly Uint8Array[];
  /** There is nothing more to the pattern: a line that begins like this fits. */
  readonly isWhole: boolean;
}

const PREFIXES_MAX = 32;
const PLACES_MAX = 64;
const ASCII = 128;

export class LineTest {
  readonly #pattern: RegExp;
  /** undefined: only V8 can tell. */
  readonly #prefixes: readonly Prefix[] | undefined;

  constructor(pattern: RegExp) {
    this.#pattern = pattern;
    this.#prefixes = prefixesOf(pattern);
  }

  /** Whether a line with this first byte may fit. Of an empty line the byte is -1. */
  mayFit(firstByte: number): boolean {
    if (this.#prefixes === undefined || ASCII <= firstByte) return true;
    return this.#prefixes.some(({ places: [first] }) => first === undefined || first[firstByte] === 1);
  }

  fits(bytes: Buffer, pointer: number, length: number): boolean {
    if (this.#prefixes !== undefined) {
      let isOpen = false;
      for (const prefix of this.#prefixes) {
        const said = begins(prefix, bytes, pointer, length);
        if (said === true) return true;
        isOpen ||= said === undefined;
      }
      if (!isOpen) return false;
    }
    return this.#pattern.test(bytes.toString("utf8", pointer, pointer + length));
  }
}

/** Whether the line fits because of how it begins; undefined when that does not tell. */
function begins({ places, isWhole }: Prefix, bytes: Buffer, pointer: number, length: number): boolean | undefined {
  for (let at = 0; at < places.length; at += 1) {
    if (length <= at) return false;
    const byte = bytes[pointer + at] ?? 0;
    if (ASCII <= byte) return undefined;
    if (places[at]?.[byte] !== 1) return false;
  }
  return isWhole ? true : undefined;
}

function prefixesOf({ source, flags }: RegExp): readonly Prefix[] | undefined {
  const tree = new RegExpParser().parsePattern(source, 0, source.length, { unicode: flags.includes("u"), unicodeSets: flags.includes("v") });
  const found: Prefix[] = [];
  for (const { elements } of tree.alternatives) {
    const [first, ...rest] = elements;
    if (first?.type !== "Assertion" || first.kind !== "start") return undefined;
    found.push(...sequences(rest, flags));
    if (PREFIXES_MAX < found.length) return undefined;
  }
  return found;
}

const NOTHING: readonly Prefix[] = [{ places: [], isWhole: true }];
const UNKNOWN: readonly Prefix[] = [{ places: [], isWhole: false }];

/** How what these elements match may begin. */
function sequences(elements: readonly AST.Element[], flags: string): readonly Prefix[] {
  let prefixes = NOTHING;
  for (const element of elements) {
    if (prefixes.every(({ isWhole }) => !isWhole)) break;
    const next = prefixesOfElement(element, flags);
    prefixes = prefixes.flatMap((prefix) => (prefix.isWhole ? next.map((more) => joined(prefix, more)) : [prefix]));
    if (PREFIXES_MAX < prefixes.length) return UNKNOWN;
  }
  return prefixes;
}

function joined({ places }: Prefix, more: Prefix): Prefix {
  const all = [...places, ...more.places];
  return all.length <= PLACES_MAX ? { places: all, isWhole: more.isWhole } : { places: all.slice(0, PLACES_MAX), isWhole: false };
}

function prefixesOfElement(element: AST.Element, flags: string): readonly Prefix[] {
  switch (element.type) {
    case "Character":
    case "CharacterSet":
    case "CharacterClass": {
      const one = new RegExp(`^(?:${element.raw})$`, flags);
      return [{ places: [Uint8Array.from({ length: ASCII }, (_, code) => (one.test(String.fromCharCode(code)) ? 1 : 0))], isWhole: true }];
    }
    case "Group":
      if (element.modifiers !== null) return UNKNOWN;
      return element.alternatives.flatMap((alternative) => sequences(alternative.elements, flags));
    case "CapturingGroup":
      return element.alternatives.flatMap((alternative) => sequences(alternative.elements, flags));
    case "Quantifier": {
      const { min, max } = element;
      if (min === 0 || PLACES_MAX < min) return UNKNOWN;
      const times: readonly AST.Element[] = Array.from({ length: min }, () => element.element);
      return sequences(times, flags).map(({ places, isWhole }) => ({ places, isWhole: isWhole && min === max }));
    }
    default:
      return UNKNOWN; // What looks ahead or back needs the text.
  }
}
