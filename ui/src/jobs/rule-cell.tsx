// The rule of a job in a line of a list; of a notice, whom it is for.
import { Icon } from "../parts/icon.tsx";
import { unturned } from "../parts/unturned.ts";
import { words } from "../words/jobs.ts";
import { say } from "../words/say.ts";
import { notifierOf } from "./job.ts";

export function RuleCell({ rule }: { readonly rule: string }) {
  const notifier = notifierOf(rule);
  if (notifier === undefined) return <span class="job-rule">{unturned(rule)}</span>;
  return (
    <span class="job-rule">
      <span class="notice-mark">
        <Icon name="bell" size={12} /> {say(words.notice)}
      </span>{" "}
      {unturned(notifier)}
    </span>
  );
}
