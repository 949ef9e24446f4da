// One line of the log: when, how bad, from where, what, and its fields; folded to a line until somebody wants more. Its elements are made once
// and filled with one line after the other as one scrolls; what is pressed in it is the list's affair (`data-act`).
import type { RowFace } from "../../parts/virtual-list/row-places.ts";
import { unturned } from "../../parts/unturned.ts";
import { hrefWith } from "../../route.ts";
import { words } from "../../words/logs.ts";
import { language, say } from "../../words/say.ts";
import type { Wanted } from "../../parts/text/found-in.ts";
import { foldedMessage, shownFields } from "./log-line.ts";
import { markedPieces } from "../../parts/text/marked-texts.ts";
import type { LogLine } from "./log-line.ts";
import { shortTime, wholeTime } from "./log-times.ts";
import type { LogRow } from "./log-window.ts";
import { fillPieces } from "../../parts/text/pieces.ts";
import type { Piece } from "../../parts/text/pieces.ts";

/** What lines show beside themselves. */
export interface LogLook {
  /** Marked wherever it stands. */
  readonly wanted: Wanted;
  readonly target: number | undefined;
  readonly current: number | undefined;
  readonly unfolded: ReadonlySet<number>;
  /** Of the page, to link to a line. */
  readonly here: URLSearchParams;
}

/** What the buttons of a line do. */
export type LogAct = "pipeline" | "copy" | "fold";

const ICONS = { copy: "M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3", unfold: "M4 6.2 8 10l4-3.8", fold: "M4 9.8 8 6l4 3.8" } as const;

export function logFace(): RowFace<LogRow, LogLook> {
  const element = part("div", "row", "virtual-row log-row");
  element.tabIndex = -1;
  const when = part("span", "gridcell", "log-when");
  const time = document.createElement("a");
  time.className = "log-time";
  when.append(time);
  // Said only where one points at it.
  let shownMs = 0;
  time.addEventListener("pointerenter", () => (time.title = `${wholeTime(shownMs)}, ${say(words.permalink)}`));
  const level = part("span", "gridcell", "log-level");
  const from = part("span", "gridcell", "log-from");
  const pipeline = button("pipeline", "log-pipeline");
  from.append(pipeline);
  const text = part("span", "gridcell", "log-text");
  const acts = part("span", "gridcell", "log-acts");
  const copy = button("copy", "icon-button");
  copy.append(icon(ICONS.copy));
  const fold = button("fold", "icon-button");
  const foldIcon = icon(ICONS.unfold);
  fold.append(foldIcon);
  acts.append(copy, fold);
  element.append(when, level, from, text, acts);
  let whole: HTMLElement | undefined;
  /** What the buttons say depends on little: it is not said again for each line. */
  let said = "";

  return {
    element,
    show({ line, isAround, isAfterGap }, { wanted, target, current, unfolded, here }) {
      const isUnfolded = unfolded.has(line.id);
      const { pieces, hasMore } = piecesOf(line, isUnfolded, wanted);
      element.className = `virtual-row log-row level-${line.level}${isAround ? " around" : ""}${isAfterGap ? " after-gap" : ""}${line.id === target ? " target" : ""}${line.id === current ? " current" : ""}`;
      time.textContent = shortTime(line.atMs);
      shownMs = line.atMs;
      time.href = linkTo(line.id, here);
      if (level.textContent !== line.level) level.textContent = line.level;
      const name = pipelineOf(line);
      if (from.hidden !== (name === undefined)) from.hidden = name === undefined;
      if (name !== undefined && pipeline.textContent !== unturned(name)) {
        pipeline.textContent = unturned(name);
        pipeline.title = say(words.onlyPipeline, { name: unturned(name) });
      }
      whole?.remove();
      whole = undefined;
      fillPieces(text, pieces);
      if (isUnfolded && 0 < Object.keys(line.fields).length) {
        whole = document.createElement("pre");
        whole.className = "log-fields";
        fillPieces(whole, markedPieces(JSON.stringify(line.fields, undefined, 2), wanted));
        text.append(whole);
      }
      if (fold.hidden !== (!hasMore && !isUnfolded)) fold.hidden = !hasMore && !isUnfolded;
      if (said === `${language.value} ${isUnfolded}`) return;
      said = `${language.value} ${isUnfolded}`;
      copy.title = say(words.copyLine);
      copy.ariaLabel = copy.title;
      fold.ariaExpanded = String(isUnfolded);
      fold.title = say(isUnfolded ? words.fold : words.unfold);
      fold.ariaLabel = fold.title;
      foldIcon.firstElementChild?.setAttribute("d", isUnfolded ? ICONS.fold : ICONS.unfold);
    },
  };
}

export function pipelineOf({ fields: { pipeline } }: LogLine): string | undefined {
  return typeof pipeline === "string" ? pipeline : undefined;
}

/** What stands on the line: the message, and behind it its fields, unless all of them stand below. */
function piecesOf({ message, fields }: LogLine, isUnfolded: boolean, wanted: Wanted): { readonly pieces: readonly Piece[]; readonly hasMore: boolean } {
  const { first, more } = foldedMessage(message);
  const rest = shownFields(fields).filter(({ name }) => name !== "pipeline");
  const hasMore = 0 < more || rest.some(({ isCut }) => isCut) || 3 < rest.length;
  if (isUnfolded) return { pieces: markedPieces(message, wanted), hasMore };
  const pieces = markedPieces(first, wanted);
  if (0 < more) pieces.push({ tag: "span", look: "log-more", text: `+${say(words.lines, { count: more })}` });
  for (const { name, value } of rest) pieces.push({ tag: "span", look: "log-field-name", text: `${unturned(name)}=` }, ...markedPieces(value, wanted));
  return { pieces, hasMore };
}

/** As `hrefWith` makes it, which takes the address apart for each. */
let known: { readonly here: URLSearchParams; readonly start: string } | undefined;
function linkTo(id: number, here: URLSearchParams): string {
  if (known?.here !== here) {
    const start = hrefWith({ at: undefined });
    known = { here, start: `${start}${start.includes("?") ? "&" : "?"}at=` };
  }
  return `${known.start}${id}`;
}

function part(tag: "div" | "span", role: string, look: string): HTMLElement {
  const element = document.createElement(tag);
  element.setAttribute("role", role);
  element.className = look;
  return element;
}

function button(act: LogAct, look: string): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = look;
  element.dataset["act"] = act;
  return element;
}

function icon(drawing: string): SVGElement {
  const SVG = "http://www.w3.org/2000/svg";
  const element = document.createElementNS(SVG, "svg");
  for (const [name, value] of [["class", "icon"], ["viewBox", "0 0 16 16"], ["width", "14"], ["height", "14"], ["aria-hidden", "true"]] as const) element.setAttribute(name, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", drawing);
  element.append(path);
  return element;
}
