// What `dure doctor` finds: what is wrong first, each with how to put it right.
import { useState } from "preact/hooks";
import type { ResultOf } from "#edges/all-commands.ts";
import { may } from "../../agent/session.ts";
import { FailureBox } from "../../parts/failure-box.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { useCall } from "../../parts/use-call.ts";
import { WithCode } from "../../parts/with-code.tsx";
import { words } from "../../words/diagnostics.ts";
import { say } from "../../words/say.ts";

type Finding = ResultOf<"agent.doctor">["findings"][number];

const moods = {
  problem: { shape: "cross", tone: "bad" },
  hint: { shape: "triangle", tone: "warn" },
  ok: { shape: "disc", tone: "good" },
  skipped: { shape: "ring", tone: "calm" },
} as const;
const order = ["problem", "hint", "ok", "skipped"] as const;

export function Doctor() {
  if (may("operator")) return <Findings />;
  return (
    <section class="card doctor">
      <h2>{say(words.doctor)}</h2>
      <p class="dim">{say(words.needsOperator)}</p>
    </section>
  );
}

function Findings() {
  const { answer, failure, isLoading, ask } = useCall("agent.doctor", {});
  const [isAll, setAll] = useState(false);
  const findings = answer?.findings ?? [];
  const count = (outcome: Finding["outcome"]): number => findings.filter((finding) => finding.outcome === outcome).length;
  const sorted = order.flatMap((outcome) => findings.filter((finding) => finding.outcome === outcome));
  const shown = isAll ? sorted : sorted.filter(({ outcome }) => outcome === "problem" || outcome === "hint");
  return (
    <section class="card doctor">
      <div class="bar">
        <h2>{say(words.doctor)}</h2>
        <button type="button" class="button small" aria-disabled={isLoading} onClick={() => !isLoading && ask()}>
          <Icon name="reload" size={14} /> {say(isLoading ? words.examining : words.again)}
        </button>
      </div>
      {failure !== undefined && <FailureBox failure={failure} retry={ask} />}
      {answer === undefined && isLoading && <Skeleton />}
      {answer !== undefined && (
        <>
          <p role="status">{count("problem") + count("hint") === 0 ? say(words.allGood, { count: findings.length }) : say(words.found, { problems: count("problem"), hints: count("hint"), count: findings.length })}</p>
          <ul class="findings">
            {shown.map((finding, at) => (
              <li key={`${finding.id} ${at}`} class="finding">
                <span class={`state ${moods[finding.outcome].tone}`}>
                  <StateMark mood={moods[finding.outcome]} />
                  {say(words[finding.outcome])}
                </span>
                <div>
                  <p>
                    <WithCode text={say(finding.text)} /> <span class="dim">{finding.id}</span>
                  </p>
                  {finding.fix !== undefined && (
                    <p class="dim">
                      {say(words.fix)} <WithCode text={say(finding.fix)} />
                    </p>
                  )}
                </div>
              </li>
            ))}
          </ul>
          <label class="check">
            <input type="checkbox" checked={isAll} onChange={(event) => setAll(event.currentTarget.checked)} />
            {say(words.showAll)}
          </label>
        </>
      )}
    </section>
  );
}
