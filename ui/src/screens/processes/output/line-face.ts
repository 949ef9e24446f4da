// One line that a process printed or read: when, by which stream, what, in the colours it has; filled with one after the other as one scrolls.
import { clock } from "../../../parts/figures.ts";
import type { Wanted } from "../../../parts/text/found-in.ts";
import { markedPieces } from "../../../parts/text/marked-texts.ts";
import { fillPieces } from "../../../parts/text/pieces.ts";
import type { RowFace } from "../../../parts/virtual-list/row-places.ts";
import { words } from "../../../words/processes.ts";
import { say } from "../../../words/say.ts";
import type { OutputLine } from "./line-ring.ts";

export interface OutputLook {
  readonly wanted: Wanted;
  readonly current: number | undefined;
  readonly target: number | undefined;
  /** Of which instance a line is, where there are several. */
  readonly areInstancesShown: boolean;
}

/** A line of a megabyte stays in the download; on the page it would hold up all the others. */
const SHOWN_MAX = 8000;

export function lineFace(): RowFace<OutputLine, OutputLook> {
  const element = document.createElement("div");
  element.setAttribute("role", "row");
  element.tabIndex = -1;
  const [when, from, text] = [cell("output-when"), cell("output-from"), cell("output-text")];
  element.append(when, from, text);
  return {
    element,
    show({ id, atMs, stream, instance, text: line }, { wanted, current, target, areInstancesShown }) {
      element.className = `virtual-row output-row ${stream}${id === current ? " current" : ""}${id === target ? " target" : ""}`;
      when.textContent = clock(atMs);
      from.textContent = `${say(words[stream])}${areInstancesShown ? ` #${instance}` : ""}`;
      fillPieces(text, markedPieces(line.length <= SHOWN_MAX ? line : `${line.slice(0, SHOWN_MAX)}…`, wanted));
    },
  };
}

function cell(look: string): HTMLElement {
  const element = document.createElement("span");
  element.setAttribute("role", "gridcell");
  element.className = look;
  return element;
}
