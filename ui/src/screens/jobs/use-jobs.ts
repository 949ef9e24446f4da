// The jobs that a search finds: the first page, asked again whenever something has become of a job, and older ones as one asks for them. Those are as they
// were when they came; what moved into the first page is taken from there.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { comebacks } from "../../agent/agent.ts";
import { jobs } from "../../jobs/ask.ts";
import type { JobPage, JobRow } from "../../jobs/job.ts";
import { filterOf } from "../../jobs/job-query.ts";
import type { JobSearch } from "../../jobs/job-query.ts";
import { useTurns } from "../../jobs/use-turns.ts";

export interface Jobs {
  /** undefined until the first page came. */
  readonly rows: readonly JobRow[] | undefined;
  readonly hasMore: boolean;
  readonly isPartial: boolean;
  readonly isLoading: boolean;
  readonly failure: unknown;
  more(): void;
  again(): void;
}

interface State {
  readonly rows?: readonly JobRow[];
  readonly next?: string | undefined;
  readonly isPartial: boolean;
  readonly isLoading: boolean;
  readonly failure?: unknown;
}

const PAGE_JOBS = 100;
/** Beyond, nothing more is shown: a search narrows it. */
const ROWS_MAX = 5000;
/** However much happens, so often and no more is asked. */
const AGAIN_MS = 1500;

export function useJobs(search: JobSearch): Jobs {
  const [state, setState] = useState<State>({ isPartial: false, isLoading: true });
  const [times, setTimes] = useState(0);
  const key = JSON.stringify([search, times]);
  const now = useRef(state);
  now.current = state;
  const gone = useRef(new AbortController());
  const query = (after?: string) => ({ ...filterOf(search, Date.now()), order: search.order, limit: PAGE_JOBS, ...(after === undefined ? {} : { after }) });

  const askFirst = (mine: AbortController, isAnew: boolean): Promise<void> =>
    jobs.list(query(), mine.signal).then(
      (page) => {
        if (mine.signal.aborted) return;
        setState((old) => (isAnew || old.rows === undefined ? firstState(page) : { ...old, ...refreshed(old, page, search.order), isLoading: old.isLoading }));
      },
      (failure: unknown) => {
        if (!mine.signal.aborted) setState((old) => ({ ...old, failure, isLoading: false }));
      },
    );

  useEffect(() => {
    const mine = new AbortController();
    gone.current = mine;
    setState(({ failure: _, ...old }) => ({ ...old, isLoading: true }));
    void askFirst(mine, true);
    return () => mine.abort();
  }, [key]);

  useTurns(() => void askFirst(gone.current, false), AGAIN_MS);

  const more = useCallback(() => {
    const { next, isLoading } = now.current;
    if (next === undefined || isLoading) return;
    const mine = gone.current;
    setState((old) => ({ ...old, isLoading: true }));
    jobs.list(query(next), mine.signal).then(
      (page) => {
        if (mine.signal.aborted) return;
        setState((old) => ({ ...old, rows: joined(old.rows ?? [], page.jobs).slice(0, ROWS_MAX), next: page.next, isPartial: page.isPartial === true, isLoading: false }));
      },
      (failure: unknown) => {
        if (!mine.signal.aborted) setState((old) => ({ ...old, failure, isLoading: false }));
      },
    );
  }, [key]);
  const again = useCallback(() => setTimes((count) => count + 1), []);
  const back = comebacks.value;
  useEffect(() => {
    if (now.current.failure !== undefined) again();
  }, [back]);
  return { rows: state.rows, hasMore: state.next !== undefined && (state.rows?.length ?? 0) < ROWS_MAX, isPartial: state.isPartial, isLoading: state.isLoading, failure: state.failure, more, again };
}

function firstState({ jobs: rows, next, isPartial = false }: JobPage): State {
  return { rows, next, isPartial, isLoading: false };
}

/** The first page as it is now, and behind it what was shown and lies beyond it. */
export function refreshed(old: Pick<State, "rows" | "next">, page: JobPage, order: JobSearch["order"]): Pick<State, "rows" | "next" | "isPartial" | "failure"> {
  const last = page.jobs.at(-1);
  const common = { isPartial: page.isPartial === true, failure: undefined };
  if (page.next === undefined || last === undefined) return { rows: page.jobs, next: page.next, ...common };
  const isBeyond = ({ createdMs }: JobRow): boolean => (order === "newest" ? createdMs <= last.createdMs : last.createdMs <= createdMs);
  const beyond = (old.rows ?? []).slice(page.jobs.length).filter(isBeyond);
  return beyond.length === 0 ? { rows: page.jobs, next: page.next, ...common } : { rows: joined(page.jobs, beyond), next: old.next, ...common };
}

function joined(rows: readonly JobRow[], more: readonly JobRow[]): readonly JobRow[] {
  const known = new Set(rows.map(({ id }) => id));
  return [...rows, ...more.filter(({ id }) => !known.has(id))];
}
