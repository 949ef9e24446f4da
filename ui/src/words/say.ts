// What the dashboard says, in the language its user chose. A text stands in both languages side by side; `{name}` in it is filled in, and
// `{name:이/가}` adds the Korean particle that fits. The compiler asks for each value that a text has a place for.
import { signal } from "@preact/signals";
import { josa } from "es-hangul";

export type Language = "en" | "ko";
export interface Text {
  readonly en: string;
  readonly ko: string;
}
/** Texts of one screen: `export const words = {…} as const satisfies Words`. */
export type Words = { readonly [key: string]: Text };

export const language = signal<Language>("en");

type PlaceName<Inside extends string> = Inside extends `${infer Name}:${string}` ? Name : Inside;
type Places<Sentence extends string> = Sentence extends `${string}{${infer Inside}}${infer Rest}` ? PlaceName<Inside> | Places<Rest> : never;
type Values<Sentence extends string> = string extends Sentence ? [values?: Readonly<Record<string, string | number>>] : [Places<Sentence>] extends [never] ? [] : [values: Readonly<Record<Places<Sentence>, string | number>>];

export function say<T extends Text>(text: T, ...[values]: Values<T["en"]>): string {
  return filled(text[language.value], values ?? {});
}

type Particle = Parameters<typeof josa.pick>[1];

export function filled(sentence: string, values: Readonly<Record<string, string | number>>): string {
  return sentence.replaceAll(/\{(\w+)(?::([^}]+))?\}/g, (whole, name: string, particle: string | undefined) => {
    const value = values[name];
    if (value === undefined) return whole;
    const shown = typeof value === "number" ? value.toLocaleString(language.value) : value;
    return particle === undefined ? shown : `${shown}${josa.pick(spoken(shown), particle as Particle)}`;
  });
}

const DIGITS = ["영", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"];
/** Latin letters whose Korean name ends in a consonant. */
const CLOSED_LETTERS = /[lmnr]$/i;

/** How the end of a word sounds in Korean: particles go by that. */
function spoken(word: string): string {
  const last = word.at(-1) ?? "";
  if (/\d/.test(last)) return DIGITS[Number(last)] ?? last;
  if (/[a-z]/i.test(last)) return CLOSED_LETTERS.test(last) ? (/[lr]/i.test(last) ? "엘" : "엠") : "에이";
  return word;
}

/** The browser's first wish, before anybody chose. */
export function preferredLanguage(wished: readonly string[] = navigator.languages): Language {
  return wished[0]?.toLowerCase().startsWith("ko") === true ? "ko" : "en";
}
