// A group's name and its members. What is saved of a group that was there is what was changed, so that two people who change it at once keep both.
import { useState } from "preact/hooks";
import { call } from "../../agent/agent.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Field, Form } from "../../parts/form.tsx";
import { tellDone } from "../../parts/notices.ts";
import { ProcessPicker } from "../../processes/process-picker.tsx";
import { words } from "../../words/groups.ts";
import { words as processWords } from "../../words/processes.ts";
import { say } from "../../words/say.ts";
import type { Group } from "./group-list.tsx";

export function EditGroup({ group, close, made }: { readonly group: Group | undefined; readonly close: () => void; readonly made: () => void }) {
  const [chosen, setChosen] = useState<readonly string[]>(group?.processes ?? []);
  const title = group === undefined ? say(words.add) : say(words.editOf, { name: group.name });
  const submit = async (values: FormData): Promise<void> => {
    if (chosen.length === 0) throw new Error(say(words.needsOne));
    const name = group?.name ?? String(values.get("name")).trim();
    const before = group?.processes ?? [];
    const added = chosen.filter((each) => !before.includes(each));
    const taken = before.filter((each) => !chosen.includes(each));
    // First what comes: a group that is empty in between would go.
    if (added.length > 0) await call("groups.set", { name, processes: added, change: "add" });
    if (taken.length > 0) await call("groups.set", { name, processes: taken, change: "take" });
    tellDone(say(words.saved, { name, count: chosen.length }));
    made();
    close();
  };
  return (
    <Dialog title={title} close={close}>
      <Form label={title} submit={submit} button={say(processWords.save)} busyButton={say(processWords.saving)}>
        {group === undefined && <Field label={say(words.name)} name="name" hint={say(processWords.nameHint)} isFirst />}
        <ProcessPicker label={say(words.members)} chosen={chosen} choose={setChosen} />
      </Form>
    </Dialog>
  );
}

/** Puts processes that were chosen in the list into a group that is there, or a new one. */
export function PutIntoGroup({ names, groups, close }: { readonly names: readonly string[]; readonly groups: readonly string[]; readonly close: () => void }) {
  const submit = async (values: FormData): Promise<void> => {
    const name = String(values.get("name")).trim();
    const { processes } = await call("groups.set", { name, processes: [...names], change: "add" });
    tellDone(say(words.saved, { name, count: processes.length }));
    close();
  };
  return (
    <Dialog title={say(words.put)} close={close}>
      <p class="breakable">{say(words.putText, { names: names.join(", ") })}</p>
      <Form label={say(words.put)} submit={submit} button={say(processWords.save)} busyButton={say(processWords.saving)}>
        <label class="field">
          {say(words.name)}
          <input name="name" list="known-groups" required autofocus autocomplete="off" autocapitalize="none" spellcheck={false} title={say(processWords.nameHint)} />
          <datalist id="known-groups">
            {groups.map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
        </label>
      </Form>
    </Dialog>
  );
}
