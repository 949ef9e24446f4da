// Reads the config's file again: first what that would change, then, for those who may, to do it.
import { useState } from "preact/hooks";
import { call } from "../../agent/agent.ts";
import { CallFailure } from "../../agent/failure.ts";
import { may } from "../../agent/session.ts";
import { PlanView } from "../../difference/plan-view.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { FailureBox } from "../../parts/failure-box.tsx";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { tellDone } from "../../parts/notices.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { useCall } from "../../parts/use-call.ts";
import { say } from "../../words/say.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/pipelines.ts";

export function ReloadButton() {
  const [isOpen, setOpen] = useState(false);
  if (!may("operator")) return null;
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        <Icon name="reload" />
        {say(words.reload)}
      </button>
      {isOpen && <ReloadDialog close={() => setOpen(false)} />}
    </>
  );
}

function ReloadDialog({ close }: { readonly close: () => void }) {
  const plan = useCall("agent.plan", {});
  const submit = async (): Promise<void> => {
    const { problem } = await call("agent.reload", {});
    if (problem !== undefined) throw new CallFailure({ code: "CONFLICT", message: problem });
    tellDone(say(words.reloaded));
    close();
  };
  return (
    <Dialog title={say(words.reload)} close={close}>
      {plan.answer === undefined ? plan.failure === undefined ? <Skeleton lines={3} /> : <FailureBox failure={plan.failure} retry={plan.ask} /> : <PlanView {...plan.answer} />}
      {may("admin") ? (
        <Form label={say(words.reload)} submit={submit} button={say(words.reloadNow)} busyButton={say(words.reloading)}>
          <p class="dim">{say(words.reloadEffect)}</p>
        </Form>
      ) : (
        <p class="dim">{say(frameWords.needsRole, { role: say(frameWords.admin) })}</p>
      )}
    </Dialog>
  );
}
