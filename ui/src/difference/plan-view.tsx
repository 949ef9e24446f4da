// What another config would change of what runs: before it is applied, and before the file is read again.
import type { ResultOf } from "#edges/all-commands.ts";
import { say } from "../words/say.ts";
import { words } from "../words/config.ts";
import "./plan-view.css";

export type PlanDifference = ResultOf<"agent.plan">;

export function PlanView({ same, changed, added, removed, processes, atNextStart, atOnce }: PlanDifference) {
  const parts = [
    { names: [...changed, ...processes.changed], sign: "~", does: words.planChanged, tone: "warn" },
    { names: [...added, ...processes.added], sign: "+", does: words.planAdded, tone: "good" },
    { names: [...removed, ...processes.removed], sign: "−", does: words.planRemoved, tone: "bad" },
    { names: [...same, ...processes.same], sign: "=", does: words.planSame, tone: "calm" },
  ] as const;
  const touched = parts.slice(0, 3).reduce((count, { names }) => count + names.length, 0) + atNextStart.length + atOnce.length;
  return (
    <div class="plan">
      {touched === 0 && <p>{say(words.planNothing)}</p>}
      <ul>
        {parts
          .filter(({ names }) => 0 < names.length)
          .map(({ names, sign, does, tone }) => (
            <li key={sign}>
              <strong class={`plan-sign state ${tone}`}>
                {sign} {names.length}
              </strong>{" "}
              {say(does)}: {names.slice(0, 30).join(", ")}
              {30 < names.length && " …"}
            </li>
          ))}
        {0 < atOnce.length && (
          <li>
            {say(words.planAtOnce)} <code>{atOnce.join(", ")}</code>
          </li>
        )}
        {0 < atNextStart.length && (
          <li>
            {say(words.planNextStart)} <code>{atNextStart.join(", ")}</code>
          </li>
        )}
      </ul>
    </div>
  );
}
