// How it all is: one sentence, what happened since one last looked, how much moves, and what needs somebody.
import { useEffect, useMemo, useState } from "preact/hooks";
import type { JobsLook } from "#capabilities/jobs/jobs.ts";
import { Chart } from "../../parts/chart.tsx";
import { FailureBox } from "../../parts/failure-box.tsx";
import { bytes, count, percent } from "../../parts/figures.ts";
import { EmptyState } from "../../parts/list/empty-state.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Sparkline } from "../../parts/sparkline.tsx";
import { State, StateMark } from "../../parts/state-mark.tsx";
import { useCall } from "../../parts/use-call.ts";
import { depthTrend, endedRate, jobsLook } from "../../jobs/look.ts";
import { jobsTroubles } from "../../jobs/troubles.ts";
import { EXAMPLE } from "../../pipelines/example.ts";
import { historyTurn, sumTrack, trackOf } from "../../pipelines/history.ts";
import { heldBytes, look, lookFailure, rates } from "../../pipelines/look.ts";
import type { PipelineStatus } from "../../pipelines/look.ts";
import { moodOf, moods } from "../../pipelines/mood.ts";
import { allTroubles } from "../../nouns.ts";
import { unturned } from "../../parts/unturned.ts";
import { cpuOf, cpuTrend, processes } from "../../processes/look.ts";
import type { ProcessStatus } from "../../processes/look.ts";
import { isTroubled, processMood } from "../../processes/mood.ts";
import type { ScreenProps } from "../../screens.ts";
import { say } from "../../words/say.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words as operatorWords } from "../../words/operator.ts";
import { words } from "../../words/overview.ts";
import { words as pipelineWords } from "../../words/pipelines.ts";
import { EventFeed, SinceLastLook } from "./event-feed.tsx";
import { FirstLook } from "./first-look.tsx";
import { JobsNow } from "./jobs-now.tsx";
import "./overview.css";

const BUSIEST = 6;
const AGENT_ASK_MS = 15_000;

export function Overview(_props: ScreenProps) {
  const pipelines = look.value?.pipelines;
  if (pipelines === undefined) {
    return (
      <>
        <h1>{say(frameWords.overview)}</h1>
        {lookFailure.value === undefined ? <Skeleton /> : <FailureBox failure={lookFailure.value} />}
      </>
    );
  }
  const kept = processes.value ?? [];
  const jobs = jobsLook.value;
  if (pipelines.length === 0 && kept.length === 0 && jobs === undefined) return <EmptyState title={say(pipelineWords.emptyTitle)} text={say(pipelineWords.emptyText)} example={EXAMPLE} />;
  const hasPipelines = pipelines.length > 0;
  return (
    <>
      <Health pipelines={pipelines} kept={kept} jobs={jobs} />
      {hasPipelines && <FirstLook pipelines={pipelines} />}
      <SinceLastLook />
      <Tiles pipelines={pipelines} jobs={jobs} />
      <div class="overview">
        <div class="overview-main">
          {hasPipelines && <Throughput />}
          <Needing />
          {jobs !== undefined && <JobsNow look={jobs} hasChart={!hasPipelines} />}
          {hasPipelines && <Busiest pipelines={pipelines} />}
          {kept.length > 0 && <Heaviest processes={kept} />}
        </div>
        <EventFeed />
      </div>
    </>
  );
}

/** `3 pipelines run, 1 output takes nothing`: each part leads to the list of just those. */
function Health({ pipelines, kept, jobs }: { readonly pipelines: readonly PipelineStatus[]; readonly kept: readonly ProcessStatus[]; readonly jobs: JobsLook | undefined }) {
  const by = (id: string): number => pipelines.filter((pipeline) => moodOf(pipeline).id === id).length;
  const running = by("running") + by("failing") + by("failover") + by("starting");
  const failed = by("failed") + by("restarting");
  const outputs = pipelines.reduce((sum, { failing = [] }) => sum + failing.length, 0);
  const troubled = kept.filter(isTroubled);
  const atWork = kept.filter(({ state }) => state === "running").length;
  const jobTroubles = jobsTroubles();
  const { queued = 0, running: jobsRunning = 0 } = jobs?.queue.depth ?? {};
  const { failed: noticesFailed, waiting: noticesWaiting } = jobs?.notices ?? { failed: 0, waiting: 0 };
  const isWell = failed === 0 && outputs === 0 && troubled.length === 0 && jobTroubles.length === 0 && noticesFailed === 0;
  const parts = [
    ...(failed > 0 ? [{ href: "/pipelines?state=failed,restarting", text: failed === 1 ? say(words.oneFailed) : say(words.manyFailed, { count: failed }), tone: "bad" }] : []),
    ...(outputs > 0 ? [{ href: "/pipelines?state=failing,failover", text: outputs === 1 ? say(words.oneFailing) : say(words.manyFailing, { count: outputs }), tone: "warn" }] : []),
    ...(troubled.length > 0 ? [{ href: `/processes?state=${[...new Set(troubled.map(({ state }) => state))].join(",")}`, text: troubled.length === 1 ? say(words.oneTroubled) : say(words.manyTroubled, { count: troubled.length }), tone: "bad" }] : []),
    ...jobTroubles.map(({ id, reason, mood: { tone } }) => ({ href: `/operator#${id}`, text: reason, tone })),
    ...(running > 0 ? [{ href: "/pipelines?state=running,failing,failover,starting", text: running === 1 ? say(words.oneRuns) : say(words.manyRun, { count: running }), tone: "" }] : []),
    ...(atWork > 0 ? [{ href: "/processes?state=running", text: atWork === 1 ? say(words.oneProcess) : say(words.manyProcesses, { count: atWork }), tone: "" }] : []),
    ...(jobsRunning > 0 ? [{ href: "/jobs?state=running", text: say(operatorWords.jobsRun, { count: jobsRunning }), tone: "" }] : []),
    ...(queued > 0 ? [{ href: "/jobs?state=queued", text: say(operatorWords.jobsWait, { count: queued }), tone: "" }] : []),
    ...(noticesFailed > 0 ? [{ href: "/notifiers", text: say(words.noticesFailed, { count: noticesFailed }), tone: "warn" }] : []),
    ...(noticesWaiting > 0 ? [{ href: "/notifiers#waiting", text: say(words.noticesWait, { count: noticesWaiting }), tone: "" }] : []),
    ...(by("paused") > 0 ? [{ href: "/pipelines?state=paused", text: say(words.paused, { count: by("paused") }), tone: "" }] : []),
    ...(by("ended") > 0 ? [{ href: "/pipelines?state=ended", text: say(words.ended, { count: by("ended") }), tone: "" }] : []),
  ];
  const isBad = failed > 0 || troubled.length > 0 || jobTroubles.some(({ mood: { tone } }) => tone === "bad");
  const mood = isBad ? moods.failed : outputs > 0 || jobTroubles.length > 0 || noticesFailed > 0 ? moods.failing : moods.running;
  return (
    <h1 class="health">
      <StateMark mood={mood} />
      {isWell && <span>{say(words.allWell)}</span>}
      {parts.map(({ href, text, tone }) => (
        <a key={href} href={href} class={tone}>
          {text}
        </a>
      ))}
    </h1>
  );
}

function Tiles({ pipelines, jobs }: { readonly pipelines: readonly PipelineStatus[]; readonly jobs: JobsLook | undefined }) {
  const agent = useCall("agent.show", {});
  const letters = useCall("dead-letters.list", { limit: 1 });
  const sum = (of: (pipeline: PipelineStatus) => number): number => pipelines.reduce((total, pipeline) => total + of(pipeline), 0);
  const rate = (of: "recordsIn" | "recordsOut"): string => (rates.value.size === 0 ? "–" : count([...rates.value.values()].reduce((total, each) => total + each[of], 0)));
  const [askAgent, askLetters] = [agent.ask, letters.ask];
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.hidden) return;
      askAgent();
      askLetters();
    }, AGENT_ASK_MS);
    return () => clearInterval(timer);
  }, [askAgent, askLetters]);
  const sinceStart = sum(({ deadLetters }) => deadLetters);
  useEffect(() => {
    if (sinceStart > 0) askLetters(); // There is a new one.
  }, [sinceStart, askLetters]);
  // Those that lie there: also of earlier runs, and no longer what was sent again.
  const [busy, slots] = (jobs?.workers ?? []).reduce(([runs, all], worker) => [runs + worker.jobs.length, all + worker.slots], [0, 0]);
  const lying = letters.answer?.total ?? sinceStart;
  // Of an agent with nothing but jobs or processes they would say nothing.
  const hasPipelines = pipelines.length > 0;
  return (
    <dl class="tiles">
      {(hasPipelines || lying > 0) && (
        <>
          <Tile label={say(words.in)} value={rate("recordsIn")} unit={say(words.perSecond)} />
          <Tile label={say(words.out)} value={rate("recordsOut")} unit={say(words.perSecond)} />
          <Tile label={say(words.held)} value={bytes(sum(heldBytes))} />
          <Tile label={say(words.deadLetters)} value={count(lying)} tone={lying > 0 ? "warn" : ""} />
        </>
      )}
      {jobs !== undefined && (
        <>
          <Tile label={say(operatorWords.jobsWaiting)} value={jobs.queue.depth === undefined ? "–" : count(jobs.queue.depth.queued + jobs.queue.depth.delayed)} trend={depthTrend.value.map(({ queued }) => queued)} href="/operator" />
          <Tile label={say(operatorWords.running)} value={`${count(busy)} / ${count(slots)}`} href="/operator" />
          <Tile label={say(operatorWords.jobsDone)} value={endedRate.value === undefined ? "–" : count(endedRate.value)} unit={say(words.perSecond)} href="/jobs" />
          <Tile label={say(operatorWords.jobsFailed)} value={jobs.queue.depth === undefined ? "–" : count(jobs.queue.depth.failed)} tone={(jobs.queue.depth?.failed ?? 0) > 0 ? "warn" : ""} href="/jobs?tab=dead" />
        </>
      )}
      {hasPipelines && <Tile label={say(words.retries)} value={count(sum(({ retries }) => retries))} />}
      <Tile label={say(words.memory)} value={agent.answer === undefined ? "–" : bytes(agent.answer.residentBytes)} />
    </dl>
  );
}

interface TileProps {
  readonly label: string;
  readonly value: string;
  readonly unit?: string;
  readonly tone?: string;
  readonly href?: string;
  readonly trend?: readonly number[];
}

function Tile({ label, value, unit = "", tone = "", href, trend }: TileProps) {
  return (
    <div class={`tile ${tone}`}>
      <dt>{href === undefined ? label : <a href={href}>{label}</a>}</dt>
      <dd>
        {value}
        <span class="tile-unit">{unit}</span>
        {trend !== undefined && <Sparkline values={trend} width={64} height={16} />}
      </dd>
    </div>
  );
}

function Throughput() {
  const turn = historyTurn.value;
  const track = useMemo(sumTrack, [turn]);
  return (
    <section class="card">
      <Chart
        label={say(words.throughput)}
        atMs={track.atMs}
        format={count}
        height={190}
        series={[
          { label: say(words.in), values: track.recordsIn, color: 1 },
          { label: say(words.out), values: track.recordsOut, color: 2 },
        ]}
      />
    </section>
  );
}

function Needing() {
  const [shown, setShown] = useState(5);
  const troubles = allTroubles();
  if (troubles.length === 0) return null;
  return (
    <section class="card">
      <h2>{say(words.needsYou)}</h2>
      <ul class="lines">
        {troubles.slice(0, shown).map((trouble) => (
          <li key={trouble.id}>
            <StateMark mood={trouble.mood} />
            <a href={trouble.href}>{trouble.name}</a>
            <span class="lines-text">
              {trouble.part !== undefined && <code>{trouble.part}</code>} {unturned(trouble.reason)}
            </span>
          </li>
        ))}
      </ul>
      {troubles.length > shown && (
        <button type="button" class="button small" onClick={() => setShown(troubles.length)}>
          {say(words.more, { count: troubles.length - shown })}
        </button>
      )}
    </section>
  );
}

function Busiest({ pipelines }: { readonly pipelines: readonly PipelineStatus[] }) {
  const rateOf = ({ name }: PipelineStatus): number => rates.value.get(name)?.recordsIn ?? 0;
  const busiest = [...pipelines].sort((one, other) => rateOf(other) - rateOf(one)).slice(0, BUSIEST);
  return (
    <section class="card">
      <h2>{say(words.busiest)}</h2>
      <ul class="busiest">
        {busiest.map((pipeline) => (
          <li key={pipeline.name}>
            <a class="row-link" href={`/pipelines/${encodeURIComponent(pipeline.name)}`}>
              {pipeline.name}
            </a>
            <State mood={moodOf(pipeline)} />
            <span class="busiest-rate">
              {count(rateOf(pipeline))}
              {say(words.perSecond)}
            </span>
            <Sparkline values={trackOf(pipeline.name)?.recordsIn ?? []} />
          </li>
        ))}
      </ul>
      <p>
        <a href="/pipelines">{say(words.allPipelines)}</a>
      </p>
    </section>
  );
}

/** The processes that work most. */
function Heaviest({ processes: kept }: { readonly processes: readonly ProcessStatus[] }) {
  const heaviest = kept.toSorted((one, other) => (cpuOf(other) ?? 0) - (cpuOf(one) ?? 0)).slice(0, BUSIEST);
  return (
    <section class="card">
      <h2>{say(words.heaviest)}</h2>
      <ul class="busiest">
        {heaviest.map((process) => (
          <li key={process.name}>
            <a class="row-link" href={`/processes/${encodeURIComponent(process.name)}`}>
              {process.name}
            </a>
            <State mood={processMood(process)} />
            <span class="busiest-rate">{percent((cpuOf(process) ?? 0) / 100)}</span>
            <Sparkline values={cpuTrend(process.name)} />
          </li>
        ))}
      </ul>
      <p>
        <a href="/processes">{say(words.allProcesses)}</a>
      </p>
    </section>
  );
}
