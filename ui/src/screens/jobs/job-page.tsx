// One job: how it went, what it was given, what it gave, what it printed; and what can be done with it.
import { useEffect, useState } from "preact/hooks";
import type { JobsLook, RuleLook } from "#capabilities/jobs/jobs.ts";
import { CallFailure } from "../../agent/failure.ts";
import { comebacks, isHeld } from "../../agent/agent.ts";
import { may } from "../../agent/session.ts";
import { jobs } from "../../jobs/ask.ts";
import { isOver, notifierOf, runMsOf, waitMsOf } from "../../jobs/job.ts";
import type { JobRecord } from "../../jobs/job.ts";
import { jobsLook } from "../../jobs/look.ts";
import { jobMoods } from "../../jobs/mood.ts";
import { FailureBox } from "../../parts/failure-box.tsx";
import { Meter } from "../../parts/meter.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { State } from "../../parts/state-mark.tsx";
import { unturned } from "../../parts/unturned.ts";
import { took } from "../../jobs/took.ts";
import { words } from "../../words/jobs.ts";
import { say } from "../../words/say.ts";
import { Attempts } from "./attempts-table.tsx";
import { Inputs } from "./inputs.tsx";
import { JobButtons } from "./job-buttons.tsx";
import { JobError } from "./job-error.tsx";
import { JobFacts } from "./job-facts.tsx";
import { Printed } from "./printed.tsx";
import { WaterfallView } from "./waterfall-view.tsx";

const AGAIN_FIRST_MS = 1000;
const AGAIN_MOST_MS = 15_000;

/** Its arguments may be personal: a viewer sees jobs in the list only. */
export function JobPage({ id }: { readonly id: string }) {
  return may("operator") ? <OneJob id={id} /> : <NotAllowed id={id} />;
}

function titleOf(rule: string): string {
  const notifier = notifierOf(rule);
  return unturned(notifier === undefined ? rule : say(words.noticeTo, { name: notifier }));
}

function NotAllowed({ id }: { readonly id: string }) {
  return (
    <>
      <h1 class="breakable">{id}</h1>
      <p class="dim">{say(words.needsOperator)}</p>
      <p>
        <a href="/jobs">← {say(words.back)}</a>
      </p>
    </>
  );
}

function OneJob({ id }: { readonly id: string }) {
  const { job, failure, ask } = useJob(id);
  const [rule, setRule] = useState<RuleLook>();
  const ruleName = job?.rule;
  useEffect(() => {
    if (ruleName === undefined) return;
    jobs.rules().then(({ rules }) => setRule(rules.find(({ name }) => name === ruleName)), () => undefined);
  }, [ruleName]);
  return (
    <>
      <header class="page-head">
        <p class="crumbs">
          {job !== undefined && notifierOf(job.rule) !== undefined ? <a href={`/jobs?rule=${encodeURIComponent(job.rule)}`}>{say(words.notices)}</a> : <a href="/jobs">{say(words.title)}</a>} / <code>{id}</code>
        </p>
        <div class="page-title">
          <h1 class="breakable">{job === undefined ? id : titleOf(job.rule)}</h1>
          {job !== undefined && <State mood={jobMoods[job.state]} />}
          {job !== undefined && <span class="dim">{times(job)}</span>}
          {job !== undefined && !isOver(job) && <Progress id={id} />}
          {job !== undefined && <JobButtons job={job} rule={rule} ask={ask} />}
        </div>
      </header>
      {failure !== undefined && (failure instanceof CallFailure && failure.code === "NOT_FOUND" ? <NoSuch id={id} /> : <FailureBox failure={failure} retry={ask} />)}
      {job === undefined && failure === undefined && <Skeleton />}
      {job !== undefined && (
        <div class="job-page">
          {job.error !== undefined && <JobError error={job.error} isOver={isOver(job)} />}
          <WaterfallView job={job} />
          <div class="job-halves">
            <JobFacts job={job} />
            <Attempts marks={job.marks} state={job.state} />
          </div>
          <Inputs job={job} />
          <Printed marks={job.marks} />
        </div>
      )}
    </>
  );
}

/** Asked again when it is begun or has ended, and while it is not over less and less often: who looked at a job is in the audit. */
function useJob(id: string): { readonly job: JobRecord | undefined; readonly failure: unknown; ask(): void } {
  const [state, setState] = useState<{ readonly job?: JobRecord; readonly failure?: unknown }>({});
  const [turn, setTurn] = useState(0);
  const isOpen = state.job === undefined || !isOver(state.job);
  const isRunning = runningOf(id) !== undefined;
  const back = comebacks.value;
  useEffect(() => {
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let waitMs = AGAIN_FIRST_MS;
    const ask = async (): Promise<void> => {
      if (!document.hidden && !isHeld.peek()) {
        await jobs.show(id, gone.signal).then((job) => setState({ job }), (failure: unknown) => gone.signal.aborted || setState((old) => ({ ...old, failure })));
      }
      if (gone.signal.aborted || !isOpen) return;
      timer = setTimeout(() => void ask(), waitMs);
      waitMs = Math.min(AGAIN_MOST_MS, waitMs * 2);
    };
    if (isOpen || turn > 0) void ask();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [id, turn, isOpen, isRunning, back]);
  return { job: state.job, failure: state.failure, ask: () => setTurn((count) => count + 1) };
}

/** What its worker says of it now, while it runs here. */
function runningOf(id: string): JobsLook["workers"][number]["jobs"][number] | undefined {
  return jobsLook.value?.workers.flatMap(({ jobs: running }) => running).find((each) => each.id === id);
}

/** How far a rule says that it is. */
function Progress({ id }: { readonly id: string }) {
  const { progress, text } = runningOf(id) ?? {};
  if (progress === undefined && text === undefined) return null;
  return (
    <span class="job-progress">
      {progress !== undefined && <Meter part={progress} label={say(words.markProgress)} />} {unturned(text ?? "")}
    </span>
  );
}

function times(job: JobRecord): string {
  const [waited, ran] = [waitMsOf(job), runMsOf(job, jobsLook.value?.atMs ?? Date.now())];
  return [waited === undefined ? undefined : `${say(words.waited)} ${took(waited)}`, ran === undefined ? undefined : `${say(words.ran)} ${took(ran)}`].filter((part) => part !== undefined).join(" · ");
}

function NoSuch({ id }: { readonly id: string }) {
  return (
    <div class="empty">
      <h2 class="breakable">{say(words.noSuch, { id })}</h2>
      <p>{say(words.noSuchText)}</p>
      <a class="button" href="/jobs">
        {say(words.back)}
      </a>
    </div>
  );
}
