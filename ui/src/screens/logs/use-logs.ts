// The lines of the logs screen: the newest page first, older ones as one scrolls up, and what is logged from now on. Beginning at a line of the
// past (a permalink, a time range that ends) it is not live until one asks for the newest.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { comebacks } from "../../agent/agent.ts";
import { contextSieve } from "./context-sieve.ts";
import { wantedOf } from "../../parts/text/found-in.ts";
import type { LogLine } from "./log-line.ts";
import { followLogs, linesAround, pageOf } from "./log-source.ts";
import type { LogQuery } from "./log-source.ts";
import { LINES_MAX, joined, rowsOf } from "./log-window.ts";
import type { LogRow } from "./log-window.ts";

const AROUND_TARGET = 200;
/** Lines that come live are shown so often. */
const GIVE_MS = 80;
/** While held, so many are kept to be shown later. */
const HELD_MAX = 10_000;

interface State {
  readonly rows: readonly LogRow[];
  readonly hasOlder: boolean;
  /** It does not reach to now: there is more below. */
  readonly hasNewer: boolean;
  readonly isLoading: boolean;
  /** What the agent has answered, and so has not refused. */
  readonly answered?: LogQuery;
  readonly failure?: unknown;
  readonly lost: number;
}

export interface Logs extends State {
  readonly held: number;
  more(edge: "first" | "last"): void;
  again(): void;
}

const NOTHING: State = { rows: [], hasOlder: false, hasNewer: false, isLoading: true, lost: 0 };

export function useLogs(query: LogQuery, at: number | undefined, isPaused: boolean): Logs {
  const [state, setState] = useState<State>(NOTHING);
  const [held, setHeld] = useState(0);
  const [times, setTimes] = useState(0);
  const key = JSON.stringify([query, at, times]);
  const now = useRef(state);
  now.current = state;
  const pause = useRef(isPaused);
  pause.current = isPaused;
  const inbox = useRef<LogRow[]>([]);
  const gone = useRef(new AbortController());
  const isAsking = useRef(false);
  const isPast = at !== undefined || query.toMs !== undefined;

  const give = useCallback(() => {
    const rows = inbox.current;
    if (rows.length === 0) return;
    inbox.current = [];
    setHeld(0);
    setState((old) => ({ ...old, rows: joined(old.rows, rows, "newer"), hasOlder: old.hasOlder || LINES_MAX < old.rows.length + rows.length }));
  }, []);

  useEffect(() => {
    const mine = new AbortController();
    gone.current = mine;
    isAsking.current = true;
    inbox.current = [];
    setHeld(0);
    setState((old) => ({ ...old, isLoading: true, lost: 0 }));
    const first = at === undefined ? pageOf(query, {}, mine.signal) : linesAround(at, AROUND_TARGET, mine.signal).then((rows) => ({ rows, hasMore: true }));
    first.then(
      ({ rows, hasMore }) => {
        if (mine.signal.aborted) return;
        isAsking.current = false;
        setState({ rows, hasOlder: hasMore, hasNewer: at !== undefined, isLoading: false, answered: query, lost: 0 });
      },
      (failure: unknown) => {
        if (mine.signal.aborted) return; // Another is asked for already.
        isAsking.current = false;
        setState({ ...NOTHING, isLoading: false, failure });
      },
    );
    return () => mine.abort();
  }, [key]);

  // From where the page ends; not before it is there, and not while there is more between it and now.
  const isLive = !isPast && !state.isLoading && state.failure === undefined && !state.hasNewer;
  useEffect(() => {
    if (!isLive) return;
    const isSieved = query.isFilter && query.text !== "" && 0 < query.context;
    const sieve = isSieved ? contextSieve(wantedOf(query.text, query.isRegex), query.context) : (line: LogLine) => rowsOf([line]);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const take = (line: LogLine): void => {
      inbox.current.push(...sieve(line));
      if (HELD_MAX < inbox.current.length) {
        const tooMany = inbox.current.length - HELD_MAX;
        inbox.current.splice(0, tooMany);
        setState((old) => ({ ...old, lost: old.lost + tooMany }));
      }
      // Not with each frame: nobody reads so fast, and a noisy agent must not take a core of who looks.
      timer ??= setTimeout(() => {
        timer = undefined;
        if (pause.current) setHeld(inbox.current.length);
        else give();
      }, GIVE_MS);
    };
    const end = followLogs(
      isSieved ? { ...query, text: "" } : query,
      now.current.rows.at(-1)?.line.id,
      take,
      (count) => setState((old) => ({ ...old, lost: old.lost + count })),
      (failure) => setState((old) => ({ ...old, failure })),
    );
    return () => {
      end();
      clearTimeout(timer);
    };
  }, [isLive, key]);

  useEffect(() => {
    if (!isPaused) give();
  }, [isPaused]);

  const more = useCallback((edge: "first" | "last"): void => {
    const { rows, hasOlder, hasNewer } = now.current;
    const end = edge === "first" ? rows[0] : rows.at(-1);
    if (isAsking.current || end === undefined || !(edge === "first" ? hasOlder : hasNewer)) return;
    isAsking.current = true;
    const mine = gone.current;
    pageOf(query, edge === "first" ? { before: end.line.id } : { after: end.line.id }, mine.signal)
      .then(
        ({ rows: page, hasMore }) => {
          if (mine.signal.aborted) return;
          setState((old) => {
            const isCut = LINES_MAX < old.rows.length + page.length;
            const next = joined(old.rows, page, edge === "first" ? "older" : "newer");
            return { ...old, rows: next, hasOlder: edge === "first" ? hasMore : old.hasOlder || isCut, hasNewer: edge === "last" ? hasMore : old.hasNewer || isCut };
          });
        },
        (failure: unknown) => {
          if (!mine.signal.aborted) setState((old) => ({ ...old, failure }));
        },
      )
      .finally(() => {
        if (!mine.signal.aborted) isAsking.current = false;
      });
  }, [key]);

  const again = useCallback(() => setTimes((count) => count + 1), []);
  const back = comebacks.value;
  useEffect(() => {
    if (now.current.failure !== undefined) again();
  }, [back]);
  return { ...state, held, more, again };
}
