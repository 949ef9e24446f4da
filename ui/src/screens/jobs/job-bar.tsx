// How the list of jobs is searched: by text and fields, states with their counts, rule, time; all of it stands in the address.
import { useEffect, useState } from "preact/hooks";
import type { Counted } from "../../jobs/ask.ts";
import { spans } from "../../jobs/job-query.ts";
import type { JobKind, JobSearch, Span } from "../../jobs/job-query.ts";
import { jobStates, notifierOf } from "../../jobs/job.ts";
import { jobMoods } from "../../jobs/mood.ts";
import { count } from "../../parts/figures.ts";
import { Icon } from "../../parts/icon.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { hrefWith, query, setQuery } from "../../route.ts";
import { words } from "../../words/jobs.ts";
import { say } from "../../words/say.ts";
import { KindChips } from "./kind-chips.tsx";
import { SavedViews } from "./saved-views.tsx";

const SEARCH_MS = 250;
const spanWords = { "15m": words.last15m, "1h": words.last1h, "24h": words.last24h, "7d": words.last7d, "30d": words.last30d } as const;

export function JobBar({ search, counts, rules }: { readonly search: JobSearch; readonly counts: readonly Counted[] | undefined; readonly rules: readonly string[] }) {
  const isBetween = search.span === undefined && (search.fromMs !== undefined || search.toMs !== undefined || query.value.get("between") === "yes");
  return (
    <>
      <div class="bar job-bar">
        <SearchField text={search.text} />
        <label class="bar-field">
          <span class="unseen">{say(words.rule)}</span>
          <select value={search.rule ?? ""} onChange={({ currentTarget }) => setQuery({ rule: currentTarget.value })}>
            <option value="">{say(words.allRules)}</option>
            {[...new Set([...rules.filter((rule) => isOfKind(rule, search.kind)), ...(search.rule === undefined ? [] : [search.rule])])].sort().map((rule) => (
              <option key={rule} value={rule}>
                {rule}
              </option>
            ))}
          </select>
        </label>
        <label class="bar-field">
          <span class="unseen">{say(words.span)}</span>
          <select
            value={isBetween ? "between" : (search.span ?? "")}
            onChange={({ currentTarget: { value } }) => setQuery(value === "between" ? { span: undefined, between: "yes" } : { span: spans.find((each): each is Span => each === value), from: undefined, to: undefined, between: undefined })}
          >
            <option value="">{say(words.anyTime)}</option>
            {spans.map((span) => (
              <option key={span} value={span}>
                {say(spanWords[span])}
              </option>
            ))}
            <option value="between">{say(words.between)}</option>
          </select>
        </label>
        {isBetween && (
          <>
            <Moment label={say(words.fromMoment)} name="from" valueMs={search.fromMs} />
            <Moment label={say(words.toMoment)} name="to" valueMs={search.toMs} />
          </>
        )}
        <button type="button" class="button" title={say(words.order)} onClick={() => setQuery({ order: search.order === "newest" ? "oldest" : undefined })}>
          <Icon name={search.order === "newest" ? "down" : "up"} /> {say(search.order === "newest" ? words.newestFirst : words.oldestFirst)}
        </button>
        <SavedViews />
      </div>
      <KindChips kind={search.kind} amounts={amountsOf(counts ?? [])} />
      <StateChips search={search} counts={counts} />
    </>
  );
}

function isOfKind(rule: string, kind: JobKind): boolean {
  return kind === "all" || (kind === "notices") === (notifierOf(rule) !== undefined);
}

function amountsOf(counts: readonly Counted[]): Readonly<Record<JobKind, number>> {
  const of = (kind: JobKind): number => counts.reduce((sum, { rule, count: each }) => (isOfKind(rule, kind) ? sum + each : sum), 0);
  return { jobs: of("jobs"), notices: of("notices"), all: of("all") };
}

/** Each state with its number; several can be on. The numbers are of the rule that is chosen, whatever else is searched. */
function StateChips({ search: { states, rule, kind }, counts }: { readonly search: JobSearch; readonly counts: readonly Counted[] | undefined }) {
  const numberOf = (state: string): number => (counts ?? []).reduce((sum, each) => (each.state === state && (rule === undefined ? isOfKind(each.rule, kind) : each.rule === rule) ? sum + each.count : sum), 0);
  const shown = jobStates.filter((state) => state !== "sent" || numberOf(state) > 0 || states.includes(state));
  return (
    <div class="state-chips" role="group" aria-label={say(words.states)}>
      <a class={`chip ${states.length === 0 ? "on" : ""}`} href={hrefWith({ state: undefined })} aria-current={states.length === 0 ? "true" : undefined}>
        {say(words.all)} {counts !== undefined && <strong>{count(shown.reduce((sum, state) => sum + numberOf(state), 0))}</strong>}
      </a>
      {shown.map((state) => {
        const isOn = states.includes(state);
        const next = isOn ? states.filter((each) => each !== state) : [...states, state];
        return (
          <a key={state} class={`chip ${isOn ? "on" : ""}`} href={hrefWith({ state: next.join(",") })} aria-current={isOn ? "true" : undefined}>
            <StateMark mood={jobMoods[state]} /> {say(jobMoods[state].label)} {counts !== undefined && <strong>{count(numberOf(state))}</strong>}
          </a>
        );
      })}
    </div>
  );
}

/** What is typed goes into the address when one pauses: each letter would be a search of its own. */
function SearchField({ text }: { readonly text: string }) {
  const [typed, setTyped] = useState<string>();
  useEffect(() => {
    if (typed === undefined) return;
    const timer = setTimeout(() => {
      setQuery({ q: typed });
      setTyped(undefined);
    }, SEARCH_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <form
      role="search"
      class="filter-field job-search"
      onSubmit={(event) => {
        event.preventDefault();
        setQuery({ q: typed ?? text });
        setTyped(undefined);
      }}
    >
      <Icon name="search" />
      <input type="search" data-filter aria-label={say(words.search)} title={say(words.searchHint).replaceAll("`", "")} placeholder={say(words.searchPlaceholder)} value={typed ?? text} onInput={({ currentTarget }) => setTyped(currentTarget.value)} autocomplete="off" autocapitalize="none" spellcheck={false} />
    </form>
  );
}

function Moment({ label, name, valueMs }: { readonly label: string; readonly name: "from" | "to"; readonly valueMs: number | undefined }) {
  return (
    <label class="bar-field">
      {label}
      <input type="datetime-local" step="1" value={valueMs === undefined ? "" : localMoment(valueMs)} onChange={({ currentTarget: { value } }) => setQuery({ [name]: value === "" ? undefined : String(new Date(value).getTime()), between: "yes" })} />
    </label>
  );
}

function localMoment(atMs: number): string {
  const moment = new Date(atMs);
  return new Date(atMs - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
