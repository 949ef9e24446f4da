// Before a text is applied: what it would change of what runs, and of the file. When somebody else was first, both changes side by side.
import { useState } from "preact/hooks";
import { call } from "../../agent/agent.ts";
import { CallFailure } from "../../agent/failure.ts";
import { DifferenceTable } from "../../difference/difference-view.tsx";
import { PlanView } from "../../difference/plan-view.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { FailureBox } from "../../parts/failure-box.tsx";
import { Form } from "../../parts/form.tsx";
import { tellDone } from "../../parts/notices.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { useCall } from "../../parts/use-call.ts";
import { words } from "../../words/config.ts";
import { say } from "../../words/say.ts";
import { linesOfDiff } from "./config-answers.ts";
import type { ChangedMeanwhile, ShownConfig } from "./config-answers.ts";
import { ConflictView } from "./conflict-view.tsx";
import { openConfig } from "./draft.ts";

interface ApplyDialogProps {
  readonly text: string;
  /** What it was made from. */
  readonly config: ShownConfig;
  readonly close: () => void;
}

export function ApplyDialog({ text, config, close }: ApplyDialogProps) {
  const plan = useCall("config.plan", { text });
  const [conflict, setConflict] = useState<Required<ChangedMeanwhile>>();
  const hasErrors = plan.answer?.problems.some(({ severity }) => severity === "error") === true;
  const submit = async (values: FormData): Promise<void> => {
    try {
      const { revision } = await call("config.apply", { text, base: config.hash, note: String(values.get("note") ?? "") });
      tellDone(say(words.applied, { revision }));
      await openConfig({ applied: text });
      close();
    } catch (thrown) {
      const other = changedMeanwhile(thrown);
      if (other === undefined) throw thrown;
      setConflict(other);
    }
  };
  if (conflict !== undefined) {
    return (
      <Dialog title={say(words.conflict)} close={close} class="wide">
        <ConflictView base={config.text} mine={text} theirs={conflict} close={close} />
      </Dialog>
    );
  }
  return (
    <Dialog title={say(words.plan)} close={close} class="wide">
      {plan.answer === undefined ? (
        plan.failure === undefined ? (
          <>
            <p class="dim">{say(words.planning)}</p>
            <Skeleton />
          </>
        ) : (
          <FailureBox failure={plan.failure} retry={plan.ask} />
        )
      ) : (
        <>
          {hasErrors ? <p class="state bad">{say(words.planErrors)}</p> : plan.answer.difference !== undefined && <PlanView {...plan.answer.difference} />}
          <DifferenceTable lines={linesOfDiff(plan.answer.diff)} label={say(words.textDifference)} />
          {!hasErrors && (
            <Form label={say(words.applyNow)} submit={submit} button={say(words.applyNow)} busyButton={say(words.applying)}>
              <p class="dim">{say(words.applyEffect)}</p>
              <label class="field">
                {say(words.note)}
                <input name="note" autocomplete="off" maxLength={500} autofocus />
              </label>
            </Form>
          )}
        </>
      )}
    </Dialog>
  );
}

function changedMeanwhile(thrown: unknown): Required<ChangedMeanwhile> | undefined {
  if (!(thrown instanceof CallFailure) || thrown.code !== "CONFLICT") return undefined;
  const { details } = thrown.facts;
  if (typeof details !== "object" || details === null) return undefined;
  const { reason, text, hash } = details as Partial<ChangedMeanwhile>;
  return reason === "changed" && text !== undefined && hash !== undefined ? { reason, text, hash } : undefined;
}
