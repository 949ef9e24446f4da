// What a screen shows of the agent: asked when the screen opens, and again when its parameters change, the connection was away or somebody says so.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { CommandName, EventOf, ParamsOf, ResultOf, StreamName } from "#edges/all-commands.ts";
import { call, comebacks, stream } from "../agent/agent.ts";
import type { StreamOptions } from "../agent/agent.ts";

export interface Asked<Result> {
  /** Of the last call that went well: while it is asked again, the old one stays. */
  readonly answer: Result | undefined;
  readonly failure: unknown;
  readonly isLoading: boolean;
  ask(): void;
}

/** `params` undefined: not now. Answers that come late, after another call, are dropped. */
export function useCall<Name extends CommandName>(method: Name, params: ParamsOf<Name> | undefined): Asked<ResultOf<Name>> {
  const [state, setState] = useState<{ answer?: ResultOf<Name>; failure?: unknown; isLoading: boolean }>({ isLoading: params !== undefined });
  const [times, setTimes] = useState(0);
  const words = params === undefined ? undefined : JSON.stringify(params);
  const back = comebacks.value;
  useEffect(() => {
    if (words === undefined) return;
    const gone = new AbortController();
    setState((old) => ({ ...old, isLoading: true }));
    call(method, JSON.parse(words) as ParamsOf<Name>, { signal: gone.signal }).then(
      (answer) => setState({ answer, isLoading: false }),
      (failure: unknown) => {
        if (!gone.signal.aborted) setState((old) => ({ ...old, failure, isLoading: false }));
      },
    );
    return () => gone.abort();
  }, [method, words, times, back]);
  const ask = useCallback(() => setTimes((count) => count + 1), []);
  return { answer: state.answer, failure: state.failure, isLoading: state.isLoading, ask };
}

/** A stream as long as the component stands; a new one when its parameters change. `params` undefined: none. */
export function useStream<Name extends StreamName>(method: Name, params: ParamsOf<Name> | undefined, onEvent: (event: EventOf<Name>) => void, options: StreamOptions<EventOf<Name>> = {}): void {
  const latest = useRef({ onEvent, options });
  latest.current = { onEvent, options };
  const words = params === undefined ? undefined : JSON.stringify(params);
  useEffect(() => {
    if (words === undefined) return;
    const { after, isHeldApart } = latest.current.options;
    return stream(method, JSON.parse(words) as ParamsOf<Name>, (event) => latest.current.onEvent(event), {
      ...(after === undefined ? {} : { after }),
      ...(isHeldApart === undefined ? {} : { isHeldApart }),
      onFailure: (failure) => latest.current.options.onFailure?.(failure),
    });
  }, [method, words]);
}
