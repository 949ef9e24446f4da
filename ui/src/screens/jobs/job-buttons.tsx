// What can be done with one job; and what of it can be taken along.
import { useState } from "preact/hooks";
import type { RuleLook } from "#capabilities/jobs/jobs.ts";
import type { Role } from "#kernel/access/caller.ts";
import { may } from "../../agent/session.ts";
import { jobActions } from "../../jobs/actions.ts";
import { jobs } from "../../jobs/ask.ts";
import { hrefOfJob, isOver } from "../../jobs/job.ts";
import type { JobRecord } from "../../jobs/job.ts";
import { copyText } from "../../parts/copy.ts";
import { Icon } from "../../parts/icon.tsx";
import type { IconName } from "../../parts/icon.tsx";
import { AskFirst } from "../../parts/list/row-actions.tsx";
import type { RowAction } from "../../parts/list/row-actions.tsx";
import { tellDone } from "../../parts/notices.ts";
import { Popup } from "../../parts/popup.tsx";
import { go } from "../../route.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/jobs.ts";
import { say } from "../../words/say.ts";
import { commandOf, testOf } from "./copy-as.ts";
import { RetryEdited } from "./retry-edited.tsx";

export function JobButtons({ job, rule, ask }: { readonly job: JobRecord; readonly rule: RuleLook | undefined; readonly ask: () => void }) {
  const [asked, setAsked] = useState<RowAction<JobRecord>>();
  const [isEditing, setEditing] = useState(false);
  const button = (id: string, label: string, icon: IconName | undefined, act: () => void, isDanger = false, role: Role = "operator") => {
    const isAllowed = may(role);
    return (
    <button key={id} type="button" class={`button ${isDanger ? "danger" : ""}`} aria-disabled={!isAllowed} title={isAllowed ? undefined : say(frameWords.needsRole, { role: say(frameWords[role]) })} onClick={() => isAllowed && act()}>
      {icon !== undefined && <Icon name={icon} />}
      {label}
    </button>
    );
  };
  const actions = jobActions(ask).map((action): RowAction<JobRecord> => ({ ...action, run: (rows) => (action.id === "retry" ? retry(job.id) : action.id === "forget" ? forget(job.id) : action.run(rows)) }));
  return (
    <div class="page-actions many">
      {actions
        .filter(({ id, fits }) => id !== "forget" && fits?.(job) !== false)
        .map((action) => button(action.id, action.label, action.icon, () => setAsked(action), action.isDanger === true))}
      {isOver(job) && button("edit", say(words.retryEdited), "edit", () => setEditing(true))}
      <Popup label={say(words.copyAs)} class="button" face={<><Icon name="copy" /> {say(words.copyAs)}</>}>
        {(close) => (
          <div class="menu">
            {(
              [
                [words.copyCli, () => commandOf(job)],
                [words.copyTest, () => testOf(job, rule)],
                [words.copyId, () => job.id],
                [words.copyLink, () => location.href],
              ] as const
            ).map(([label, text]) => (
              <button key={label.en} type="button" class="menu-item" onClick={() => (void copyText(text()), close())}>
                {say(label)}
              </button>
            ))}
          </div>
        )}
      </Popup>
      {actions.filter(({ id, fits }) => id === "forget" && fits?.(job) !== false).map((action) => button(action.id, action.label, action.icon, () => setAsked(action), true, action.role))}
      {asked !== undefined && <AskFirst asked={{ action: asked, rows: [job] }} close={() => setAsked(undefined)} />}
      {isEditing && <RetryEdited job={job} rule={rule} close={() => setEditing(false)} />}
    </div>
  );
}

/** Goes to the new one. */
async function retry(id: string): Promise<void> {
  const [made] = await jobs.retry({ ids: [id] });
  tellDone(say(words.retried, { count: made === undefined ? 0 : 1 }));
  if (made !== undefined) go(hrefOfJob(made.as));
}

async function forget(id: string): Promise<void> {
  tellDone(say(words.forgotten, { count: await jobs.forget({ ids: [id] }) }));
  go("/jobs");
}
