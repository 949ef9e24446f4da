// What a job was given and what it gave back; and, where its input was changed for a retry, what of it.
import { useEffect, useState } from "preact/hooks";
import { DifferenceView } from "../../difference/difference-view.tsx";
import { jobs } from "../../jobs/ask.ts";
import { isOver } from "../../jobs/job.ts";
import type { JobRecord } from "../../jobs/job.ts";
import { copyText } from "../../parts/copy.ts";
import { Icon } from "../../parts/icon.tsx";
import { prettyJson } from "../../parts/text/json-fault.ts";
import { unturned } from "../../parts/unturned.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/jobs.ts";
import { say } from "../../words/say.ts";

/** A result may be a megabyte; whoever wants all of it copies it. */
const SHOWN_MAX = 100_000;

export function Inputs({ job }: { readonly job: JobRecord }) {
  const input = prettyJson(job.data);
  return (
    <>
      <div class="job-halves">
        <Value title={say(words.input)} text={input} />
        {job.result === undefined ? (
          <section class="card">
            <h2>{say(words.result)}</h2>
            <p class="dim">{say(job.state === "succeeded" ? words.noResult : isOver(job) ? words.noResult : words.notYet)}</p>
          </section>
        ) : (
          <Value title={say(words.result)} text={prettyJson(job.result)} {...(job.text === undefined ? {} : { more: [say(words.textResult), job.text] as const })} />
        )}
      </div>
      {job.replayOf !== undefined && <Changed of={job.replayOf} input={input} />}
      {job.envelope !== undefined && (
        <details class="card job-envelope">
          <summary>{say(words.envelope)}</summary>
          <pre class="value" tabIndex={0}>
            {unturned(prettyJson(job.envelope))}
          </pre>
        </details>
      )}
    </>
  );
}

function Value({ title, text, more }: { readonly title: string; readonly text: string; readonly more?: readonly [label: string, text: string] }) {
  return (
    <section class="card job-value">
      <div class="bar">
        <h2>{title}</h2>
        <button type="button" class="icon-button" aria-label={`${say(frameWords.copy)}: ${title}`} title={say(frameWords.copy)} onClick={() => void copyText(text)}>
          <Icon name="copy" />
        </button>
      </div>
      <pre class="value" tabIndex={0} aria-label={title}>
        {unturned(text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`)}
      </pre>
      {more !== undefined && (
        <details>
          <summary>{more[0]}</summary>
          <pre class="value" tabIndex={0} aria-label={more[0]}>
            {unturned(more[1].slice(0, SHOWN_MAX))}
          </pre>
        </details>
      )}
    </section>
  );
}

/** Shown only where something was changed; the first job may be forgotten by now. */
function Changed({ of, input }: { readonly of: string; readonly input: string }) {
  const [before, setBefore] = useState<string>();
  useEffect(() => {
    const gone = new AbortController();
    jobs.show(of, gone.signal).then(({ data }) => setBefore(prettyJson(data)), () => undefined);
    return () => gone.abort();
  }, [of]);
  if (before === undefined || before === input) return null;
  return (
    <section class="card">
      <DifferenceView before={before} after={input} label={say(words.differs, { id: of })} />
    </section>
  );
}
