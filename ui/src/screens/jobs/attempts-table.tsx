// Each attempt of a job: when, where, how long, how it ended.
import type { JobMark, JobState } from "../../jobs/job.ts";
import { time } from "../../parts/figures.ts";
import { State } from "../../parts/state-mark.tsx";
import { unturned } from "../../parts/unturned.ts";
import { took } from "../../jobs/took.ts";
import { words } from "../../words/jobs.ts";
import { say } from "../../words/say.ts";
import { attemptsOf } from "./attempts.ts";
import { markMood } from "./mark-mood.ts";

export function Attempts({ marks, state }: { readonly marks: readonly JobMark[]; readonly state: JobState }) {
  const attempts = attemptsOf(marks);
  return (
    <section class="card">
      <h2>{say(words.attempts)}</h2>
      {attempts.length === 0 ? (
        <p class="dim">{say(words.notYet)}</p>
      ) : (
        <div class="table-frame" tabIndex={0} role="region" aria-label={say(words.attempts)}>
          <table class="table">
            <thead>
              <tr>
                <th class="number">{say(words.number)}</th>
                <th>{say(words.started)}</th>
                <th class="number">{say(words.ran)}</th>
                <th>{say(words.outcome)}</th>
              </tr>
            </thead>
            <tbody>
              {attempts.map(({ number, startedMs, worker, end }, index) => (
                <tr key={index}>
                  <td class="number">{number}</td>
                  <td title={worker}>
                    {startedMs === undefined ? <span class="dim">–</span> : time(startedMs)} {worker !== undefined && <span class="dim job-worker">{worker}</span>}
                  </td>
                  <td class="number">{startedMs === undefined || end === undefined ? <span class="dim">–</span> : took(end.atMs - startedMs)}</td>
                  <td class="roomy">
                    {end === undefined ? state === "running" ? <State mood={markMood("started")} /> : <span class="dim">–</span> : <State mood={markMood(end.kind)} />}
                    {end?.text !== undefined && end.kind !== "succeeded" && <span class="clip job-attempt-text">{unturned(end.text)}</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
