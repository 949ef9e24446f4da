// A text with its colours and with what was searched for marked, also where colours change within it.
import { styledTexts, withoutStyles } from "./ansi.ts";
import { partsOf } from "./found-in.ts";
import type { Wanted } from "./found-in.ts";
import type { Piece } from "./pieces.ts";
import { unturned } from "../unturned.ts";

export interface MarkedText {
  readonly text: string;
  readonly classes: string;
  readonly isFound: boolean;
}

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

export function markedPieces(text: string, wanted: Wanted): Piece[] {
  return markedTexts(text, wanted).map(({ text: piece, classes, isFound }) => ({ tag: isFound ? "mark" : classes === "" ? undefined : "span", look: isFound ? "" : classes, text: unturned(piece) }));
}
