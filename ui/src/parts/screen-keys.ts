// Keys of the screen one is on, beside those that work on every screen. By the key's place, not by what it writes: `j` is `ㅓ` on a keyboard
// that is set to Korean.
import { useEffect, useRef } from "preact/hooks";

/** false: it was not meant for this, and the browser does with it what it likes. */
type Act = (event: KeyboardEvent) => boolean | void;
/** By `event.code`, with `Shift+` before it where that is held. */
export type ScreenKeys = Readonly<Record<string, Act>>;

const listeners = new Set<{ readonly current: ScreenKeys }>();

export function useScreenKeys(keys: ScreenKeys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    listeners.add(latest);
    return () => void listeners.delete(latest);
  }, []);
}

/** Where Enter and Space press what has the focus. */
const PRESSED = "button, a, summary, [role=button]";

/** Whether a part of the screen took it. */
export function takeScreenKey(event: KeyboardEvent): boolean {
  const isPress = event.code === "Enter" || event.code === "Space";
  if (isPress && event.target instanceof Element && event.target.closest(PRESSED) !== null) return false;
  const key = `${event.shiftKey ? "Shift+" : ""}${event.code}`;
  for (const { current } of listeners) if (current[key] !== undefined && current[key](event) !== false) return true;
  return false;
}
