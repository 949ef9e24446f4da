// Rows of the agent that are too many for one answer: the newest first, older ones as one asks for them.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { comebacks } from "../agent/agent.ts";

export interface Pages<Row> {
  /** undefined until the first page came. */
  readonly rows: readonly Row[] | undefined;
  readonly hasOlder: boolean;
  readonly isLoading: boolean;
  readonly failure: unknown;
  older(): void;
  again(): void;
  /** Rows that came by themselves, the newest first. */
  add(rows: readonly Row[]): void;
}

const PAGE_ROWS = 200;
/** Beyond, the oldest leave the page; the agent still has them. */
const ROWS_MAX = 20_000;

interface State<Row> {
  readonly rows?: readonly Row[];
  readonly hasOlder: boolean;
  readonly isLoading: boolean;
  readonly failure?: unknown;
}

/** One page of the agent's, in whatever order. */
export type AskPage<Row> = (where: { readonly before?: number; readonly limit: number }, gone: AbortSignal) => Promise<readonly Row[]>;

/** `askPage` must stay the same function as long as it asks for the same: another one begins anew. */
export function usePages<Row extends { readonly id: number }>(askPage: AskPage<Row>): Pages<Row> {
  const [state, setState] = useState<State<Row>>({ hasOlder: false, isLoading: true });
  const [times, setTimes] = useState(0);
  const gone = useRef(new AbortController());
  const now = useRef(state);
  now.current = state;

  const ask = useCallback(
    (before: number | undefined) => {
      const mine = gone.current;
      setState(({ failure: _, ...old }) => ({ ...old, isLoading: true }));
      askPage({ ...(before === undefined ? {} : { before }), limit: PAGE_ROWS }, mine.signal).then(
        (answer) => {
          if (mine.signal.aborted) return;
          const page = [...answer].sort((one, other) => other.id - one.id);
          setState((old) => ({ rows: before === undefined ? page : [...(old.rows ?? []), ...page].slice(0, ROWS_MAX), hasOlder: PAGE_ROWS <= page.length && (old.rows?.length ?? 0) < ROWS_MAX, isLoading: false }));
        },
        (failure: unknown) => {
          if (!mine.signal.aborted) setState((old) => ({ ...old, failure, isLoading: false }));
        },
      );
    },
    [askPage],
  );

  useEffect(() => {
    gone.current = new AbortController();
    ask(undefined);
    return () => gone.current.abort();
  }, [ask, times]);

  const older = useCallback(() => {
    const last = now.current.rows?.at(-1);
    if (!now.current.isLoading && last !== undefined) ask(last.id);
  }, [ask]);
  const again = useCallback(() => setTimes((count) => count + 1), []);
  const back = comebacks.value;
  useEffect(() => {
    if (now.current.failure !== undefined) again();
  }, [back]);
  const add = useCallback((rows: readonly Row[]) => {
    setState((old) => {
      const newest = old.rows?.[0]?.id ?? -Infinity;
      const fresh = rows.filter(({ id }) => newest < id);
      return fresh.length === 0 ? old : { ...old, rows: [...fresh, ...(old.rows ?? [])].slice(0, ROWS_MAX) };
    });
  }, []);
  return { rows: state.rows, hasOlder: state.hasOlder, isLoading: state.isLoading, failure: state.failure, older, again, add };
}
