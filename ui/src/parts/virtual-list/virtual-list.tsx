// A list of very many rows, of which only those in sight are on the page: the log's lines, the records of a tap. `j` and `k` walk it from
// wherever one is on the screen, Enter opens the row one stands on.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { useScreenKeys } from "../screen-keys.ts";
import { indexOfNumber } from "./fit-heights.ts";
import type { NumberOf } from "./fit-heights.ts";
import type { RowFace } from "./row-places.ts";
import { RowWindow } from "./row-window.ts";
import type { WindowContent } from "./row-window.ts";

export interface VirtualListProps<Row, Look> extends WindowContent<Row, Look> {
  readonly label: string;
  readonly class: string;
  /** Grows from row to row. */
  readonly numberOf: NumberOf<Row>;
  readonly face: () => RowFace<Row, Look>;
  /** The row that the keys walk from, by its number. */
  readonly current: number | undefined;
  onCurrent(row: Row): void;
  onOpen(row: Row): void;
  /** What was pressed in a row: the `data-act` of its button; undefined: the row itself. */
  onPress(row: Row, act: string | undefined): void;
  /** Brings this row into the middle of the sight, each time `times` grows. */
  readonly target?: { readonly number: number; readonly times: number } | undefined;
  onEdge?(edge: "first" | "last"): void;
  onEnd?(isAtEnd: boolean): void;
}

export function VirtualList<Row, Look>(props: VirtualListProps<Row, Look>) {
  const { label, class: look, rows, numberOf, face, current, target } = props;
  const box = useRef<HTMLDivElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const shown = useRef<RowWindow<Row, Look>>(undefined);

  useLayoutEffect(() => {
    if (box.current === null || sheet.current === null) return;
    const window = new RowWindow<Row, Look>({
      box: box.current,
      sheet: sheet.current,
      numberOf,
      face,
      onEdge: (edge) => latest.current.onEdge?.(edge),
      onEnd: (isAtEnd) => latest.current.onEnd?.(isAtEnd),
    });
    shown.current = window;
    return () => {
      window.close();
      shown.current = undefined;
    };
  }, []);

  useLayoutEffect(() => shown.current?.set(latest.current));
  useLayoutEffect(() => {
    if (target !== undefined) shown.current?.show(target.number, true);
  }, [target?.number, target?.times, 0 < rows.length]);
  // The focus is where the keys are, so that it is read aloud and Tab goes on to what the row has.
  const walked = useRef<number>(undefined);
  useEffect(() => {
    if (current === undefined || walked.current !== current) return;
    shown.current?.show(current, false);
    shown.current?.focus(current);
  }, [current]);

  const walk = (by: 1 | -1): void => {
    const at = current === undefined ? -1 : indexOfNumber(rows, current, numberOf);
    const row = at < 0 ? shown.current?.inSight(by === 1 ? "first" : "last") : rows[at + by];
    if (row === undefined) return;
    walked.current = numberOf(row);
    latest.current.onCurrent(row);
  };
  const walkInside = (by: 1 | -1) => (event: KeyboardEvent) => {
    const isElsewhere = event.target instanceof Element && event.target !== document.body && box.current?.contains(event.target) === false;
    if (isElsewhere) return false;
    walk(by);
    return true;
  };
  useScreenKeys({
    KeyJ: () => walk(1),
    KeyK: () => walk(-1),
    ArrowDown: walkInside(1),
    ArrowUp: walkInside(-1),
    Enter: () => {
      const at = current === undefined ? -1 : indexOfNumber(rows, current, numberOf);
      if (at < 0) return false;
      latest.current.onOpen(rows[at]!);
      return true;
    },
  });

  // Rows move while more come: what a mouse is pressed on may be another row before it is let go.
  const pressed = useRef<Row>(undefined);
  const onPointerDown = (event: PointerEvent): void => {
    pressed.current = event.button === 0 && event.target instanceof Element ? shown.current?.rowOf(event.target) : undefined;
  };
  const onClick = (event: MouseEvent): void => {
    if (!(event.target instanceof Element) || event.target.closest("a") !== null) return;
    const row = pressed.current ?? shown.current?.rowOf(event.target);
    pressed.current = undefined;
    const act = event.target.closest<HTMLElement>("[data-act]")?.dataset["act"];
    // Who marks text with the mouse presses nothing.
    if (row !== undefined && (act !== undefined || document.getSelection()?.isCollapsed !== false)) latest.current.onPress(row, act);
  };
  return (
    <div class={`virtual ${look}`} ref={box} tabIndex={0} role="grid" aria-label={label} aria-rowcount={rows.length} onPointerDown={onPointerDown} onClick={onClick}>
      <div class="virtual-sheet" ref={sheet} role="rowgroup" />
    </div>
  );
}
