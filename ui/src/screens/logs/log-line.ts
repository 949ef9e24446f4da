// One record of the agent's log, and what of it is shown on one line.
import type { ResultOf } from "#edges/all-commands.ts";
import { partsOf } from "./found-in.ts";
import type { Wanted } from "./found-in.ts";
import { styledTexts, withoutStyles } from "./ansi.ts";

export type LogLine = ResultOf<"logs.search">["lines"][number];
export type Level = LogLine["level"];
export const levels = ["debug", "info", "warn", "error"] as const satisfies readonly Level[];

export interface MarkedText {
  readonly text: string;
  readonly classes: string;
  readonly isFound: boolean;
}

/** The message with its colours and with what was searched for marked, also where colours change within it. */
export function markedTexts(text: string, wanted: Wanted): readonly MarkedText[] {
  const styled = styledTexts(text);
  const found = partsOf(withoutStyles(text), wanted);
  const marked: MarkedText[] = [];
  let part = 0;
  let left = found[0]?.text.length ?? 0;
  for (const piece of styled) {
    let from = 0;
    while (from < piece.text.length) {
      while (left === 0 && part < found.length - 1) {
        part += 1;
        left = found[part]?.text.length ?? 0;
      }
      const length = Math.min(piece.text.length - from, left === 0 ? Infinity : left);
      marked.push({ text: piece.text.slice(from, from + length), classes: piece.classes, isFound: found[part]?.isFound === true });
      from += length;
      left = Math.max(0, left - length);
    }
  }
  return marked;
}

const FIELD_CHARACTERS_MAX = 160;

export interface ShownField {
  readonly name: string;
  readonly value: string;
  /** It is longer, or has more in it, than a line shows. */
  readonly isCut: boolean;
}

export function shownFields(fields: LogLine["fields"]): readonly ShownField[] {
  return Object.entries(fields).map(([name, value]) => {
    const whole = typeof value === "string" ? value : JSON.stringify(messageOf(value) ?? value) ?? "";
    const line = withoutStyles(whole).replaceAll(/\s*\n\s*/g, " ⏎ ");
    return { name, value: FIELD_CHARACTERS_MAX < line.length ? `${line.slice(0, FIELD_CHARACTERS_MAX)}…` : line, isCut: FIELD_CHARACTERS_MAX < line.length || whole.includes("\n") || (typeof value === "object" && value !== null) };
  });
}

/** Of an error as the log writes it. */
function messageOf(value: unknown): string | undefined {
  return typeof value === "object" && value !== null && "message" in value && typeof value.message === "string" ? value.message : undefined;
}

export function foldedMessage(message: string): { readonly first: string; readonly more: number } {
  const lines = message.trimEnd().split("\n");
  return { first: lines[0] ?? "", more: lines.length - 1 };
}

/** All of it, for the clipboard and for files. */
export function plainLine({ atMs, level, message, fields }: LogLine): string {
  const rest = Object.keys(fields).length === 0 ? "" : ` ${JSON.stringify(fields)}`;
  return `${new Date(atMs).toISOString()} ${level.toUpperCase()} ${withoutStyles(message)}${rest}`;
}

/** What a search looks into. */
export function searchedText({ message, fields }: LogLine): string {
  return `${withoutStyles(message)} ${JSON.stringify(fields)}`;
}
