// All jobs, the newest first: searched where they are kept, a page at a time, live.
import { useMemo, useState } from "preact/hooks";
import { may } from "../../agent/session.ts";
import { jobActions } from "../../jobs/actions.ts";
import { FirstRule } from "../../jobs/first-rule.tsx";
import { hrefOfJob, labelWords, notifierOf, runMsOf, waitMsOf } from "../../jobs/job.ts";
import type { JobRow } from "../../jobs/job.ts";
import { isNarrowed, searchOf, SEARCH_WORDS } from "../../jobs/job-query.ts";
import { jobsLook } from "../../jobs/look.ts";
import { jobMoods } from "../../jobs/mood.ts";
import { NoJobs } from "../../jobs/no-jobs.tsx";
import { RuleCell } from "../../jobs/rule-cell.tsx";
import { bytes, time } from "../../parts/figures.ts";
import { Icon } from "../../parts/icon.tsx";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { State } from "../../parts/state-mark.tsx";
import { unturned } from "../../parts/unturned.ts";
import { took } from "../../jobs/took.ts";
import { hrefWith, query, setQuery } from "../../route.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/jobs.ts";
import { language, say } from "../../words/say.ts";
import { AllFound } from "./all-found.tsx";
import { JobBar } from "./job-bar.tsx";
import { SubmitJob } from "./submit-job.tsx";
import { useCounts } from "./use-counts.ts";
import { useJobs } from "./use-jobs.ts";

export function JobList() {
  const asked = query.value;
  const search = useMemo(() => searchOf(asked), [asked.toString()]);
  const { rows, hasMore, isPartial, isLoading, failure, more, again } = useJobs(search);
  const { counts, rules, ask: askCounts } = useCounts();
  const [isSubmitting, setSubmitting] = useState(false);
  const lang = language.value;
  const done = (): void => (again(), askCounts());
  const actions = useMemo(() => jobActions(done), [lang, again]);
  const columns = useMemo(columnsOf, [lang]);
  // Durations of what runs grow, also when nothing else happens.
  const nowMs = jobsLook.value?.atMs;
  const shown = useMemo(() => rows?.map((row) => (row.state === "running" ? { ...row } : row)), [rows, nowMs]);
  if (rows === undefined) return failure === undefined ? <Skeleton /> : <NoJobs failure={failure} retry={again} />;
  const isBare = rows.length === 0 && !isNarrowed(search);
  return (
    <>
      {(!isBare || (counts ?? []).some(({ rule }) => notifierOf(rule) !== undefined)) && <JobBar search={search} counts={counts} rules={rules} />}
      {isBare && failure === undefined ? (
        <FirstRule title={say(words.emptyTitle)} text={say(words.emptyText)} />
      ) : rows.length === 0 && failure === undefined ? (
        <div class="empty small">
          <p>{say(words.nothingFits)}</p>
          <button type="button" class="button" onClick={() => setQuery(Object.fromEntries(SEARCH_WORDS.map((word) => [word, undefined])))}>
            {say(words.clear)}
          </button>
        </div>
      ) : (
        <List
          label={say(words.title)}
          fileName="jobs"
          rows={shown}
          failure={failure}
          retry={again}
          keyOf={({ id }) => id}
          nameOf={({ rule, id }) => `${rule} ${id}`}
          columns={columns}
          actions={actions}
          hrefOf={({ id }) => hrefOfJob(id)}
          prefix="list-"
          hasNoFilter
          empty={{ title: say(words.nothingFits) }}
        >
          <button type="button" class="button main" aria-disabled={!may("operator")} title={may("operator") ? undefined : say(frameWords.needsRole, { role: say(frameWords.operator) })} onClick={() => may("operator") && setSubmitting(true)}>
            <Icon name="plus" /> {say(words.submit)}
          </button>
          <AllFound search={search} done={done} />
        </List>
      )}
      {isPartial && <p class="dim">{say(words.partial)}</p>}
      {hasMore && (
        <button type="button" class="button" aria-disabled={isLoading} onClick={more}>
          {say(words.more)}
        </button>
      )}
      {isSubmitting && <SubmitJob rules={rules} close={() => setSubmitting(false)} />}
    </>
  );
}

function columnsOf(): Column<JobRow>[] {
  const nowMs = (): number => jobsLook.peek()?.atMs ?? Date.now();
  const moment = (atMs: number | undefined) => (atMs === undefined ? none : <time dateTime={new Date(atMs).toISOString()}>{time(atMs)}</time>);
  return [
    { id: "created", label: say(words.created), value: ({ createdMs }) => createdMs, show: ({ createdMs }) => moment(createdMs) },
    { id: "state", label: say(words.state), value: ({ state }) => say(jobMoods[state].label), show: (row) => <JobState row={row} /> },
    { id: "rule", label: say(words.rule), isWide: true, value: ({ rule }) => rule, show: ({ rule }) => <RuleCell rule={rule} /> },
    {
      id: "labels",
      label: say(words.labels),
      isWideOnly: true,
      value: ({ labels }) => labelWords(labels).join(" "),
      show: ({ labels }) => (
        <span class="job-labels">
          {labelWords(labels).map((word) => (
            <a key={word} href={hrefWith({ q: word })}>
              {unturned(word)}
            </a>
          ))}
        </span>
      ),
    },
    { id: "waited", label: say(words.waited), isNumber: true, isWideOnly: true, value: waitMsOf, show: (row) => shownMs(waitMsOf(row)) },
    { id: "ran", label: say(words.ran), isNumber: true, value: (row) => runMsOf(row, nowMs()), show: (row) => shownMs(runMsOf(row, nowMs())) },
    { id: "attempt", label: say(words.attempt), isNumber: true, isWideOnly: true, value: ({ attempt }) => attempt, show: ({ attempt, losses }) => (losses === 0 ? String(attempt) : <span title={`${say(words.losses)}: ${losses}`}>{attempt} ▲</span>) },
    { id: "error", label: say(words.error), isWide: true, isWideOnly: true, value: ({ error }) => (error === undefined ? undefined : `${error.kind}: ${error.message}`), show: ({ error }) => (error === undefined ? none : <span class="job-error"><code>{unturned(error.kind)}</code> {unturned(error.message.slice(0, 200))}</span>) },
    { id: "result", label: say(words.resultSize), isNumber: true, isExtra: true, value: ({ resultBytes }) => resultBytes, show: ({ resultBytes }) => (resultBytes === undefined ? none : bytes(resultBytes)) },
    { id: "id", label: say(words.id), isExtra: true, value: ({ id }) => id, show: ({ id }) => <code>{id}</code> },
    { id: "priority", label: say(words.priority), isNumber: true, isExtra: true, value: ({ priority }) => priority },
    { id: "losses", label: say(words.losses), isNumber: true, isExtra: true, value: ({ losses }) => losses },
    { id: "due", label: say(words.dueAt), isExtra: true, value: ({ runAtMs }) => runAtMs, show: ({ runAtMs }) => moment(runAtMs) },
    { id: "started", label: say(words.started), isExtra: true, value: ({ startedMs }) => startedMs, show: ({ startedMs }) => moment(startedMs) },
    { id: "ended", label: say(words.ended), isExtra: true, value: ({ endedMs }) => endedMs, show: ({ endedMs }) => moment(endedMs) },
    { id: "worker", label: say(words.worker), isExtra: true, value: ({ worker }) => worker },
    { id: "from", label: say(words.from), isExtra: true, value: ({ from }) => from },
    { id: "key", label: say(words.key), isExtra: true, value: ({ key }) => key },
    { id: "data", label: say(words.dataSize), isNumber: true, isExtra: true, value: ({ dataBytes }) => dataBytes, show: ({ dataBytes }) => bytes(dataBytes) },
  ];
}

const none = <span class="dim">–</span>;

function shownMs(ms: number | undefined) {
  return ms === undefined ? none : took(ms);
}

export function JobState({ row: { state, runAtMs } }: { readonly row: JobRow }) {
  return (
    <span class="job-state">
      <State mood={jobMoods[state]} />
      {state === "delayed" && runAtMs !== undefined && <span class="dim">{time(runAtMs)}</span>}
    </span>
  );
}
