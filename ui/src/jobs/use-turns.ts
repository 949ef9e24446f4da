// Asks again when something has become of a job: soon after, but however much happens, no more often than so.
import { useEffect, useRef } from "preact/hooks";
import { isHeld } from "../agent/agent.ts";
import { jobsTurn } from "./look.ts";

export function useTurns(ask: () => void, everyMs: number): void {
  const latest = useRef(ask);
  latest.current = ask;
  const lastMs = useRef(-Infinity);
  const turn = jobsTurn.value;
  useEffect(() => {
    if (turn === "") return;
    // Counted from the last time, not from now: what changes each second would put it off for ever.
    const timer = setTimeout(
      () => {
        if (document.hidden || isHeld.peek()) return;
        lastMs.current = performance.now();
        latest.current();
      },
      Math.max(0, lastMs.current + everyMs - performance.now()),
    );
    return () => clearTimeout(timer);
  }, [turn]);
}
