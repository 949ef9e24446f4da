// A config's text with placeholders where its secrets stood, and the way back. A placeholder says nothing; equal secrets have equal ones.
// What it stands for is kept as it is written in the file, quotes and all, so that a text that comes back unchanged is the same to the byte.
import type { Problems } from "../problem.ts";
import type { Span } from "../source.ts";

/** What is to be hidden: where it stands, and what it means. */
export interface Secret extends Span {
  readonly value: string;
}

/** What a placeholder stands for. */
export interface Hidden {
  readonly id: string;
  readonly written: string;
  /** Of the line that it begins in: what has several lines moves with it. */
  readonly indent: number;
  readonly value: string;
}

/** A placeholder in one text, and the place in the other that it stands for. */
export interface Patch {
  readonly shown: Span;
  readonly real: Span;
  readonly id: string;
}

export interface MaskedText {
  readonly text: string;
  readonly hidden: readonly Hidden[];
}

export interface UnmaskedText {
  readonly text: string;
  readonly patches: readonly Patch[];
  /** Placeholders that stand for nothing we know. */
  readonly unknown: readonly Span[];
}

/** A placeholder, or what somebody made of one. */
export const PLACEHOLDER = /\[hidden:([^\]\s]*)\]/g;

/** A placeholder as they are made; in a file it is left over from a text that was shown. */
export const WHOLE_PLACEHOLDER = /\[hidden:[0-9a-f]{16}\]/g;

/** Says of each that it stands for nothing. */
export function reportPlaceholders(spans: readonly Span[], problems: Problems): void {
  for (const span of spans) {
    problems.add("DURE017", span, {
      text: { en: "this placeholder stands for no secret that is known here", ko: "가린 값의 원래 값을 알 수 없습니다" },
      help: { en: "write the value in its place, or ${env:NAME}", ko: "그 자리에 값이나 ${env:이름}을 쓰세요" },
    });
  }
}

/** `secrets`: in their order, none inside of another. */
export function mask(text: string, secrets: readonly Secret[], idOf: (value: string) => string): MaskedText {
  const hidden: Hidden[] = [];
  let shown = "";
  let from = 0;
  for (const { start, end, value } of secrets) {
    const id = idOf(value);
    hidden.push({ id, value, written: text.slice(start, end), indent: indentAt(text, start) });
    shown += `${text.slice(from, start)}[hidden:${id}]`;
    from = end;
  }
  return { text: shown + text.slice(from), hidden };
}

/** `known`: of the text it was made from first, in the order they stand there, then whatever else there may have been. */
export function unmask(text: string, known: readonly Hidden[]): UnmaskedText {
  const byId = new Map<string, Hidden[]>();
  for (const each of known) {
    const forms = byId.get(each.id) ?? [];
    forms.push(each);
    byId.set(each.id, forms);
  }
  const seen = new Map<string, number>();
  const patches: Patch[] = [];
  const unknown: Span[] = [];
  let real = "";
  let from = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    const [placeholder, id = ""] = match;
    const shown = { start: match.index, end: match.index + placeholder.length };
    const forms = byId.get(id);
    // The same secret may be written with quotes in one place and without in another.
    const nth = seen.get(id) ?? 0;
    seen.set(id, nth + 1);
    const meant = forms?.[nth] ?? forms?.[0];
    if (meant === undefined) {
      unknown.push(shown);
      continue;
    }
    real += text.slice(from, shown.start);
    const start = real.length;
    real += moved(meant, indentAt(text, shown.start));
    patches.push({ shown, real: { start, end: real.length }, id });
    from = shown.end;
  }
  return { text: real + text.slice(from), patches, unknown };
}

/** Where in the shown text stands what stands there in the real one. */
export function shownAt(offset: number, patches: readonly Patch[]): number {
  let moved = 0;
  for (const { shown, real } of patches) {
    if (offset < real.start) break;
    if (offset < real.end) return shown.start;
    moved = shown.end - real.end;
  }
  return offset + moved;
}

/** Takes secrets out of what is said about the text: a message may quote it. */
export function withoutSecrets(said: string, hidden: readonly Pick<Hidden, "id" | "value" | "written">[]): string {
  let clean = said;
  for (const { id, value, written } of hidden.toSorted((a, b) => b.value.length - a.value.length)) {
    for (const form of [written, value]) if (TELLING_LENGTH <= form.length) clean = clean.replaceAll(form, `[hidden:${id}]`);
  }
  return clean;
}

/** Shorter ones stand in other words by chance. */
export const TELLING_LENGTH = 4;

function indentAt(text: string, at: number): number {
  const line = text.lastIndexOf("\n", at - 1) + 1;
  return /^ */.exec(text.slice(line, at))?.[0].length ?? 0;
}

function moved({ written, indent }: Hidden, to: number): string {
  return indent === to ? written : written.replaceAll(/\n( *)(?=[^\s])/g, (_, blanks: string) => `\n${" ".repeat(Math.max(0, blanks.length - indent + to))}`);
}
