// What stands around a drawing of boxes and ways: how large it is shown, scrolling to what was chosen, and the walk from box to box by arrow keys.
import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { percent } from "../figures.ts";
import { say } from "../../words/say.ts";
import { words } from "../../words/parts.ts";
import type { ArrowKey, Layout } from "./ways.ts";
import type { View } from "./use-view.ts";
import "./graph.css";

export interface GraphFrameProps {
  readonly box: RefObject<HTMLDivElement | null>;
  readonly view: View;
  readonly layout: Layout;
  readonly boxWidth: number;
  readonly boxHeight: number;
  /** What the drawing is of. */
  readonly label: string;
  readonly isMoving: boolean;
  /** Comes into sight first. */
  readonly first: string | undefined;
  readonly chosen: string | undefined;
  readonly focused: string | undefined;
  readonly setFocused: (id: string) => void;
  readonly choose: (id: string) => void;
  readonly neighbour: (id: string, key: ArrowKey) => string | undefined;
  readonly children: (scale: number) => ComponentChildren;
}

/** Smaller letters nobody reads: rather it is scrolled. */
const READABLE = 0.8;

export function GraphFrame({ box, view, layout, boxWidth, boxHeight, label, isMoving, first, chosen, focused, setFocused, choose, neighbour, children }: GraphFrameProps) {
  const [zoom, setZoom] = useState<number>();
  const isWalking = useRef(false);
  const boxOf = (id: string): SVGElement | undefined => box.current?.querySelector<SVGElement>(`[data-id="${CSS.escape(id)}"]`) ?? undefined;
  // The box that is walked to was out of sight, and is drawn only now.
  useEffect(() => {
    if (!isWalking.current || focused === undefined) return;
    isWalking.current = false;
    boxOf(focused)?.focus();
  }, [focused]);
  const fit = Math.min(1, (view.width - 2) / Math.max(1, layout.width));
  const scale = zoom ?? Math.max(READABLE, fit);
  useEffect(() => {
    const start = first === undefined ? undefined : layout.nodes.get(first);
    if (box.current !== null && start !== undefined) box.current.scrollTop = start.y * scale - box.current.clientHeight / 2;
  }, [layout]);
  // What was chosen elsewhere, by a link or in a panel, comes into sight.
  useEffect(() => {
    const element = box.current;
    const place = chosen === undefined ? undefined : layout.nodes.get(chosen);
    if (element === null || place === undefined) return;
    const [x, y] = [place.x * scale, place.y * scale];
    if (x - boxWidth / 2 < element.scrollLeft || element.scrollLeft + element.clientWidth < x + boxWidth / 2) element.scrollLeft = x - element.clientWidth / 2;
    if (y - boxHeight / 2 < element.scrollTop || element.scrollTop + element.clientHeight < y + boxHeight / 2) element.scrollTop = y - element.clientHeight / 2;
  }, [layout, chosen, scale]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = event.target instanceof SVGElement ? event.target.dataset["id"] : undefined;
    if (event.isComposing || at === undefined) return;
    const { key } = event;
    if (key === "Enter" || key === " ") {
      event.preventDefault();
      choose(at);
    } else if (key === "ArrowLeft" || key === "ArrowRight" || key === "ArrowUp" || key === "ArrowDown") {
      event.preventDefault();
      const next = neighbour(at, key);
      if (next === undefined) return;
      const drawn = boxOf(next);
      isWalking.current = drawn === undefined;
      setFocused(next);
      drawn?.focus();
    }
  };
  return (
    <div class="graph">
      <div class="graph-tools">
        <button type="button" class="icon-button" aria-label={say(words.zoomOut)} onClick={() => setZoom(Math.max(0.2, scale / 1.25))}>
          −
        </button>
        <button type="button" class="quiet-button" onClick={() => setZoom(zoom === undefined ? fit : undefined)} aria-label={`${percent(scale)} ${say(words.zoomFit)}`}>
          {percent(scale)}
        </button>
        <button type="button" class="icon-button" aria-label={say(words.zoomIn)} onClick={() => setZoom(Math.min(2, scale * 1.25))}>
          +
        </button>
      </div>
      <div class="graph-frame" ref={box} tabIndex={0} role="region" aria-label={say(words.graph)}>
        <svg class={`graph-drawing ${isMoving ? "moving" : ""}`} role="group" aria-label={label} width={layout.width * scale} height={layout.height * scale} viewBox={`0 0 ${layout.width} ${layout.height}`} onKeyDown={onKeyDown}>
          {children(scale)}
        </svg>
      </div>
    </div>
  );
}
