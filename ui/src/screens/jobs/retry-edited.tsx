// Runs a job again with other input: written as JSON that is judged as one types, with what is changed beside it.
import { useState } from "preact/hooks";
import type { RuleLook } from "#capabilities/jobs/jobs.ts";
import { DifferenceView } from "../../difference/difference-view.tsx";
import { jobs } from "../../jobs/ask.ts";
import { hrefOfJob } from "../../jobs/job.ts";
import type { JobRecord } from "../../jobs/job.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Form } from "../../parts/form.tsx";
import { JsonField } from "../../parts/json-field.tsx";
import { tellDone } from "../../parts/notices.ts";
import { judgedJson, prettyJson } from "../../parts/text/json-fault.ts";
import { WithCode } from "../../parts/with-code.tsx";
import { go } from "../../route.ts";
import { words } from "../../words/jobs.ts";
import { say } from "../../words/say.ts";
import { argumentsOf } from "./arguments.ts";

/** What the agent puts in the place of a secret. */
const HIDDEN = "••••••";

export function RetryEdited({ job, rule, close }: { readonly job: JobRecord; readonly rule: RuleLook | undefined; readonly close: () => void }) {
  const original = prettyJson(job.data);
  const [text, setText] = useState(original);
  const judged = judgedJson(text);
  const names = argumentsOf(rule?.args);
  const submit = async (): Promise<void> => {
    if (!("value" in judged)) throw new Error(say(words.needsJson));
    const [made] = await jobs.retry({ ids: [job.id] }, text);
    tellDone(say(words.retried, { count: made === undefined ? 0 : 1 }));
    close();
    if (made !== undefined) go(hrefOfJob(made.as));
  };
  return (
    <Dialog title={say(words.editTitle, { rule: job.rule })} close={close} class="wide">
      <p class="dim">{say(words.editText)}</p>
      {text.includes(HIDDEN) && (
        <p class="trouble warn">
          <span>
            <WithCode text={say(words.hiddenText)} />
          </span>
        </p>
      )}
      {names.length > 0 && <p class="dim">{say(words.takes, { names: names.join(", ") })}</p>}
      <Form label={say(words.retryEdited)} submit={submit} button={say(words.run)} busyButton={say(words.running2)}>
        <JsonField label={say(words.inputJson)} value={text} write={setText} isFirst rowsMax={14} />
        {text !== original && <DifferenceView before={original} after={"value" in judged ? prettyJson(text) : text} label={say(words.changes)} />}
      </Form>
    </Dialog>
  );
}
