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
  // A panel that would leave the page is moved back onto it.
  useLayoutEffect(() => {
    const element = panel.current;
    if (element === null) return;
    const fit = (): void => {
      element.style.transform = "";
      const { left, right } = element.getBoundingClientRect();
      const most = document.documentElement.clientWidth - EDGE_PIXELS;
      const shift = left < EDGE_PIXELS ? EDGE_PIXELS - left : Math.min(0, most - right);
      if (shift !== 0) element.style.transform = `translateX(${shift}px)`;
    };
    fit();
    const observer = new ResizeObserver(fit); // Told when all has its new place.
    observer.observe(document.documentElement);
    return () => observer.disconnect();
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
        <div class={`popup-panel ${align}`} ref={panel} id={id} role="group" aria-label={label}>
          {children(close)}
        </div>
      )}
    </div>
  );
}
