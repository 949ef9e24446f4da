// Texts for people, in both languages at the place where they are said.

export type Lang = "en" | "ko";
export interface Text {
  readonly en: string;
  readonly ko: string;
}

/** The language of this process: `--lang`, else DURE_LANG, else the system's locale. */
let current: Lang = langOf(process.env["DURE_LANG"] ?? process.env["LC_ALL"] ?? process.env["LC_MESSAGES"] ?? process.env["LANG"] ?? "");

export function langOf(locale: string): Lang {
  return locale.toLowerCase().startsWith("ko") ? "ko" : "en";
}
export function setLang(lang: Lang): void {
  current = lang;
}
export function lang(): Lang {
  return current;
}
export function say(text: Text): string {
  return text[current];
}
/** Several of them as one. */
export function joined(texts: readonly Text[]): Text {
  return { en: texts.map(({ en }) => en).join("; "), ko: texts.map(({ ko }) => ko).join("; ") };
}
