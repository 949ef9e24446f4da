// The marks of a job, one a line, each with a bar from its moment to the next. What is read is beside the bars; they only show how long.
import { useState } from "preact/hooks";
import { isOver } from "../../jobs/job.ts";
import type { JobRecord } from "../../jobs/job.ts";
import { jobsLook } from "../../jobs/look.ts";
import { clock, time } from "../../parts/figures.ts";
import { State } from "../../parts/state-mark.tsx";
import { withoutStyles } from "../../parts/text/ansi.ts";
import { unturned } from "../../parts/unturned.ts";
import { took } from "../../jobs/took.ts";
import { words } from "../../words/jobs.ts";
import { say } from "../../words/say.ts";
import { words as overviewWords } from "../../words/overview.ts";
import { markMood } from "./mark-mood.ts";
import { waterfallOf } from "./waterfall.ts";
import type { Fold, Span } from "./waterfall.ts";

const SHOWN_FIRST = 40;
const TEXT_MAX = 300;
const DAY_MS = 24 * 3_600_000;
/** What happens after a job's end (it is replayed, say) is told, not drawn: it would make the rest narrow. */
const WAITS = new Set(["queued", "sent", "failed", "lost", "retry", "cancelled"]);
const AFTERWARDS = new Set(["replayed", "edited"]);

export function WaterfallView({ job }: { readonly job: JobRecord }) {
  const [shownMost, setShownMost] = useState(SHOWN_FIRST);
  const nowMs = jobsLook.value?.atMs ?? Date.now();
  const { spans, folds, endMs } = waterfallOf(job.marks, isOver(job) ? 0 : nowMs);
  const shown = spans.slice(0, shownMost);
  return (
    <section class="card">
      <h2>{say(words.timeline)}</h2>
      <div class="table-frame waterfall-frame" tabIndex={0} role="region" aria-label={say(words.timelineLabel, { id: job.id })}>
        <table class="waterfall">
          <tbody>
            {shown.map((span, index) => (
              <Line key={index} span={span} folds={folds} isOtherDay={endMs - span.mark.atMs > DAY_MS / 2} isLast={index === spans.length - 1 && isOver(job)} />
            ))}
          </tbody>
        </table>
      </div>
      {folds.length > 0 && <p class="dim">{say(words.folded)}</p>}
      {shown.length < spans.length && (
        <button type="button" class="button small" onClick={() => setShownMost(spans.length)}>
          {say(overviewWords.more, { count: spans.length - shown.length })}
        </button>
      )}
    </section>
  );
}

function Line({ span: { mark, count, from, to, lastsMs }, folds, isOtherDay, isLast }: { readonly span: Span; readonly folds: readonly Fold[]; readonly isOtherDay: boolean; readonly isLast: boolean }) {
  const mood = markMood(mark.kind);
  const [left, width] = [from * 100, (to - from) * 100];
  return (
    <tr class={`waterfall-line ${AFTERWARDS.has(mark.kind) ? "afterwards" : ""}`}>
      <th scope="row">
        <State mood={mood} />
        {count > 1 && <span class="dim"> × {count}</span>}
      </th>
      <td class="number dim" title={time(mark.atMs, { isWhole: true })}>
        {isOtherDay ? time(mark.atMs, { isWhole: true }) : clock(mark.atMs)}
      </td>
      <td class="waterfall-cell">
        <svg class={`waterfall-bar ${mood.tone}`} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
          {folds.map((fold) => (
            <rect key={fold.from} class="waterfall-fold" x={fold.from * 100} y="0" width={(fold.to - fold.from) * 100} height="10" />
          ))}
          {!isLast && <rect class={isWork(mark.kind) ? "waterfall-work" : "waterfall-wait"} x={left} y="3" width={width} height="4" />}
          <rect class="waterfall-tick" x={Math.min(left, 99.5)} y="1" width="0.5" height="8" />
        </svg>
      </td>
      <td class="number waterfall-lasts">{isLast ? "" : took(lastsMs)}</td>
      <td class="roomy waterfall-text">{mark.text !== undefined && <span class="clip">{unturned(withoutStyles(mark.text).slice(0, TEXT_MAX))}</span>}</td>
    </tr>
  );
}

/** Something is done until the next mark; or it waits. */
function isWork(kind: string): boolean {
  return !WAITS.has(kind) && !AFTERWARDS.has(kind);
}
