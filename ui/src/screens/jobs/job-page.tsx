// One job: how it went, what it was given, what it gave, what it printed; and what can be done with it.
import { useEffect, useRef, useState } from "preact/hooks";
import type { RuleLook } from "#capabilities/jobs/jobs.ts";
import { CallFailure } from "../../agent/failure.ts";
import { comebacks, isHeld } from "../../agent/agent.ts";
import { may } from "../../agent/session.ts";
import { jobs } from "../../jobs/ask.ts";
import { isOver, runMsOf, waitMsOf } from "../../jobs/job.ts";
import type { JobRecord } from "../../jobs/job.ts";
import { jobsLook } from "../../jobs/look.ts";
import { jobMoods } from "../../jobs/mood.ts";
import { FailureBox } from "../../parts/failure-box.tsx";
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

const RUNNING_MS = 1000;

/** Its arguments may be personal: a viewer sees jobs in the list only. */
export function JobPage({ id }: { readonly id: string }) {
  return may("operator") ? <OneJob id={id} /> : <NotAllowed id={id} />;
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
          <a href="/jobs">{say(words.title)}</a> / <code>{id}</code>
        </p>
        <div class="page-title">
          <h1 class="breakable">{job === undefined ? id : unturned(job.rule)}</h1>
          {job !== undefined && <State mood={jobMoods[job.state]} />}
          {job !== undefined && <span class="dim">{times(job)}</span>}
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

/** Asked again while it is not over, whenever something has become of a job. */
function useJob(id: string): { readonly job: JobRecord | undefined; readonly failure: unknown; ask(): void } {
  const [state, setState] = useState<{ readonly job?: JobRecord; readonly failure?: unknown }>({});
  const [turn, setTimes] = useState(0);
  const isOpen = state.job === undefined || !isOver(state.job);
  const back = comebacks.value;
  const asking = useRef(false);
  useEffect(() => {
    const gone = new AbortController();
    const ask = (): void => {
      if (asking.current) return;
      asking.current = true;
      jobs
        .show(id, gone.signal)
        .then((job) => setState({ job }), (failure: unknown) => gone.signal.aborted || setState((old) => ({ ...old, failure })))
        .finally(() => (asking.current = false));
    };
    ask();
    const timer = isOpen ? setInterval(() => !document.hidden && !isHeld.peek() && ask(), RUNNING_MS) : undefined;
    return () => {
      clearInterval(timer);
      gone.abort();
      asking.current = false;
    };
  }, [id, turn, isOpen, back]);
  return { job: state.job, failure: state.failure, ask: () => setTimes((count) => count + 1) };
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
