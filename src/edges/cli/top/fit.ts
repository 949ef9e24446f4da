// Text cut and padded to cells: a Hangul letter takes two, a colour none.
import { cellsOf } from "#kernel/config/cells.ts";
import { plain } from "../terminal.ts";

export function padded(text: string, cells: number, isRight: boolean): string {
  const short = cut(text, cells);
  const padding = " ".repeat(Math.max(0, cells - cellsOf(plain(short))));
  return isRight ? padding + short : short + padding;
}

/** The beginning of the text that fits; colours take no room, and end. */
export function cut(text: string, cells: number): string {
  if (cellsOf(plain(text)) <= cells) return text;
  let [kept, used, isColored] = ["", 0, false];
  for (const piece of text.match(/\x1b\[[0-9;]*m|[^]/gu) ?? []) {
    const isColor = piece.startsWith("\x1b");
    if (!isColor && cells < used + cellsOf(piece)) break;
    used += isColor ? 0 : cellsOf(piece);
    isColored ||= isColor;
    kept += piece;
  }
  return isColored ? `${kept}\x1b[0m` : kept;
}
