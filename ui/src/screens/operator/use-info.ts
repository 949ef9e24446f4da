// The workers as the old operator showed them, asked again and again: every two seconds, unless one chooses otherwise.
import { signal } from "@preact/signals";
import { useCallback, useEffect, useState } from "preact/hooks";
import type { OperatorInfo } from "#capabilities/jobs/jobs.ts";
import { comebacks, isHeld } from "../../agent/agent.ts";
import { jobs } from "../../jobs/ask.ts";
import { read, write } from "../../settings.ts";

export const periods = [1, 2, 5, 10, 0] as const;
/** In seconds; 0: not by itself. */
export const period = signal<number>(periods.find((each) => String(each) === read("operator-period")) ?? 2);

export function choosePeriod(seconds: number): void {
  period.value = seconds;
  write("operator-period", String(seconds));
}

export interface Info {
  readonly info: OperatorInfo | undefined;
  readonly atMs: number;
  readonly failure: unknown;
  ask(): void;
}

export function useInfo(isAllowed: boolean): Info {
  const [state, setState] = useState<{ readonly info?: OperatorInfo; readonly atMs: number; readonly failure?: unknown }>({ atMs: 0 });
  const [turn, setTurn] = useState(0);
  const seconds = period.value;
  const back = comebacks.value;
  useEffect(() => {
    if (!isAllowed) return;
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      if (!document.hidden && !isHeld.peek()) {
        await jobs.info(gone.signal).then((info) => setState({ info, atMs: Date.now() }), (failure: unknown) => gone.signal.aborted || setState((old) => ({ ...old, failure })));
      }
      // The next is asked when this one has come: a slow agent is not asked twice at a time.
      if (!gone.signal.aborted && seconds > 0) timer = setTimeout(() => void ask(), seconds * 1000);
    };
    void ask();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [seconds, turn, back, isAllowed]);
  const ask = useCallback(() => setTurn((old) => old + 1), []);
  return { info: state.info, atMs: state.atMs, failure: state.failure, ask };
}
