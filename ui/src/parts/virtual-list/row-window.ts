// The part of a very long list that is in sight. It works on the page itself and not through Preact: a frame of scrolling is then what its rows
// cost to fill. Rows may differ in height: each is measured when it is first seen, and what is measured above the sight moves the scroll
// with it, so that the text one reads stands still.
import { fitHeights, indexOfNumber } from "./fit-heights.ts";
import type { NumberOf } from "./fit-heights.ts";
import { RowHeights } from "./row-heights.ts";
import { RowPlaces } from "./row-places.ts";
import type { RowFace } from "./row-places.ts";

export interface WindowContent<Row, Look> {
  readonly rows: readonly Row[];
  /** What rows show beside themselves: another one, and all in sight are filled anew. */
  readonly look: Look;
  /** Of a row that was not measured yet, or of all. */
  readonly rowPixels: number;
  /** Heights differ: rows are to be measured. Another value: measured anew. undefined: all are as high as `rowPixels`. */
  readonly measure: string | undefined;
  /** New rows at the end pull the view with them while it stands there. */
  readonly isFollowing: boolean;
}

export interface WindowParts<Row, Look> {
  readonly box: HTMLElement;
  readonly sheet: HTMLElement;
  readonly numberOf: NumberOf<Row>;
  readonly face: () => RowFace<Row, Look>;
  readonly onEdge: (edge: "first" | "last") => void;
  readonly onEnd: (isAtEnd: boolean) => void;
}

/** Rows filled beyond the sight on each side, so that a fast scroll shows no white. */
const BEYOND = 8;
const NEAR_PIXELS = 400;

export class RowWindow<Row, Look> {
  readonly #parts: WindowParts<Row, Look>;
  readonly #heights = new RowHeights();
  readonly #places: RowPlaces<Row, Look>;
  readonly #watcher: ResizeObserver;
  #content: WindowContent<Row, Look> | undefined;
  /** The number of the row that is the first now; rows that come before it make it smaller. */
  #firstNumber = 0;
  #range = { first: 0, last: -1 };
  #sight = { pixels: 600, across: 0 };
  #isAtEnd = true;
  /** Where the view was put last, by us or by the reader: only who scrolls up leaves the end, not whom new lines outrun. */
  #lastTop = 0;

  constructor(parts: WindowParts<Row, Look>) {
    this.#parts = parts;
    const { box, sheet, face } = parts;
    this.#places = new RowPlaces(sheet, face, () => box.focus({ preventScroll: true }));
    box.addEventListener("scroll", this.#onScroll, { passive: true });
    this.#watcher = new ResizeObserver(this.#onResize);
    this.#watcher.observe(box);
    this.#sight = { pixels: box.clientHeight, across: box.clientWidth };
  }

  close(): void {
    this.#parts.box.removeEventListener("scroll", this.#onScroll);
    this.#watcher.disconnect();
    this.#places.close();
  }

  set(content: WindowContent<Row, Look>): void {
    const before = this.#content;
    this.#content = content;
    const { rows, measure, rowPixels, look, isFollowing } = content;
    const { box } = this.#parts;
    const isMeasuredAnew = before === undefined || before.measure !== measure || before.rowPixels !== rowPixels;
    let movedPixels = 0;
    if (isMeasuredAnew) {
      const seen = before === undefined ? undefined : this.#heights.rowAt(box.scrollTop);
      this.#heights.reset(new Float64Array(rows.length).fill(rowPixels));
      // What was at the top is at the top again, though all above it is of another height.
      if (seen !== undefined && before?.rows === rows) movedPixels = this.#heights.offset(seen) - box.scrollTop;
    } else if (before.rows !== rows) {
      const moved = fitHeights(this.#heights, before.rows, rows, rowPixels, this.#parts.numberOf);
      this.#firstNumber = moved.rows === undefined ? 0 : this.#firstNumber - moved.rows;
      movedPixels = moved.pixels;
    } else if (before.look === look && before.isFollowing === isFollowing) return;
    this.#size();
    if (isFollowing && this.#isAtEnd) this.#scrollTo(Infinity);
    else if (movedPixels !== 0) this.#scrollTo(box.scrollTop + movedPixels);
    this.#draw({ isFresh: isMeasuredAnew || before?.look !== look, isAtRest: true });
  }

  /** Brings a row into sight: into its middle, or no farther than is needed. */
  show(wanted: number, isInMiddle: boolean): void {
    const { rows = [], rowPixels = 0 } = this.#content ?? {};
    const at = indexOfNumber(rows, wanted, this.#parts.numberOf);
    if (at < 0) return;
    const { box } = this.#parts;
    const [top, bottom] = [this.#heights.offset(at), this.#heights.offset(at + 1)];
    if (isInMiddle) this.#scrollTo(top - this.#sight.pixels / 2 + rowPixels);
    else if (top < box.scrollTop) this.#scrollTo(top);
    else if (box.scrollTop + this.#sight.pixels < bottom) this.#scrollTo(bottom - this.#sight.pixels);
    this.#draw({ isFresh: false, isAtRest: true });
    this.#tellEnd(isInMiddle ? this.#heights.total - this.#sight.pixels - box.scrollTop < rowPixels : at === rows.length - 1);
  }

  focus(wanted: number): void {
    const at = indexOfNumber(this.#content?.rows ?? [], wanted, this.#parts.numberOf);
    if (0 <= at) this.#places.element(at + this.#firstNumber)?.focus({ preventScroll: true });
  }

  /** The row that stands where something happened. */
  rowOf(element: Element): Row | undefined {
    const number = this.#places.numberAt(element);
    return number === undefined ? undefined : this.#content?.rows[number - this.#firstNumber];
  }

  /** The first row that is whole in sight, or the last. */
  inSight(end: "first" | "last"): Row | undefined {
    const top = this.#parts.box.scrollTop;
    const at = this.#heights.rowAt(end === "first" ? top : top + this.#sight.pixels - 1);
    const isCut = end === "first" ? this.#heights.offset(at) < top : top + this.#sight.pixels < this.#heights.offset(at + 1);
    const rows = this.#content?.rows ?? [];
    return (isCut ? rows[end === "first" ? at + 1 : at - 1] : undefined) ?? rows[at];
  }

  readonly #onScroll = (): void => {
    const { box, onEdge } = this.#parts;
    const top = box.scrollTop;
    const left = this.#heights.total - this.#sight.pixels - top;
    this.#tellEnd(left < (this.#content?.rowPixels ?? 0) || (this.#isAtEnd && this.#lastTop <= top));
    this.#lastTop = top;
    if (top < NEAR_PIXELS) onEdge("first");
    if (left < NEAR_PIXELS) onEdge("last");
    this.#draw({ isFresh: false, isAtRest: false });
  };

  readonly #onResize = (): void => {
    const { box } = this.#parts;
    const isOtherWidth = this.#sight.across !== box.clientWidth;
    if (!isOtherWidth && this.#sight.pixels === box.clientHeight) return;
    this.#sight = { pixels: box.clientHeight, across: box.clientWidth };
    if (this.#content?.isFollowing === true && this.#isAtEnd) this.#scrollTo(Infinity);
    this.#draw({ isFresh: isOtherWidth && this.#content?.measure !== undefined, isAtRest: true });
  };

  #draw({ isFresh, isAtRest }: { readonly isFresh: boolean; readonly isAtRest: boolean }): void {
    const { rows = [], look, measure, isFollowing = false } = this.#content ?? {};
    const { box } = this.#parts;
    const top = Math.min(box.scrollTop, Math.max(0, this.#heights.total - this.#sight.pixels));
    const first = Math.max(0, this.#heights.rowAt(top) - BEYOND);
    const last = Math.min(rows.length - 1, this.#heights.rowAt(top + this.#sight.pixels) + BEYOND);
    const base = this.#firstNumber;
    this.#places.reserve(last - first + 1);
    const filled: number[] = [];
    for (let at = first; at <= last; at += 1) if (this.#places.fill(at + base, rows[at]!, look!, isFresh)) filled.push(at);
    this.#places.trim(first + base, last + base);
    this.#range = { first, last };
    const pushed = measure === undefined || filled.length === 0 ? undefined : this.#measure(filled, top);
    for (let at = first; at <= last; at += 1) this.#places.put(at + base, this.#heights.offset(at));
    this.#places.order(first + base, last + base, isAtRest);
    if (pushed === undefined) return;
    this.#size();
    if (isFollowing && this.#isAtEnd) this.#scrollTo(Infinity);
    else if (pushed !== 0) this.#scrollTo(top + pushed);
    // Rows that turned out lower than was guessed may leave room for more: once more, and it ends, for these are measured now.
    if (this.#isShort()) this.#draw({ isFresh: false, isAtRest });
  }

  /** By how much those above the sight have grown; undefined: all were as high as was known. */
  #measure(filled: readonly number[], top: number): number | undefined {
    const seen = this.#heights.rowAt(top);
    let pushed: number | undefined;
    // All are read before anything is written, so that the page is laid out once.
    for (const at of filled) {
      const height = this.#places.element(at + this.#firstNumber)?.offsetHeight ?? 0;
      const more = height - this.#heights.height(at);
      if (height === 0 || more === 0) continue;
      pushed = (pushed ?? 0) + (at < seen ? more : 0);
      this.#heights.set(at, height);
    }
    return pushed;
  }

  #isShort(): boolean {
    const { first, last } = this.#range;
    const top = this.#parts.box.scrollTop;
    const isShortAbove = 0 < first && top < this.#heights.offset(first);
    const isShortBelow = last < this.#heights.count - 1 && this.#heights.offset(last + 1) < top + this.#sight.pixels;
    return isShortAbove || isShortBelow;
  }

  #size(): void {
    this.#parts.sheet.style.height = `${this.#heights.total}px`;
  }

  #scrollTo(top: number): void {
    const { box } = this.#parts;
    box.scrollTop = Math.min(top, this.#heights.total);
    this.#lastTop = box.scrollTop;
  }

  #tellEnd(isAtEnd: boolean): void {
    if (isAtEnd === this.#isAtEnd) return;
    this.#isAtEnd = isAtEnd;
    this.#parts.onEnd(isAtEnd);
  }
}
