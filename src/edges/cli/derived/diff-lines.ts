// The difference of two texts, as everybody knows it: what went away, what came, and some lines around it.
import type { JsonValue } from "#base/json.ts";
import { say } from "#base/lang.ts";
import { printable } from "#kernel/config/cells.ts";
import type { Style } from "../terminal.ts";
import { isList, isMap } from "./value-text.ts";

interface Diff {
  readonly hunks: readonly { readonly fromLine: number; readonly toLine: number; readonly lines: readonly { readonly is: "same" | "added" | "removed"; readonly text: string }[] }[];
}

/** As `config.diff` and others give it. */
export function isDiff(value: JsonValue): boolean {
  return isMap(value) && isList(value["hunks"] ?? null) && typeof value["added"] === "number" && typeof value["removed"] === "number";
}

export function diffLines(value: JsonValue, style: Style): string[] {
  const { hunks } = value as unknown as Diff;
  if (hunks.length === 0) return [say({ en: "no difference", ko: "차이가 없습니다" })];
  return hunks.flatMap(({ fromLine, toLine, lines }) => [
    style.cyan(`@@ -${fromLine} +${toLine} @@`),
    ...lines.map(({ is, text }) => (is === "added" ? style.green(`+${printable(text)}`) : is === "removed" ? style.red(`-${printable(text)}`) : ` ${printable(text)}`)),
  ]);
}
