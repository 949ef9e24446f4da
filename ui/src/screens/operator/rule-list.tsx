// What can be called, how it goes, and which files of the rules folder cannot be used, with the place in them.
import { useEffect, useMemo, useState } from "preact/hooks";
import type { RuleLook } from "#capabilities/jobs/jobs.ts";
import type { RuleProblem } from "#capabilities/jobs/worker-protocol.ts";
import { comebacks } from "../../agent/agent.ts";
import { may } from "../../agent/session.ts";
import { jobs } from "../../jobs/ask.ts";
import type { RulesAnswer } from "../../jobs/ask.ts";
import { FirstRule } from "../../jobs/first-rule.tsx";
import { jobsFailure } from "../../jobs/look.ts";
import { useTurns } from "../../jobs/use-turns.ts";
import { count } from "../../parts/figures.ts";
import { Icon } from "../../parts/icon.tsx";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import { AskFirst } from "../../parts/list/row-actions.tsx";
import type { RowAction } from "../../parts/list/row-actions.tsx";
import { tellDone } from "../../parts/notices.ts";
import { StateMark } from "../../parts/state-mark.tsx";
import { unturned } from "../../parts/unturned.ts";
import { took } from "../../jobs/took.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/operator.ts";
import { language, say } from "../../words/say.ts";
import { SubmitJob } from "../jobs/submit-job.tsx";

const AGAIN_MS = 2000;

export function RuleList() {
  const { answer, failure, ask } = useRules();
  const [asked, setAsked] = useState<RowAction<null>>();
  const [submitted, setSubmitted] = useState<string>();
  const lang = language.value;
  const columns = useMemo(columnsOf, [lang]);
  const actions = useMemo((): RowAction<RuleLook>[] => [{ id: "run", label: say(words.runRule), icon: "play", role: "operator", run: ([row]) => setSubmitted(row?.name) }], [lang]);
  if (jobsFailure.value !== undefined && answer === undefined) return null;
  const reload: RowAction<null> = {
    id: "reload",
    label: say(words.reload),
    role: "operator",
    effect: () => say(words.reloadEffect),
    async run() {
      const { rules, problems } = await jobs.reloadRules();
      tellDone(say(words.reloaded, { count: rules, problems: problems.length }));
      ask();
    },
  };
  const isAllowed = may("operator");
  return (
    <>
      {answer !== undefined && answer.problems.length > 0 && <Problems problems={answer.problems} />}
      {answer !== undefined && answer.rules.length === 0 && answer.problems.length === 0 ? (
        <FirstRule title={say(words.noRules)} text={say(words.noRulesText)} />
      ) : (
        <List label={say(words.rules)} fileName="rules" rows={answer?.rules} failure={failure} retry={ask} keyOf={({ name }) => name} columns={columns} actions={actions} hrefOf={({ name }) => `/jobs?rule=${encodeURIComponent(name)}`} prefix="rule-" empty={{ title: say(words.noRules), text: say(words.noRulesText) }}>
          <button type="button" class="button" aria-disabled={!isAllowed} title={isAllowed ? undefined : say(frameWords.needsRole, { role: say(frameWords.operator) })} onClick={() => isAllowed && setAsked(reload)}>
            <Icon name="reload" /> {say(words.reload)}
          </button>
        </List>
      )}
      {asked !== undefined && <AskFirst asked={{ action: asked, rows: [null] }} close={() => setAsked(undefined)} />}
      {submitted !== undefined && <SubmitJob rules={answer?.rules.map(({ name }) => name) ?? []} firstRule={submitted} close={() => setSubmitted(undefined)} />}
    </>
  );
}

function useRules(): { readonly answer: RulesAnswer | undefined; readonly failure: unknown; ask(): void } {
  const [state, setState] = useState<{ readonly answer?: RulesAnswer; readonly failure?: unknown }>({});
  const [times, setTimes] = useState(0);
  const back = comebacks.value;
  useEffect(() => {
    const gone = new AbortController();
    jobs.rules(gone.signal).then((answer) => setState({ answer }), (failure: unknown) => gone.signal.aborted || setState((old) => ({ ...old, failure })));
    return () => gone.abort();
  }, [times, back]);
  useTurns(() => setTimes((old) => old + 1), AGAIN_MS);
  return { answer: state.answer, failure: state.failure, ask: () => setTimes((old) => old + 1) };
}

function Problems({ problems }: { readonly problems: readonly RuleProblem[] }) {
  return (
    <section class="troubles" aria-label={say(words.problems)}>
      <h2>{say(words.problems)}</h2>
      {problems.map(({ file, line, column, message }, index) => (
        <p key={index} class="trouble bad rule-problem">
          <StateMark mood={{ shape: "cross", tone: "bad" }} />
          <span>
            <code>{[file, line, column].filter((part) => part !== undefined).join(":")}</code> {unturned(message)}
          </span>
        </p>
      ))}
    </section>
  );
}

function columnsOf(): Column<RuleLook>[] {
  const ms = (value: number | undefined) => (value === undefined ? <span class="dim">–</span> : took(value));
  return [
    { id: "rule", label: say(words.rule), isWide: true, value: ({ name }) => name, show: ({ name }) => unturned(name) },
    { id: "runtime", label: say(words.runtime), value: ({ runtime }) => runtime, show: ({ runtime, ownThread }) => <code>{runtime}{ownThread === true && " ⧉"}</code> },
    { id: "file", label: say(words.file), isWideOnly: true, value: ({ file }) => file, show: ({ file }) => <code>{unturned(file)}</code> },
    { id: "running", label: say(words.running), isNumber: true, value: ({ running }) => running, show: ({ running, heldBack }) => <>{heldBack && <span class="state warn">▲ {say(words.heldBack)}</span>} {count(running)}</> },
    { id: "succeeded", label: say(words.succeeded), isNumber: true, value: ({ succeeded }) => succeeded, show: ({ succeeded }) => count(succeeded) },
    { id: "failed", label: say(words.failed), isNumber: true, value: ({ failed }) => failed, show: ({ failed }) => (failed === 0 ? <span class="dim">0</span> : <span class="state bad">{count(failed)}</span>) },
    { id: "p50", label: say(words.p50), isNumber: true, isWideOnly: true, value: ({ runMs }) => runMs?.p50, show: ({ runMs }) => ms(runMs?.p50) },
    { id: "p95", label: say(words.p95), isNumber: true, value: ({ runMs }) => runMs?.p95, show: ({ runMs }) => ms(runMs?.p95) },
    { id: "p99", label: say(words.p99), isNumber: true, isWideOnly: true, value: ({ runMs }) => runMs?.p99, show: ({ runMs }) => ms(runMs?.p99) },
    { id: "wait-p50", label: say(words.waitP50), isNumber: true, isWideOnly: true, value: ({ waitMs }) => waitMs?.p50, show: ({ waitMs }) => ms(waitMs?.p50) },
    { id: "wait-p99", label: say(words.waitP99), isNumber: true, value: ({ waitMs }) => waitMs?.p99, show: ({ waitMs }) => ms(waitMs?.p99) },
    { id: "summary", label: say(words.summary), isWideOnly: true, isWide: true, value: ({ summary }) => summary, show: ({ summary }) => <span class="clip">{unturned(summary ?? "")}</span> },
    { id: "timeout", label: say(words.timeout), isNumber: true, isExtra: true, value: ({ timeoutMs }) => timeoutMs, show: ({ timeoutMs }) => ms(timeoutMs) },
    { id: "attempts", label: say(words.attempts), isNumber: true, isExtra: true, value: ({ attempts }) => attempts },
    { id: "concurrency", label: say(words.concurrency), isNumber: true, isExtra: true, value: ({ concurrency }) => concurrency },
  ];
}
