// Keys that work on every screen. They go by the key's place, not by what it writes, so that `g` works while the keyboard is set to Korean;
// while a syllable is being composed, or in a field, they are the field's.
import { signal } from "@preact/signals";
import { go } from "../route.ts";
import { may } from "../agent/session.ts";
import { takeScreenKey } from "../parts/screen-keys.ts";
import { hrefOf, screens } from "../screens.ts";

export const isSheetOpen = signal(false);
export const isPaletteOpen = signal(false);

const SECOND_KEY_MS = 1500;

export function listenToKeys(): () => void {
  let goSince = -Infinity;
  const onKey = (event: KeyboardEvent): void => {
    if (event.isComposing || event.defaultPrevented) return;
    if (event.code === "KeyK" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      event.preventDefault();
      isPaletteOpen.value = !isPaletteOpen.value;
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // Out of the search again, to what was found.
    if (event.key === "Escape" && event.target instanceof HTMLElement && event.target.matches("[data-filter]")) event.target.blur();
    if (isInField(event.target)) return;
    if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) {
      event.preventDefault();
      isSheetOpen.value = !isSheetOpen.value;
      return;
    }
    if (event.shiftKey) {
      if (takeScreenKey(event)) event.preventDefault();
      return;
    }
    if (event.timeStamp - goSince <= SECOND_KEY_MS) {
      goSince = -Infinity;
      const screen = screens.find(({ key }) => key === event.code);
      if (screen === undefined || !may(screen.role)) return;
      event.preventDefault();
      go(hrefOf(screen));
    } else if (event.code === "KeyG") goSince = event.timeStamp;
    else if (event.code === "Slash") {
      const field = document.querySelector<HTMLInputElement>("[data-filter]");
      if (field === null) return;
      event.preventDefault();
      field.focus();
      field.select();
    } else if (takeScreenKey(event)) event.preventDefault();
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

/** Where letters are text, or a dialog is asking something. */
function isInField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog") !== null;
}
