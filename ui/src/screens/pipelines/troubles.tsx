// Why a pipeline does not move, above everything else on its page.
import { ago } from "../../parts/figures.ts";
import { StateMark } from "../../parts/state-mark.tsx";
import type { PipelineStatus } from "../../pipelines/look.ts";
import { moods } from "../../pipelines/mood.ts";
import type { Trouble } from "../../pipelines/mood.ts";
import { hrefWith } from "../../route.ts";
import { say } from "../../words/say.ts";
import { words } from "../../words/pipelines.ts";

export function Troubles({ troubles, paused }: { readonly troubles: readonly Trouble[]; readonly paused: PipelineStatus["paused"] }) {
  if (troubles.length === 0 && paused === undefined) return null;
  return (
    <ul class="troubles">
      {paused !== undefined && (
        <li class="trouble calm">
          <StateMark mood={moods.paused} />
          <span>{say(words.pausedBy, { name: paused.by, when: ago(paused.sinceMs) })}</span>
        </li>
      )}
      {troubles.map(({ step, mood, reason, sinceMs }) => (
        <li key={`${step} ${reason}`} class={`trouble ${mood.tone}`}>
          <StateMark mood={mood} />
          <span>
            {step !== undefined && <a href={hrefWith({ node: step.split(":")[0], tab: undefined })}>{step}</a>} {step === undefined ? `${say(mood.label)}: ` : ""}
            {reason}
          </span>
          {sinceMs !== undefined && <span class="dim">{ago(sinceMs)}</span>}
        </li>
      ))}
    </ul>
  );
}
