// Jobs that were given up and not replayed, by rule and kind of error: one mends the rule, and sends the whole group again.
import { useEffect, useMemo, useState } from "preact/hooks";
import { comebacks } from "../../agent/agent.ts";
import { inParts } from "../../jobs/actions.ts";
import { jobs } from "../../jobs/ask.ts";
import { deadJobs } from "../../jobs/dead-jobs.ts";
import { hrefOfJob } from "../../jobs/job.ts";
import type { JobRow } from "../../jobs/job.ts";
import { useTurns } from "../../jobs/use-turns.ts";
import { jobsLook } from "../../jobs/look.ts";
import { kindOf } from "../../jobs/job-query.ts";
import type { JobKind } from "../../jobs/job-query.ts";
import { NoJobs } from "../../jobs/no-jobs.tsx";
import { RuleCell } from "../../jobs/rule-cell.tsx";
import { EmptyState } from "../../parts/list/empty-state.tsx";
import { count, time } from "../../parts/figures.ts";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import type { RowAction } from "../../parts/list/row-actions.tsx";
import { unturned } from "../../parts/unturned.ts";
import { query } from "../../route.ts";
import { words } from "../../words/jobs.ts";
import { language, say } from "../../words/say.ts";
import { groupsOf } from "./dead-groups.ts";
import type { DeadGroup } from "./dead-groups.ts";
import { KindChips } from "./kind-chips.tsx";

const SHOWN_MAX = 2000;
const AGAIN_MS = 3000;
/** More than that is for the list of jobs, which takes all that a search finds. */
const GROUP_MAX = 100_000;

export function DeadLetters() {
  const kind = kindOf(query.value);
  const { found, failure, ask } = useDead(kind);
  const look = jobsLook.value;
  const [inJobs, inNotices] = [look?.queue.depth?.failed ?? 0, look?.notices.failed ?? 0];
  const lang = language.value;
  const groups = useMemo(() => (found === undefined ? undefined : groupsOf(found.rows)), [found]);
  const isPartial = found?.hasMore === true;
  const columns = useMemo(() => columnsOf(isPartial), [lang, isPartial]);
  const actions = useMemo(() => actionsOf(isPartial, ask), [lang, isPartial]);
  if (failure !== undefined && found === undefined) return <NoJobs failure={failure} retry={ask} />;
  return (
    <>
      <p class="dim">{say(words.deadText)}</p>
      <KindChips kind={kind} amounts={{ jobs: inJobs, notices: inNotices, all: inJobs + inNotices }} />
      {groups?.length === 0 && failure === undefined ? (
        <EmptyState title={say(words.noDead)} text={say(words.noDeadText)} example="dure jobs list --states failed" />
      ) : (
        <List
          label={say(words.deadLetters)}
          fileName="dead-jobs"
          rows={groups}
          failure={failure}
          retry={ask}
          keyOf={({ rule, kind }) => `${rule} ${kind}`}
          columns={columns}
          actions={actions}
          hrefOf={({ rule, kind }) => `/jobs?state=failed&rule=${encodeURIComponent(rule)}&q=${encodeURIComponent(kind)}`}
          sortedBy="-count"
          prefix="dead-"
          empty={{ title: say(words.noDead) }}
        />
      )}
      {isPartial && <p class="dim">{say(words.deadPartial, { all: say(words.upTo, { count: SHOWN_MAX }), count: SHOWN_MAX })}</p>}
    </>
  );
}

function useDead(kind: JobKind): { readonly found: { readonly rows: readonly JobRow[]; readonly hasMore: boolean } | undefined; readonly failure: unknown; ask(): void } {
  const [state, setState] = useState<{ readonly found?: { readonly rows: readonly JobRow[]; readonly hasMore: boolean }; readonly failure?: unknown }>({});
  const [times, setTimes] = useState(0);
  const back = comebacks.value;
  useEffect(() => {
    const gone = new AbortController();
    deadJobs({ kind }, SHOWN_MAX, gone.signal).then((found) => gone.signal.aborted || setState({ found }), (failure: unknown) => gone.signal.aborted || setState((old) => ({ ...old, failure })));
    return () => gone.abort();
  }, [kind, times, back]);
  useTurns(() => setTimes((old) => old + 1), AGAIN_MS);
  return { found: state.found, failure: state.failure, ask: () => setTimes((old) => old + 1) };
}

/** Of what is shown in part, all is asked for before anything is done. */
async function idsOf(groups: readonly DeadGroup[], isPartial: boolean): Promise<readonly { readonly id: string }[]> {
  if (!isPartial) return groups.flatMap(({ ids }) => ids.map((id) => ({ id })));
  const found: { readonly id: string }[] = [];
  for (const { rule, kind } of groups) {
    const { rows } = await deadJobs({ rule }, GROUP_MAX);
    found.push(...rows.filter(({ error }) => (error?.kind ?? "") === kind).map(({ id }) => ({ id })));
  }
  return found;
}

function actionsOf(isPartial: boolean, ask: () => void): RowAction<DeadGroup>[] {
  const facts = (groups: readonly DeadGroup[]) => {
    const sum = groups.reduce((total, { ids }) => total + ids.length, 0);
    return { count: isPartial ? say(words.upTo, { count: sum }) : sum, names: groups.map(({ rule, kind }) => `${rule} ${kind}`).join(", ") };
  };
  return [
    {
      id: "replay",
      label: say(words.replayGroup),
      icon: "reload",
      role: "operator",
      isBulk: true,
      effect: (groups) => say(words.replayEffect, facts(groups)),
      run: async (groups) => inParts(await idsOf(groups, isPartial), (ids) => jobs.retry({ ids }).then(({ length }) => length), (done) => say(words.replayedGroup, { count: done }), ask),
    },
    {
      id: "forget",
      label: say(words.forgetGroup),
      icon: "trash",
      role: "admin",
      isDanger: true,
      isBulk: true,
      effect: (groups) => say(words.forgetGroupEffect, facts(groups)),
      run: async (groups) => inParts(await idsOf(groups, isPartial), (ids) => jobs.forget({ ids }), (done) => say(words.forgotten, { count: done }), ask),
    },
  ];
}

function columnsOf(isPartial: boolean): Column<DeadGroup>[] {
  return [
    { id: "rule", label: say(words.rule), isWide: true, value: ({ rule }) => rule, show: ({ rule }) => <RuleCell rule={rule} /> },
    { id: "kind", label: say(words.kind), value: ({ kind }) => kind, show: ({ kind }) => <code>{unturned(kind === "" ? "–" : kind)}</code> },
    { id: "count", label: say(words.count), isNumber: true, value: ({ ids }) => ids.length, show: ({ ids }) => `${count(ids.length)}${isPartial ? " +" : ""}` },
    {
      id: "last",
      label: say(words.lastMessage),
      isWide: true,
      value: ({ last }) => last.error?.message,
      show: ({ last }) => (
        <a class="clip" href={hrefOfJob(last.id)}>
          {unturned((last.error?.message ?? "").slice(0, 300) || last.id)}
        </a>
      ),
    },
    { id: "newest", label: say(words.newest), value: ({ newestMs }) => newestMs, show: ({ newestMs }) => <time dateTime={new Date(newestMs).toISOString()}>{time(newestMs)}</time> },
    { id: "oldest", label: say(words.oldest), isWideOnly: true, value: ({ oldestMs }) => oldestMs, show: ({ oldestMs }) => <time dateTime={new Date(oldestMs).toISOString()}>{time(oldestMs)}</time> },
  ];
}
