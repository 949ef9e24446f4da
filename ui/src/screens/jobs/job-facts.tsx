// Who wanted a job, when, under which names, and where it ran.
import { hrefOfJob, labelWords } from "../../jobs/job.ts";
import type { JobRecord } from "../../jobs/job.ts";
import { Facts } from "../../parts/facts.tsx";
import { bytes, time } from "../../parts/figures.ts";
import { unturned } from "../../parts/unturned.ts";
import { words } from "../../words/jobs.ts";
import { say } from "../../words/say.ts";

export function JobFacts({ job }: { readonly job: JobRecord }) {
  const moment = (atMs: number | undefined): string | undefined => (atMs === undefined ? undefined : time(atMs, { isWhole: true }));
  const labels = labelWords(job.labels);
  return (
    <section class="card">
      <h2>{say(words.facts)}</h2>
      <Facts
        facts={[
          [say(words.id), <code>{job.id}</code>],
          [say(words.rule), <a href={`/jobs?rule=${encodeURIComponent(job.rule)}`}>{unturned(job.rule)}</a>],
          [say(words.labels), labels.length === 0 ? undefined : <Labels labels={labels} />],
          [say(words.from), job.from],
          [say(words.created), moment(job.createdMs)],
          [say(words.dueAt), job.state === "delayed" ? moment(job.runAtMs) : undefined],
          [say(words.started), moment(job.startedMs)],
          [say(words.ended), moment(job.endedMs)],
          [say(words.worker), job.worker],
          [say(words.attempt), String(job.attempt)],
          [say(words.losses), job.losses === 0 ? undefined : <span title={say(words.lossesText)}>{job.losses}</span>],
          [say(words.priority), String(job.priority)],
          [say(words.key), job.key],
          [say(words.dataSize), bytes(job.dataBytes)],
          [say(words.resultSize), job.resultBytes === undefined ? undefined : bytes(job.resultBytes)],
          [say(words.replayOf), job.replayOf === undefined ? undefined : <a href={hrefOfJob(job.replayOf)}>{job.replayOf}</a>],
          [say(words.replayedAs), job.replayedAs === undefined ? undefined : <a href={hrefOfJob(job.replayedAs)}>{job.replayedAs}</a>],
        ]}
      />
    </section>
  );
}

function Labels({ labels }: { readonly labels: readonly string[] }) {
  return (
    <span class="chips">
      {labels.map((word) => (
        <a key={word} class="chip" href={`/jobs?q=${encodeURIComponent(word)}`}>
          {unturned(word)}
        </a>
      ))}
    </span>
  );
}
