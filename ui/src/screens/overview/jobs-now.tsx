// The jobs on the overview: what waited and ran over the last minutes, how the rules do, who works, and what has run for long.
import { useEffect, useState } from "preact/hooks";
import type { JobsLook, RuleLook } from "#capabilities/jobs/jobs.ts";
import { comebacks } from "../../agent/agent.ts";
import { jobs } from "../../jobs/ask.ts";
import { hrefOfJob } from "../../jobs/job.ts";
import { depthTrend } from "../../jobs/look.ts";
import { workerMoods } from "../../jobs/mood.ts";
import { took } from "../../jobs/took.ts";
import { useTurns } from "../../jobs/use-turns.ts";
import { Chart } from "../../parts/chart.tsx";
import { bytes, count } from "../../parts/figures.ts";
import { Meter } from "../../parts/meter.tsx";
import { State } from "../../parts/state-mark.tsx";
import { unturned } from "../../parts/unturned.ts";
import { words as operatorWords } from "../../words/operator.ts";
import { words } from "../../words/overview.ts";
import { say } from "../../words/say.ts";

const SHOWN = 6;
const AGAIN_MS = 3000;

export function JobsNow({ look, hasChart }: { readonly look: JobsLook; readonly hasChart: boolean }) {
  return (
    <>
      {hasChart && <Depth />}
      <BusiestRules />
      {look.workers.length > 0 && <WorkersNow look={look} />}
      <LongRunning look={look} />
    </>
  );
}

function Depth() {
  const trend = depthTrend.value;
  return (
    <section class="card">
      <Chart
        label={say(words.jobsOverTime)}
        atMs={trend.map(({ atMs }) => atMs)}
        format={count}
        height={190}
        series={[
          { label: say(operatorWords.queued), values: trend.map(({ queued }) => queued), color: 1 },
          { label: say(operatorWords.running), values: trend.map(({ running }) => running), color: 2 },
        ]}
      />
    </section>
  );
}

function BusiestRules() {
  const rules = useRules();
  if (rules.length === 0) return null;
  const ended = ({ succeeded, failed }: RuleLook): number => succeeded + failed;
  const busiest = rules.toSorted((one, other) => other.running - one.running || ended(other) - ended(one)).slice(0, SHOWN);
  return (
    <section class="card">
      <h2>{say(words.rulesNow)}</h2>
      <div class="table-frame" tabIndex={0} role="region" aria-label={say(words.rulesNow)}>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{say(operatorWords.rule)}</th>
              <th scope="col" class="number">{say(operatorWords.running)}</th>
              <th scope="col" class="number">{say(operatorWords.done)}</th>
              <th scope="col" class="number">{say(operatorWords.failed)}</th>
              <th scope="col" class="number wide-only">{say(words.runsFor)}</th>
              <th scope="col" class="number wide-only">{say(words.waitsFor)}</th>
            </tr>
          </thead>
          <tbody>
            {busiest.map(({ name, running, succeeded, failed, runMs, waitMs }) => (
              <tr key={name}>
                <td class="roomy">
                  <a class="row-link breakable" href={`/jobs?rule=${encodeURIComponent(name)}`}>
                    {unturned(name)}
                  </a>
                </td>
                <td class="number">{count(running)}</td>
                <td class="number">{count(succeeded)}</td>
                <td class={`number ${failed > 0 ? "warn" : ""}`}>{failed === 0 ? "0" : <a href={`/jobs?state=failed&rule=${encodeURIComponent(name)}`}>{count(failed)}</a>}</td>
                <td class="number wide-only">{runMs === undefined ? "–" : took(runMs.p50)}</td>
                <td class="number wide-only">{waitMs === undefined ? "–" : took(waitMs.p50)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p>
        <a href="/operator?tab=rules">{say(words.allRules)}</a>
      </p>
    </section>
  );
}

function useRules(): readonly RuleLook[] {
  const [rules, setRules] = useState<readonly RuleLook[]>([]);
  const back = comebacks.value;
  const ask = (): void => void jobs.rules().then((answer) => setRules(answer.rules), () => undefined);
  useEffect(ask, [back]);
  useTurns(ask, AGAIN_MS);
  return rules;
}

function WorkersNow({ look: { workers } }: { readonly look: JobsLook }) {
  const shown = workers.toSorted((one, other) => other.jobs.length - one.jobs.length || one.pid - other.pid).slice(0, SHOWN);
  return (
    <section class="card">
      <h2>{say(operatorWords.workers)}</h2>
      <ul class="lines workers-now">
        {shown.map(({ pid, state, slots, jobs: runs, memoryBytes }) => (
          <li key={pid}>
            <code>{pid}</code>
            <State mood={workerMoods[state]} />
            <Meter part={slots === 0 ? 0 : runs.length / slots} label={say(words.slotsBusy, { busy: runs.length, slots })} />
            <span class="dim">{bytes(memoryBytes)}</span>
          </li>
        ))}
      </ul>
      <p>
        <a href="/operator">{say(words.allWorkers, { count: workers.length })}</a>
      </p>
    </section>
  );
}

function LongRunning({ look: { workers, atMs } }: { readonly look: JobsLook }) {
  const longest = workers.flatMap((worker) => worker.jobs).toSorted((one, other) => one.startedMs - other.startedMs).slice(0, SHOWN);
  if (longest.length === 0) return null;
  return (
    <section class="card">
      <h2>{say(words.runsLongest)}</h2>
      <ul class="lines">
        {longest.map(({ id, rule, startedMs }) => (
          <li key={id}>
            <a class="breakable lines-text" href={hrefOfJob(id)}>
              {unturned(rule)}
            </a>
            <span class="dim">{took(Math.max(0, atMs - startedMs))}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
