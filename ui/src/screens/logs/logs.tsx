// The agent's log: of all runs, searched by any part of a line, live at the end. What is looked for stands in the address.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { copyText } from "../../parts/copy.ts";
import { FailureBox } from "../../parts/failure-box.tsx";
import { Icon } from "../../parts/icon.tsx";
import { useScreenKeys } from "../../parts/screen-keys.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { timeZone } from "../../parts/time-zone.ts";
import { VirtualList } from "../../parts/virtual-list/virtual-list.tsx";
import { WithCode } from "../../parts/with-code.tsx";
import { query as address, setQuery } from "../../route.ts";
import { density } from "../../settings.ts";
import { words } from "../../words/logs.ts";
import { language, say } from "../../words/say.ts";
import { LogBar } from "./log-bar.tsx";
import { LogFacets } from "./log-facets.tsx";
import { levels, plainLine } from "./log-line.ts";
import type { Level, LogLine } from "./log-line.ts";
import { wantedOf } from "../../parts/text/found-in.ts";
import { logFace, pipelineOf } from "./log-face.ts";
import type { LogLook } from "./log-face.ts";
import type { LogQuery } from "./log-source.ts";
import type { LogRow } from "./log-window.ts";
import { matchFinder } from "./matches.ts";
import { useLogs } from "./use-logs.ts";
import "../../parts/text/ansi.css";
import "./logs.css";

const ROW_PIXELS = { compact: 24, comfortable: 28 } as const;

export function Logs() {
  const at = numberOf(address.value.get("at"));
  const query = queryOf(address.value);
  const [isPaused, setPaused] = useState(false);
  const [isAtEnd, setAtEnd] = useState(true);
  const logs = useLogs(query, at, isPaused);
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(new Set());
  const [current, setCurrent] = useState<number>();
  const [target, setTarget] = useState<{ readonly number: number; readonly times: number } | undefined>();
  const shownTarget = target ?? (at === undefined ? undefined : { number: at, times: 0 });
  useEffect(() => {
    setTarget(undefined);
    if (at !== undefined) setCurrent(at);
  }, [at]);
  const isWrapped = address.value.get("wrap") !== "no";
  const areFacetsShown = address.value.get("facets") === "yes";
  const here = address.value;
  const marked = query.isRegex ? logs.answered : query;
  const wanted = useMemo(() => wantedOf(marked?.text ?? "", marked?.isRegex === true), [marked?.text, marked?.isRegex]);
  const look = useMemo((): LogLook => ({ wanted, target: shownTarget?.number, current, unfolded, here }), [wanted, shownTarget?.number, current, unfolded, here, language.value, timeZone.value]);
  const fold = (id: number): void => setUnfolded((old) => toggled(old, id));
  const copy = (line: LogLine): void => void copyText(plainLine(line));

  const find = useMemo(() => matchFinder(query.text), [query.text]);
  const matches = useMemo(() => (query.text === "" || query.isFilter ? [] : find(logs.rows)), [logs.rows, find, query.isFilter]);
  const step = (by: 1 | -1): void => {
    const from = shownTarget?.number ?? Infinity;
    const next = by === 1 ? (matches.find((id) => from < id) ?? matches[0]) : (matches.findLast((id) => id < from) ?? matches.at(-1));
    if (next !== undefined) setTarget({ number: next, times: (target?.times ?? 0) + 1 });
  };
  const toNow = (): void => {
    setPaused(false);
    setQuery({ at: undefined, to: undefined });
    const last = logs.rows.at(-1);
    if (at === undefined && last !== undefined) setTarget({ number: last.line.id, times: (target?.times ?? 0) + 1 });
    if (logs.hasNewer) logs.again();
  };
  const newCount = useNewCount(logs.rows, isAtEnd) + logs.held;

  useScreenKeys({
    Space: () => setPaused((was) => !was),
    KeyN: () => step(1),
    "Shift+KeyN": () => step(-1),
    KeyC: () => {
      const row = logs.rows.find(({ line }) => line.id === current);
      if (row === undefined) return false;
      copy(row.line);
      return true;
    },
    Escape: () => {
      if (current === undefined) return false;
      if (unfolded.has(current)) fold(current);
      else setCurrent(undefined);
      return true;
    },
  });

  const measure = isWrapped || 0 < unfolded.size ? `${isWrapped} ${density.value}` : undefined;
  return (
    <div class={`logs ${isWrapped ? "wrapped" : ""}`}>
      <h1 class="unseen">{say(words.title)}</h1>
      <LogBar query={query} rows={logs.rows} isWrapped={isWrapped} isPaused={isPaused} areFacetsShown={areFacetsShown} onPause={setPaused} />
      {areFacetsShown && <LogFacets query={query} />}
      <div class="log-status">
        {query.step !== undefined && (
          <button type="button" class="chip" onClick={() => setQuery({ step: undefined })} title={say(words.stepGone, { name: query.step })}>
            {say(words.step)}: {query.step} <Icon name="close" size={12} />
          </button>
        )}
        <span role="status">{query.isFilter || query.text === "" ? say(words.loaded, { count: logs.rows.length }) : say(words.matches, { count: matches.length })}</span>
        {0 < matches.length && (
          <>
            <button type="button" class="icon-button" aria-label={say(words.previous)} title={say(words.previous)} onClick={() => step(-1)}>
              <Icon name="up" />
            </button>
            <button type="button" class="icon-button" aria-label={say(words.next)} title={say(words.next)} onClick={() => step(1)}>
              <Icon name="down" />
            </button>
          </>
        )}
        {0 < logs.lost && <span class="dim">{say(words.linesLost, { count: logs.lost })}</span>}
        {!logs.hasOlder && 0 < logs.rows.length && <span class="dim">{say(words.beginning)}</span>}
      </div>
      {logs.failure !== undefined && <FailureBox failure={logs.failure} retry={logs.again} />}
      {logs.isLoading && logs.rows.length === 0 ? (
        <Skeleton lines={12} />
      ) : logs.rows.length === 0 && logs.failure === undefined ? (
        <Nothing query={query} />
      ) : (
        <div class="log-view">
          <VirtualList
            class="log-scroller"
            label={say(words.list)}
            rows={logs.rows}
            numberOf={numberOfRow}
            look={look}
            face={logFace}
            rowPixels={ROW_PIXELS[density.value]}
            measure={measure}
            isFollowing={!isPaused && at === undefined}
            target={shownTarget}
            current={current}
            onCurrent={({ line }) => setCurrent(line.id)}
            onOpen={({ line }) => fold(line.id)}
            onPress={({ line }, act) => {
              setCurrent(line.id);
              if (act === "fold") fold(line.id);
              else if (act === "copy") copy(line);
              else if (act === "pipeline") setQuery({ pipeline: pipelineOf(line) });
            }}
            onEdge={logs.more}
            onEnd={setAtEnd}
          />
          {(!isAtEnd || isPaused || logs.hasNewer || query.toMs !== undefined) && (
            <button type="button" class="button to-now" onClick={toNow}>
              <Icon name="down" /> {0 < newCount ? say(words.newLines, { count: newCount }) : say(words.toNow)}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function numberOfRow({ line }: LogRow): number {
  return line.id;
}

/** What came since the view left the end. */
function useNewCount(rows: readonly LogRow[], isAtEnd: boolean): number {
  const last = useRef<number | undefined>(undefined);
  if (isAtEnd || last.current === undefined) last.current = rows.at(-1)?.line.id;
  let count = 0;
  for (let at = rows.length - 1; 0 <= at && (last.current ?? Infinity) < (rows[at]?.line.id ?? 0); at -= 1) count += 1;
  return count;
}

function Nothing({ query }: { readonly query: LogQuery }) {
  const command = ["dure logs", ...(query.text === "" ? [] : [`${query.isRegex ? "--regex" : "--grep"} ${JSON.stringify(query.text)}`]), ...(query.level === undefined ? [] : [`--level ${query.level}`])].join(" ");
  return (
    <div class="empty">
      <h2>{say(words.empty)}</h2>
      <p>
        <WithCode text={say(words.emptyText, { command })} />
      </p>
      <button type="button" class="button" onClick={() => setQuery({ q: undefined, re: undefined, level: undefined, pipeline: undefined, step: undefined, from: undefined, to: undefined, at: undefined })}>
        {say(words.clear)}
      </button>
    </div>
  );
}

function queryOf(params: URLSearchParams): LogQuery {
  const level = params.get("level");
  return {
    text: params.get("q") ?? "",
    level: levels.find((one): one is Level => one === level),
    pipeline: params.get("pipeline") ?? undefined,
    fromMs: numberOf(params.get("from")),
    toMs: numberOf(params.get("to")),
    step: params.get("step") ?? undefined,
    // What only marks is found on this page, where nothing breaks off an expression that takes too long.
    isFilter: params.get("mode") !== "mark" || params.get("re") === "yes",
    isRegex: params.get("re") === "yes",
    context: numberOf(params.get("around")) ?? 0,
  };
}

function numberOf(word: string | null): number | undefined {
  const value = word === null || word === "" ? NaN : Number(word);
  return Number.isFinite(value) ? value : undefined;
}

function toggled(ids: ReadonlySet<number>, id: number): ReadonlySet<number> {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return next;
}
