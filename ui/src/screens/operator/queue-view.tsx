// The queue: whether it can be reached, what stands in it now and over the last minutes, and the two parts that can be switched off.
import { useState } from "preact/hooks";
import type { JobsLook } from "#capabilities/jobs/jobs.ts";
import { may } from "../../agent/session.ts";
import { jobs } from "../../jobs/ask.ts";
import { depthTrend, endedRate, jobsFailure, jobsLook } from "../../jobs/look.ts";
import { queueMoods } from "../../jobs/mood.ts";
import { NoJobs } from "../../jobs/no-jobs.tsx";
import { count, time } from "../../parts/figures.ts";
import { AskFirst } from "../../parts/list/row-actions.tsx";
import type { RowAction } from "../../parts/list/row-actions.tsx";
import { tellDone, tellFailure } from "../../parts/notices.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Sparkline } from "../../parts/sparkline.tsx";
import { State } from "../../parts/state-mark.tsx";
import { unturned } from "../../parts/unturned.ts";
import { duration } from "../../processes/times.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/operator.ts";
import { say } from "../../words/say.ts";

export function QueueView() {
  const look = jobsLook.value;
  if (look === undefined) return jobsFailure.value === undefined ? <Skeleton lines={2} /> : <NoJobs failure={jobsFailure.value} />;
  const { queue, done, watcher, management, schedules } = look;
  const { depth, state } = queue;
  const trend = depthTrend.value;
  const rate = endedRate.value;
  return (
    <section class="card queue-card" aria-label={say(words.queue)}>
      <p class="queue-link">
        <strong>{say(queue.backend === "embedded" ? words.embedded : words.rabbitmq)}</strong> <State mood={queueMoods[state.is]} />
        {state.is !== "open" && (
          <span>
            {unturned(state.why)} <span class="dim">{say(words.since, { when: time(state.sinceMs) })}</span>
          </span>
        )}
        <code class="queue-place">{unturned(queue.place)}</code>
      </p>
      <dl class="tiles queue-tiles">
        <Figure label={say(words.queued)} value={depth?.queued} href="/jobs?state=queued" trend={trend.map(({ queued }) => queued)} />
        <Figure label={say(words.running)} value={depth?.running} href="/jobs?state=running" trend={trend.map(({ running }) => running)} />
        <Figure label={say(words.delayed)} value={depth?.delayed} href="/jobs?state=delayed" />
        <Figure label={say(words.dead)} value={depth?.failed} href="/jobs?tab=dead" tone={(depth?.failed ?? 0) > 0 ? "warn" : ""} />
        <Figure label={say(words.done)} value={done.succeeded} href="/jobs?state=succeeded" about={rate === undefined ? undefined : say(words.perSecond, { count: count(rate) })} />
        <Figure label={say(words.retried)} value={done.retried} />
        <Figure label={say(words.lost)} value={done.lost} tone={done.lost > 0 ? "warn" : ""} />
      </dl>
      <Switches watcher={watcher} management={management} />
      {schedules !== undefined && <Schedules {...schedules} />}
    </section>
  );
}

interface FigureProps {
  readonly label: string;
  /** undefined: nobody knows for now. */
  readonly value: number | undefined;
  readonly href?: string;
  readonly trend?: readonly number[];
  readonly about?: string | undefined;
  readonly tone?: string;
}

function Figure({ label, value, href, trend, about, tone = "" }: FigureProps) {
  return (
    <div class={`tile ${tone}`}>
      <dt>{href === undefined ? label : <a href={href}>{label}</a>}</dt>
      <dd>
        <span class="with-trend">
          {value === undefined ? "–" : count(value)}
          {trend !== undefined && <Sparkline values={trend} width={72} height={18} />}
          {about !== undefined && <span class="tile-unit">{about}</span>}
        </span>
      </dd>
    </div>
  );
}

/** Who submits them, where agents share a store. */
function Schedules({ isOurs, holder, problem, sinceMs }: NonNullable<JobsLook["schedules"]>) {
  const who = isOurs ? say(words.schedulesOurs) : holder === undefined ? (problem ?? say(words.schedulesNobody)) : say(words.schedulesOther, { holder });
  return (
    <p class="switch-line">
      {say(words.schedules)}: <span class={holder === undefined ? "warn" : ""}>{unturned(who)}</span> {sinceMs !== undefined && <span class="dim">{say(words.since, { when: time(sinceMs) })}</span>}
    </p>
  );
}

type Part = "watcher" | "management";

function Switches({ watcher, management }: Pick<JobsLook, "watcher" | "management">) {
  const [asked, setAsked] = useState<RowAction<Part>>();
  const turn = async (part: Part, action: "start" | "stop"): Promise<void> => {
    const { message } = await jobs.manage({ action, target: part, detail: "" });
    tellDone(message);
  };
  const off = (part: Part, effect: string): RowAction<Part> => ({ id: part, label: say(words.stopWatcher), role: "operator", isDanger: true, effect: () => effect, run: () => turn(part, "stop") });
  const isAllowed = may("operator");
  const one = (part: Part, label: string, isOn: boolean, about: string, effect: string) => (
    <span class="switch-line" title={about}>
      {label}: <State mood={isOn ? { label: words.on, shape: "disc", tone: "good" } : { label: words.off, shape: "square", tone: "warn" }} />
      <button type="button" class="button small" aria-label={`${label}: ${say(isOn ? words.stopWatcher : words.startWatcher)}`} aria-disabled={!isAllowed} title={isAllowed ? undefined : say(frameWords.needsRole, { role: say(frameWords.operator) })} onClick={() => isAllowed && (isOn ? setAsked(off(part, effect)) : void turn(part, "start").catch(tellFailure))}>
        {say(isOn ? words.stopWatcher : words.startWatcher)}
      </button>
      <span class="dim wide-only">{about}</span>
    </span>
  );
  return (
    <div class="switches">
      {one("watcher", say(words.watcher), watcher.isOn, say(words.watcherText, { time: duration(watcher.intervalMs) }), say(words.watcherOffEffect))}
      {one("management", say(words.management), management.isOn, say(words.managementText), say(words.managementOffEffect))}
      {asked !== undefined && <AskFirst asked={{ action: asked, rows: [asked.id as Part] }} close={() => setAsked(undefined)} />}
    </div>
  );
}
