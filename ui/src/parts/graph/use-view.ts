// Which part of a drawing is in sight: of a graph with hundreds of boxes only those are drawn.
import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

/** In pixels of the page, from the drawing's corner. */
export interface View {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** So coarse that scrolling does not draw anew at each pixel. */
const STEP_PIXELS = 64;

export function useView(box: RefObject<HTMLElement | null>): View {
  const [view, setView] = useState<View>({ left: 0, top: 0, width: 1000, height: 800 });
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    let frame = 0;
    const read = (): void => {
      frame = 0;
      const rounded = (value: number): number => Math.round(value / STEP_PIXELS) * STEP_PIXELS;
      const next = { left: rounded(element.scrollLeft), top: rounded(element.scrollTop), width: element.clientWidth, height: element.clientHeight };
      setView((old) => (old.left === next.left && old.top === next.top && old.width === next.width && old.height === next.height ? old : next));
    };
    const readSoon = (): void => {
      if (frame === 0) frame = requestAnimationFrame(read);
    };
    const observer = new ResizeObserver(readSoon);
    observer.observe(element);
    element.addEventListener("scroll", readSoon, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", readSoon);
      cancelAnimationFrame(frame);
    };
  }, []);
  return view;
}

/** Whether something from one corner to the other can be seen, or nearly. */
export function isInView({ left, top, width, height }: View, scale: number, from: { readonly x: number; readonly y: number }, to: { readonly x: number; readonly y: number }): boolean {
  const spare = 2 * STEP_PIXELS;
  const [minX, maxX] = [Math.min(from.x, to.x) * scale, Math.max(from.x, to.x) * scale];
  const [minY, maxY] = [Math.min(from.y, to.y) * scale, Math.max(from.y, to.y) * scale];
  return minX <= left + width + spare && left - spare <= maxX && minY <= top + height + spare && top - spare <= maxY;
}
