// Adds a process: a form, and beside it the YAML that will stand in the config.
import { useEffect, useState } from "preact/hooks";
import { call } from "../../agent/agent.ts";
import { Choice } from "../../parts/choice.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Field, Form } from "../../parts/form.tsx";
import { tellDone } from "../../parts/notices.ts";
import { WithCode } from "../../parts/with-code.tsx";
import { definitionOf, emptyForm } from "../../processes/definition.ts";
import type { ProcessForm } from "../../processes/definition.ts";
import { processes } from "../../processes/look.ts";
import { go } from "../../route.ts";
import { words } from "../../words/processes.ts";
import { say } from "../../words/say.ts";

interface AddProcessProps {
  readonly close: () => void;
  /** What it is filled with, to be changed. */
  readonly firstName?: string;
  readonly firstForm?: Partial<ProcessForm>;
}

export function AddProcess({ close, firstName = "", firstForm = {} }: AddProcessProps) {
  const [name, setName] = useState(firstName);
  const [form, setForm] = useState<ProcessForm>({ ...emptyForm, ...firstForm });
  const change = (changes: Partial<ProcessForm>): void => setForm((old) => ({ ...old, ...changes }));
  const submit = async (): Promise<void> => {
    await call("processes.create", { name, definition: definitionOf(form) });
    tellDone(say(words.added, { name }));
    close();
    go(`/processes/${encodeURIComponent(name)}`);
  };
  return (
    <Dialog title={say(words.add)} close={close} class="wide">
      <div class="add-process" onInput={({ target }) => target instanceof HTMLInputElement && target.name === "name" && setName(target.value.trim())}>
        <Form label={say(words.add)} submit={submit} button={say(words.add)} busyButton={say(words.saving)}>
          <Field label={say(words.name)} name="name" hint={say(words.nameHint)} value={firstName} isFirst />
          <Choice
            label={say(words.commandAs)}
            name="shell"
            value={form.isShell ? "shell" : "words"}
            options={[
              ["words", say(words.asWords)],
              ["shell", say(words.asShell)],
            ]}
            choose={(chosen) => change({ isShell: chosen === "shell" })}
          />
          <div class="field">
            <label for="command">{say(words.command)}</label>
            <input id="command" class="mono" required autocomplete="off" autocapitalize="none" spellcheck={false} value={form.command} aria-describedby="command-hint" onInput={({ currentTarget }) => change({ command: currentTarget.value })} />
            <p class="dim" id="command-hint">
              <WithCode text={say(form.isShell ? words.shellHint : words.commandHint)} />
            </p>
            <p class="dim">
              <WithCode text={say(words.programHint)} />
            </p>
          </div>
          <div class="field-pair">
            <Select label={say(words.startWhen)} value={form.start} options={[["auto", say(words.startAuto)], ["manual", say(words.startManual)]]} choose={(start) => change({ start })} />
            <Select label={say(words.restartWhen)} value={form.restart} options={[["always", say(words.restartAlways)], ["on-failure", say(words.restartOnFailure)], ["never", say(words.restartNever)]]} choose={(restart) => change({ restart })} />
            <Select label={say(words.ack)} value={form.ack} options={[["none", say(words.ackNone)], ["line", say(words.ackLine)], ["json", say(words.ackJson)], ["stderr-echo", say(words.ackEcho)]]} choose={(ack) => change({ ack })} />
            <label class="field">
              {say(words.dependsOn)}
              <input list="known-processes" autocomplete="off" spellcheck={false} value={form.dependsOn} title={say(words.dependsHint)} onInput={({ currentTarget }) => change({ dependsOn: currentTarget.value })} />
              <datalist id="known-processes">
                {(processes.value ?? []).map((each) => (
                  <option key={each.name} value={each.name} />
                ))}
              </datalist>
            </label>
          </div>
          <div class="field">
            <label for="cwd">{say(words.cwd)}</label>
            <input id="cwd" class="mono" autocomplete="off" spellcheck={false} value={form.cwd} placeholder={say(words.cwdHint)} onInput={({ currentTarget }) => change({ cwd: currentTarget.value })} />
          </div>
          <div class="field">
            <label for="env">{say(words.env)}</label>
            <textarea id="env" class="mono" rows={2} spellcheck={false} value={form.env} placeholder={say(words.envHint)} onInput={({ currentTarget }) => change({ env: currentTarget.value })} />
          </div>
          <Written name={name} form={form} />
        </Form>
      </div>
    </Dialog>
  );
}

function Select<T extends string>({ label, value, options, choose }: { readonly label: string; readonly value: T; readonly options: readonly (readonly [T, string])[]; readonly choose: (value: T) => void }) {
  return (
    <label class="field">
      {label}
      <select value={value} onChange={({ currentTarget }) => choose(options[currentTarget.selectedIndex]?.[0] ?? value)}>
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function Written({ name, form }: { readonly name: string; readonly form: ProcessForm }) {
  const [text, setText] = useState("");
  useEffect(() => {
    let isGone = false;
    void import("../../processes/yaml-text.ts").then(({ processYaml }) => {
      if (isGone) return;
      try {
        setText(processYaml(name === "" ? "…" : name, definitionOf(form)));
      } catch (problem) {
        setText(`# ${problem instanceof Error ? problem.message : String(problem)}`);
      }
    });
    return () => void (isGone = true);
  }, [name, form]);
  return (
    <div>
      <p class="dim">{say(words.willBeWritten)}</p>
      <pre class="command" tabIndex={0} aria-label={say(words.willBeWritten)}>
        {text}
      </pre>
    </div>
  );
}
