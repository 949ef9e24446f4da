// Checks what is being written, a moment after the last key. Only the answer to the latest text counts: the call before is taken back.
import { useEffect, useState } from "preact/hooks";
import { call } from "../../agent/agent.ts";
import type { Checked } from "./config-answers.ts";

export interface Check {
  /** Of the latest text that was answered; graphs of the last one that had any. */
  readonly answer: Checked | undefined;
  readonly isChecking: boolean;
  readonly failure: unknown;
}

const TYPING_MS = 300;

export function useCheck(text: string): Check {
  const [state, setState] = useState<Check>({ answer: undefined, isChecking: true, failure: undefined });
  useEffect(() => {
    const gone = new AbortController();
    setState((old) => ({ ...old, isChecking: true }));
    const timer = setTimeout(() => {
      call("config.check", { text }, { signal: gone.signal }).then(
        (answer) => !gone.signal.aborted && setState((old) => ({ answer: { ...answer, pipelines: 0 < answer.pipelines.length ? answer.pipelines : (old.answer?.pipelines ?? []) }, isChecking: false, failure: undefined })),
        (failure: unknown) => !gone.signal.aborted && setState((old) => ({ ...old, isChecking: false, failure })),
      );
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [text]);
  return state;
}
