// EventFlow's settings by their old names, each with its place in the config.
import { useMemo, useState } from "preact/hooks";
import type { ResultOf } from "#edges/all-commands.ts";
import { call } from "../../agent/agent.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Form } from "../../parts/form.tsx";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import type { RowAction } from "../../parts/list/row-actions.tsx";
import { tellDone } from "../../parts/notices.ts";
import { useCall } from "../../parts/use-call.ts";
import { WithCode } from "../../parts/with-code.tsx";
import { words } from "../../words/console.ts";
import { words as processWords } from "../../words/processes.ts";
import { language, say } from "../../words/say.ts";

type Setting = ResultOf<"process-settings.list">["settings"][number];

export function SettingList() {
  const lang = language.value;
  const { answer, failure, ask } = useCall("process-settings.list", {});
  const [changing, setChanging] = useState<Setting>();
  const columns = useMemo(columnsOf, [lang]);
  const actions = useMemo((): RowAction<Setting>[] => [{ id: "change", label: say(words.change), icon: "edit", role: "admin", fits: ({ isChangeable }) => isChangeable, run: ([row]) => setChanging(row) }], [lang]);
  return (
    <>
      <p class="dim">
        <WithCode text={say(words.settingsText)} />
      </p>
      <List label={say(words.settings)} fileName="settings" rows={answer?.settings} failure={failure} retry={ask} keyOf={({ name }) => name} columns={columns} actions={actions} empty={{ title: say(words.noSettings) }} />
      {changing !== undefined && <Change setting={changing} close={() => setChanging(undefined)} made={ask} />}
    </>
  );
}

function columnsOf(): Column<Setting>[] {
  return [
    { id: "name", label: say(words.name), value: ({ name }) => name },
    { id: "value", label: say(words.value), isWide: true, value: ({ value }) => value, show: ({ value, isChangeable }) => (<><code class="breakable">{value}</code>{!isChangeable && <span class="dim"> {say(words.fixed)}</span>}</>) },
    { id: "configKey", label: say(words.configKey), isWideOnly: true, value: ({ configKey }) => configKey, show: ({ configKey }) => <code class="dim">{configKey}</code> },
  ];
}

function Change({ setting: { name, value, configKey }, close, made }: { readonly setting: Setting; readonly close: () => void; readonly made: () => void }) {
  const submit = async (values: FormData): Promise<void> => {
    const next = await call("process-settings.set", { name, value: String(values.get("value")) });
    tellDone(say(words.changed, { name, value: next.value }));
    made();
    close();
  };
  const isFlag = value === "True" || value === "False";
  return (
    <Dialog title={name} close={close}>
      <Form label={name} submit={submit} button={say(processWords.save)} busyButton={say(processWords.saving)}>
        <label class="field">
          {say(words.value)}
          {isFlag ? (
            <select name="value" defaultValue={value} autofocus>
              {["True", "False"].map((each) => (
                <option key={each} selected={each === value}>
                  {each}
                </option>
              ))}
            </select>
          ) : (
            <input name="value" class="mono" defaultValue={value} autofocus autocomplete="off" spellcheck={false} required />
          )}
        </label>
        <p class="dim">
          <code>{configKey}</code>
        </p>
      </Form>
    </Dialog>
  );
}
