// Adds a flow: who prints, who reads, and when an event is done.
import { useState } from "preact/hooks";
import { call } from "../../agent/agent.ts";
import { flowName } from "../../flows/flow-graph.ts";
import { Choice } from "../../parts/choice.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Form } from "../../parts/form.tsx";
import { tellDone } from "../../parts/notices.ts";
import { ProcessPicker } from "../../processes/process-picker.tsx";
import { words } from "../../words/flows.ts";
import { words as processWords } from "../../words/processes.ts";
import { say } from "../../words/say.ts";

const ACKS = [
  ["none", processWords.ackNone],
  ["line", processWords.ackLine],
  ["json", processWords.ackJson],
  ["stderr-echo", processWords.ackEcho],
] as const;

export function AddFlow({ close, made }: { readonly close: () => void; readonly made: () => void }) {
  const [type, setType] = useState<"broad" | "share">("broad");
  const [from, setFrom] = useState<readonly string[]>([]);
  const [to, setTo] = useState<readonly string[]>([]);
  const submit = async (values: FormData): Promise<void> => {
    if (from.length === 0 || to.length === 0) throw new Error(say(words.addNeedsTwo));
    const ack = ACKS.find(([each]) => each === values.get("ack"))?.[0] ?? "none";
    await call("flows.create", { type, from: [...from], to: [...to], ack });
    tellDone(say(words.added, { flow: flowName({ type, from: [...from], to: [...to] }) }));
    made();
    close();
  };
  return (
    <Dialog title={say(words.add)} close={close} class="wide">
      <Form label={say(words.add)} submit={submit} button={say(words.add)} busyButton={say(processWords.saving)}>
        <Choice
          label={say(words.type)}
          name="type"
          value={type}
          options={[
            ["broad", `broad: ${say(words.broadWhy)}`],
            ["share", `share: ${say(words.shareWhy)}`],
          ]}
          choose={setType}
        />
        <div class="flow-ends">
          <ProcessPicker label={say(words.from)} chosen={from} choose={setFrom} />
          <ProcessPicker label={say(words.to)} chosen={to} choose={setTo} />
        </div>
        <label class="field">
          {say(words.ack)}
          <select name="ack">
            {ACKS.map(([value, text]) => (
              <option key={value} value={value}>
                {value}: {say(text)}
              </option>
            ))}
          </select>
        </label>
      </Form>
    </Dialog>
  );
}
