// One record of the agent's log, and what of it is shown on one line.
import type { ResultOf } from "#edges/all-commands.ts";
import { withoutStyles } from "../../parts/text/ansi.ts";

export type LogLine = ResultOf<"logs.search">["lines"][number];
export type Level = LogLine["level"];
export const levels = ["debug", "info", "warn", "error"] as const satisfies readonly Level[];

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
