// Why a job failed, or failed last: its kind, its words, and where in the rule.
import type { JobError as Facts } from "#sdk/queue.ts";
import { jobMoods } from "../../jobs/mood.ts";
import { StateMark } from "../../parts/state-mark.tsx";
import { withoutStyles } from "../../parts/text/ansi.ts";
import { unturned } from "../../parts/unturned.ts";
import { words } from "../../words/jobs.ts";
import { say } from "../../words/say.ts";

export function JobError({ error: { kind, message, stack }, isOver }: { readonly error: Facts; readonly isOver: boolean }) {
  return (
    <section class={`trouble job-trouble ${isOver ? "bad" : "warn"}`} aria-label={say(words.error)}>
      <p>
        <StateMark mood={isOver ? jobMoods.failed : { shape: "triangle", tone: "warn" }} /> <code>{unturned(kind)}</code> <span>{unturned(withoutStyles(message))}</span>
      </p>
      {stack !== undefined && stack.trim() !== "" && (
        <pre class="value job-stack" tabIndex={0} aria-label={say(words.stack)}>
          {unturned(withoutStyles(stack))}
        </pre>
      )}
    </section>
  );
}
