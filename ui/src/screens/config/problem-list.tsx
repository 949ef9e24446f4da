// All that is wrong with the text; each leads to its place.
import { FailureBox } from "../../parts/failure-box.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { WithCode } from "../../parts/with-code.tsx";
import { words } from "../../words/config.ts";
import { say } from "../../words/say.ts";
import type { Problem } from "./config-answers.ts";
import type { Check } from "./use-check.ts";

const moods = { error: { shape: "cross", tone: "bad" }, warning: { shape: "triangle", tone: "warn" } } as const;
const SHOWN_MAX = 200;

export function ProblemList({ check, goTo }: { readonly check: Check; readonly goTo: (line: number, column: number) => void }) {
  const problems = check.answer?.problems ?? [];
  const count = (severity: Problem["severity"]): number => problems.filter((problem) => problem.severity === severity).length;
  const said = check.answer === undefined ? say(words.checking) : problems.length === 0 ? say(words.noProblem) : say(words.problemCount, { errors: count("error"), warnings: count("warning") });
  return (
    <section class="card problems" aria-label={say(words.problems)}>
      <div class="bar">
        <h2>{say(words.problems)}</h2>
        <span role="status" class={`state ${check.answer === undefined ? "calm" : 0 < count("error") ? "bad" : 0 < problems.length ? "warn" : "good"}`}>
          {said}
        </span>
        {check.isChecking && check.answer !== undefined && <span class="dim">{say(words.checking)}</span>}
      </div>
      {check.failure !== undefined && <FailureBox failure={check.failure} />}
      {0 < problems.length && (
        <ul>
          {problems.slice(0, SHOWN_MAX).map((problem, at) => (
            <li key={at}>
              <button type="button" class="problem" onClick={() => goTo(problem.line, problem.column)}>
                <span class={`state ${moods[problem.severity].tone}`}>
                  <StateMark mood={moods[problem.severity]} />
                  <span class="unseen">{say(words[problem.severity])}</span>
                  {problem.line}:{problem.column}
                </span>
                <span class="problem-text">
                  <WithCode text={problem.suggestion === undefined ? say(problem.text) : sentence(say(problem.text))} />
                  {problem.suggestion !== undefined && (
                    <>
                      {" "}
                      <WithCode text={say(words.didYouMean, { text: problem.suggestion })} />
                    </>
                  )}
                  {problem.help !== undefined && (
                    <span class="problem-help dim">
                      <WithCode text={say(problem.help).replaceAll(/ {2,}/g, " · ")} />
                    </span>
                  )}{" "}
                  {problem.help !== undefined && say(problem.help).includes(problem.code) ? null : <span class="dim">{problem.code}</span>}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Closed, for another follows it. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
