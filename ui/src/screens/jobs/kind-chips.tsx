// Whether jobs are looked at, notices, or both: shown where there are notices.
import type { JobKind } from "../../jobs/job-query.ts";
import { jobKinds } from "../../jobs/job-query.ts";
import { count } from "../../parts/figures.ts";
import { Icon } from "../../parts/icon.tsx";
import { hrefWith } from "../../route.ts";
import { words } from "../../words/jobs.ts";
import { say } from "../../words/say.ts";

const labels = { jobs: words.title, notices: words.notices, all: words.both } as const;

export function KindChips({ kind, amounts }: { readonly kind: JobKind; readonly amounts: Readonly<Record<JobKind, number>> }) {
  if (kind === "jobs" && amounts.notices === 0) return null;
  return (
    <div class="state-chips kind-chips" role="group" aria-label={say(words.kindOfJobs)}>
      {jobKinds.map((each) => (
        // The rule of the one is none of the other.
        <a key={each} class={`chip ${each === kind ? "on" : ""}`} href={hrefWith({ kind: each === "jobs" ? undefined : each, rule: undefined })} aria-current={each === kind ? "true" : undefined}>
          {each === "notices" && <Icon name="bell" size={13} />} {say(labels[each])} <strong>{count(amounts[each])}</strong>
        </a>
      ))}
    </div>
  );
}
