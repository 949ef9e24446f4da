// How many instances, and which signal: asked for in a small dialog.
import { call } from "../../agent/agent.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Form } from "../../parts/form.tsx";
import { tellDone } from "../../parts/notices.ts";
import type { ProcessStatus } from "../../processes/look.ts";
import { words } from "../../words/processes.ts";
import { say } from "../../words/say.ts";

const SIGNALS = ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGINT", "SIGTERM", "SIGQUIT", "SIGSTOP", "SIGCONT", "SIGWINCH"] as const;

export function ScaleDialog({ process: { name, instancesWanted }, close }: { readonly process: ProcessStatus; readonly close: () => void }) {
  const submit = async (values: FormData): Promise<void> => {
    const instances = Number(values.get("instances"));
    await call("processes.scale", { name, instances });
    tellDone(say(words.scaled, { name, count: instances }));
    close();
  };
  return (
    <Dialog title={say(words.scale).replace("…", "")} close={close}>
      <p>{say(words.scaleText, { name })}</p>
      <Form label={say(words.scale)} submit={submit} button={say(words.save)} busyButton={say(words.doing)}>
        <label class="field">
          {say(words.howMany)}
          <input name="instances" type="number" min={1} max={1000} defaultValue={String(instancesWanted)} required autofocus />
        </label>
      </Form>
    </Dialog>
  );
}

export function SignalDialog({ name, close }: { readonly name: string; readonly close: () => void }) {
  const submit = async (values: FormData): Promise<void> => {
    const signal = String(values.get("signal"));
    const { sent } = await call("processes.signal", { name, signal });
    tellDone(say(words.signalled, { signal, count: sent, name }));
    close();
  };
  return (
    <Dialog title={say(words.signal).replace("…", "")} close={close}>
      <p>{say(words.signalText, { name })}</p>
      <Form label={say(words.signal)} submit={submit} button={say(words.send)} busyButton={say(words.sending)}>
        <label class="field">
          {say(words.signalName)}
          <select name="signal" autofocus>
            {SIGNALS.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      </Form>
    </Dialog>
  );
}
