// One record of a tap on one line: filled with one after the other as they pass.
import { clock } from "../../../parts/figures.ts";
import { unturned } from "../../../parts/unturned.ts";
import type { RowFace } from "../../../parts/virtual-list/row-places.ts";
import type { TapRecord } from "./tap-ring.ts";

/** Which records are marked, by their numbers. */
export interface TapLook {
  readonly chosen: number | undefined;
  readonly current: number | undefined;
}

const SHORT_MAX = 400;

export function tapFace(): RowFace<TapRecord, TapLook> {
  const element = document.createElement("div");
  element.setAttribute("role", "row");
  element.tabIndex = -1;
  const [order, time, text] = [cell("tap-number dim"), cell("tap-time dim"), cell("tap-text")];
  element.append(order, time, text);
  return {
    element,
    show({ number, timeMs, before, after }, { chosen, current }) {
      const isGone = after === undefined;
      element.className = `virtual-row tap-row${number === chosen ? " chosen" : ""}${number === current ? " current" : ""}`;
      element.ariaSelected = String(number === chosen);
      order.textContent = String(number);
      time.textContent = clock(timeMs);
      text.className = isGone ? "tap-text gone" : "tap-text";
      text.textContent = isGone ? `− ${short(before)}` : short(after);
    },
  };
}

function cell(look: string): HTMLElement {
  const element = document.createElement("span");
  element.setAttribute("role", "gridcell");
  element.className = look;
  return element;
}

function short(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
  return unturned(text.length <= SHORT_MAX ? text : `${text.slice(0, SHORT_MAX)}…`);
}
