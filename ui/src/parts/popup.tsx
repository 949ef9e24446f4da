// A button with a panel below it, that goes away with Escape, a click elsewhere, or when the focus leaves it.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface PopupProps {
  readonly label: string;
  readonly face: ComponentChildren;
  readonly class?: string;
  readonly align?: "start" | "end";
  /** What is in the panel; `close` puts the focus back on the button. */
  readonly children: (close: () => void) => ComponentChildren;
}

const EDGE_PIXELS = 8;
const GAP_PIXELS = 4;

export function Popup({ label, face, class: look = "icon-button", align = "end", children }: PopupProps) {
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    if (!isOpen) return;
    const elsewhere = (event: Event): void => {
      if (event.target instanceof Node && box.current?.contains(event.target) === false) setOpen(false);
    };
    document.addEventListener("pointerdown", elsewhere);
    document.addEventListener("focusin", elsewhere);
    return () => {
      document.removeEventListener("pointerdown", elsewhere);
      document.removeEventListener("focusin", elsewhere);
    };
  }, [isOpen]);
  // The panel is in the browser's top layer, for a table that scrolls would cut it off; so its place beside the button is ours to find.
  useLayoutEffect(() => {
    if (panel.current === null || button.current === null) return;
    return keepBeside(button.current, panel.current, align);
  }, [isOpen]);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div
      class="popup"
      ref={box}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !isOpen) return;
        event.stopPropagation();
        close();
      }}
    >
      <button type="button" class={look} ref={button} aria-label={label} title={label} aria-expanded={isOpen} aria-controls={isOpen ? id : undefined} onClick={() => setOpen(!isOpen)}>
        {face}
      </button>
      {isOpen && (
        <div class="popup-panel" popover="manual" ref={panel} id={id} role="group" aria-label={label}>
          {children(close)}
        </div>
      )}
    </div>
  );
}

/** Shows the panel below the button, above it where there is more room, never beyond the window; the answer ends the watch over it. */
function keepBeside(button: HTMLElement, panel: HTMLElement, align: "start" | "end"): () => void {
  panel.showPopover();
  const place = (): void => {
    const { clientWidth, clientHeight } = document.documentElement;
    const beside = button.getBoundingClientRect();
    const { width, height } = panel.getBoundingClientRect();
    const left = align === "start" ? beside.left : beside.right - width;
    const isBelow = beside.bottom + GAP_PIXELS + height <= clientHeight - EDGE_PIXELS || beside.top < clientHeight - beside.bottom;
    const top = isBelow ? beside.bottom + GAP_PIXELS : beside.top - GAP_PIXELS - height;
    panel.style.left = `${within(left, clientWidth - width)}px`;
    panel.style.top = `${within(top, clientHeight - height)}px`;
  };
  place();
  const observer = new ResizeObserver(place);
  observer.observe(document.documentElement);
  observer.observe(panel);
  addEventListener("scroll", place, { capture: true, passive: true });
  return () => {
    observer.disconnect();
    removeEventListener("scroll", place, { capture: true });
  };
}

function within(wanted: number, room: number): number {
  return Math.max(EDGE_PIXELS, Math.min(wanted, room - EDGE_PIXELS));
}
