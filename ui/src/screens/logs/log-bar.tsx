// What the logs are searched by, always in sight: text, whether it filters or only marks, how bad, from which pipeline, when.
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../../parts/icon.tsx";
import { Popup } from "../../parts/popup.tsx";
import { look } from "../../pipelines/look.ts";
import { setQuery } from "../../route.ts";
import { words } from "../../words/logs.ts";
import { say } from "../../words/say.ts";
import { LogExport } from "./log-export.tsx";
import { levels } from "./log-line.ts";
import { zoneAt } from "../../parts/time-zone.ts";
import { fieldOf, msOfField } from "./log-times.ts";
import type { LogQuery } from "./log-source.ts";
import type { LogRow } from "./log-window.ts";

const TYPING_MS = 250;
const CONTEXTS = [0, 2, 5, 20] as const;

export interface LogBarProps {
  readonly query: LogQuery;
  readonly rows: readonly LogRow[];
  readonly isWrapped: boolean;
  readonly isPaused: boolean;
  readonly areFacetsShown: boolean;
  onPause(isPaused: boolean): void;
}

export function LogBar({ query, rows, isWrapped, isPaused, areFacetsShown, onPause }: LogBarProps) {
  return (
    <div class="log-bar">
      <SearchField text={query.text} />
      <button type="button" class={`icon-button log-regex ${query.isRegex ? "on" : ""}`} aria-pressed={query.isRegex} title={say(words.regex)} aria-label={say(words.regex)} onClick={() => setQuery({ re: query.isRegex ? undefined : "yes", at: undefined })}>
        .*
      </button>
      <div class="segments" role="group" aria-label={say(words.mode)}>
        <button type="button" aria-pressed={query.isFilter} onClick={() => setQuery({ mode: undefined })}>
          {say(words.filter)}
        </button>
        <button type="button" aria-pressed={!query.isFilter} onClick={() => setQuery({ mode: "mark", re: undefined })}>
          {say(words.highlight)}
        </button>
      </div>
      {query.isFilter && (
        <select aria-label={say(words.context)} title={say(words.context)} value={String(query.context)} onChange={(event) => setQuery({ around: event.currentTarget.value === "0" ? undefined : event.currentTarget.value })}>
          {CONTEXTS.map((lines) => (
            <option key={lines} value={String(lines)}>
              ±{lines}
            </option>
          ))}
        </select>
      )}
      <select aria-label={say(words.level)} value={query.level ?? ""} onChange={(event) => setQuery({ level: event.currentTarget.value })}>
        <option value="">{say(words.levelAll)}</option>
        {levels.slice(1).map((level) => (
          <option key={level} value={level}>
            {say(words.levelFrom, { level })}
          </option>
        ))}
      </select>
      <PipelineChoice chosen={query.pipeline} />
      <TimeRange query={query} />
      <span class="log-bar-end">
        <button type="button" class={`icon-button ${areFacetsShown ? "on" : ""}`} aria-pressed={areFacetsShown} title={say(words.facets)} aria-label={say(words.facets)} onClick={() => setQuery({ facets: areFacetsShown ? undefined : "yes" })}>
          <Icon name="filter" />
        </button>
        <button type="button" class={`icon-button ${isWrapped ? "on" : ""}`} aria-pressed={isWrapped} title={say(words.wrap)} aria-label={say(words.wrap)} onClick={() => setQuery({ wrap: isWrapped ? "no" : undefined })}>
          <Icon name="wrap" />
        </button>
        <button type="button" class={`icon-button ${isPaused ? "on" : ""}`} aria-pressed={isPaused} title={say(isPaused ? words.resume : words.pause)} aria-label={say(words.pause)} onClick={() => onPause(!isPaused)}>
          <Icon name={isPaused ? "play" : "pause"} />
        </button>
        <LogExport rows={rows} />
      </span>
    </div>
  );
}

/** Searches while one types; Enter searches at once, by the browser's own submit, so that it counts once at the end of a Korean syllable. */
function SearchField({ text }: { readonly text: string }) {
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const search = (): void => {
    clearTimeout(timer.current);
    setQuery({ q: field.current?.value, at: undefined });
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (field.current !== null && document.activeElement !== field.current) field.current.value = text;
  }, [text]);
  return (
    <form
      class="filter-field log-search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        search();
      }}
    >
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        data-filter
        defaultValue={text}
        aria-label={say(words.search)}
        placeholder={say(words.searchPlaceholder)}
        autocomplete="off"
        spellcheck={false}
        onInput={() => {
          clearTimeout(timer.current);
          timer.current = setTimeout(search, TYPING_MS);
        }}
      />
    </form>
  );
}

function PipelineChoice({ chosen }: { readonly chosen: string | undefined }) {
  const names = new Set([...(look.value?.pipelines.map(({ name }) => name) ?? []), ...(chosen === undefined ? [] : [chosen])]);
  return (
    <select aria-label={say(words.pipeline)} value={chosen ?? ""} onChange={(event) => setQuery({ pipeline: event.currentTarget.value })}>
      <option value="">{say(words.pipelineAll)}</option>
      {[...names].map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

function TimeRange({ query }: { readonly query: LogQuery }) {
  const label = say(words.timeRange, { zone: zoneAt(Date.now()) });
  const field = (name: "from" | "to", atMs: number | undefined) => (
    <label class="field">
      {say(words[name])}
      <input type="datetime-local" value={atMs === undefined ? "" : fieldOf(atMs)} onChange={(event) => setQuery({ [name]: msOfField(event.currentTarget.value)?.toString(), at: undefined })} />
    </label>
  );
  const isLimited = query.fromMs !== undefined || query.toMs !== undefined;
  return (
    <Popup label={label} face={<Icon name="history" />} class={`icon-button ${isLimited ? "on" : ""}`}>
      {(close) => (
        <div class="log-times">
          <p class="dim">{label}</p>
          {field("from", query.fromMs)}
          {field("to", query.toMs)}
          <button type="button" class="button" onClick={() => (setQuery({ from: undefined, to: undefined }), close())}>
            {say(words.clearTime)}
          </button>
        </div>
      )}
    </Popup>
  );
}
