// A dialog over the page. The browser keeps the focus inside it, closes it with Escape and gives the focus back.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { say } from "../words/say.ts";
import { words } from "../words/frame.ts";
import { Icon } from "./icon.tsx";

export interface DialogProps {
  readonly title: string;
  readonly close: () => void;
  readonly children: ComponentChildren;
  readonly class?: string;
}

export function Dialog({ title, close, children, class: look = "" }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  /** Where the press began: who marks text in a field may well let go beside the dialog. */
  const pressed = useRef<EventTarget>(undefined);
  useEffect(() => {
    const dialog = box.current;
    if (dialog !== null && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog class={`dialog ${look}`} ref={box} aria-labelledby={id} onCancel={(event) => (event.preventDefault(), close())} onPointerDown={({ target }) => (pressed.current = target ?? undefined)} onClick={({ target }) => target === box.current && pressed.current === target && close()}>
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id={id}>{title}</h2>
          <button type="button" class="icon-button" aria-label={say(words.close)} onClick={close}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
