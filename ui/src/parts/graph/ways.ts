// Ways from one box of a drawing to another, and where on them their words stand.

export interface Placed {
  readonly x: number;
  readonly y: number;
}
export interface PlacedLink {
  /** An SVG path. */
  readonly path: string;
  readonly middle: Placed;
}
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The middle of each box. */
  readonly nodes: ReadonlyMap<string, Placed>;
  /** In the order of the graph's. */
  readonly links: readonly PlacedLink[];
}
/** `down`: for narrow pages, one box below the other, so that nothing has to be made small. */
export type Direction = "right" | "down";
export type ArrowKey = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";

/** Nearer to the end of a way, where branches are apart. */
const WORDS_AT = 0.6;
export const NOWHERE: Placed = { x: 0, y: 0 };

/** Leaves one box straight and comes to the other straight. */
export function curve(from: Placed, to: Placed, boxWidth: number): PlacedLink {
  const x1 = from.x + boxWidth / 2;
  const x2 = to.x - boxWidth / 2;
  const bend = Math.max(20, (x2 - x1) / 2);
  return { path: `M${x1} ${from.y}C${x1 + bend} ${from.y} ${x2 - bend} ${to.y} ${x2} ${to.y}`, middle: along(from.y === to.y ? 0.5 : WORDS_AT, [x1, x1 + bend, x2 - bend, x2], [from.y, from.y, to.y, to.y]) };
}

type Corners = readonly [number, number, number, number];

/** A point of a curve: `part` 0 is its beginning, 1 its end. */
export function along(part: number, xs: Corners, ys: Corners): Placed {
  const rest = 1 - part;
  const at = ([first, second, third, last]: Corners): number => rest ** 3 * first + 3 * rest ** 2 * part * second + 3 * rest * part ** 2 * third + part ** 3 * last;
  return { x: at(xs), y: at(ys) };
}
