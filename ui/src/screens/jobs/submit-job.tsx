// A job by hand: which rule, with what input.
import { useEffect, useState } from "preact/hooks";
import type { RuleLook } from "#capabilities/jobs/jobs.ts";
import { jobs } from "../../jobs/ask.ts";
import { hrefOfJob } from "../../jobs/job.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Form } from "../../parts/form.tsx";
import { JsonField } from "../../parts/json-field.tsx";
import { tellDone } from "../../parts/notices.ts";
import { judgedJson } from "../../parts/text/json-fault.ts";
import { go } from "../../route.ts";
import { words } from "../../words/jobs.ts";
import { say } from "../../words/say.ts";
import { argumentsOf, firstInput } from "./arguments.ts";

export function SubmitJob({ rules, firstRule = "", close }: { readonly rules: readonly string[]; readonly firstRule?: string; readonly close: () => void }) {
  const [rule, setRule] = useState(firstRule);
  const [known, setKnown] = useState<readonly RuleLook[]>([]);
  const [text, setText] = useState<string>();
  useEffect(() => {
    jobs.rules().then(({ rules: found }) => setKnown(found), () => undefined);
  }, []);
  const facts = known.find(({ name }) => name === rule);
  const names = facts === undefined ? [] : argumentsOf(facts.args);
  const input = text ?? firstInput(facts?.args);
  const submit = async (): Promise<void> => {
    const judged = judgedJson(input);
    if (!("value" in judged)) throw new Error(say(words.needsJson));
    const { id, isNew } = await jobs.submit(rule.trim(), input);
    tellDone(say(isNew ? words.submitted : words.wasThere));
    close();
    go(hrefOfJob(id));
  };
  return (
    <Dialog title={say(words.submit)} close={close} class="wide">
      <p class="dim">{facts?.summary ?? say(words.submitText)}</p>
      <Form label={say(words.submit)} submit={submit} button={say(words.run)} busyButton={say(words.running2)}>
        <label class="field">
          <strong>{say(words.rule)}</strong>
          <input name="rule" class="mono" list="known-rules" required autofocus={firstRule === ""} autocomplete="off" autocapitalize="none" spellcheck={false} value={rule} placeholder="test.module:TestClass.callme" onInput={({ currentTarget }) => setRule(currentTarget.value)} />
          <datalist id="known-rules">
            {[...new Set([...known.map(({ name }) => name), ...rules])].map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </label>
        {names.length > 0 && <p class="dim">{say(words.takes, { names: names.join(", ") })}</p>}
        <JsonField label={say(words.inputJson)} value={input} write={setText} isFirst={firstRule !== ""} />
      </Form>
    </Dialog>
  );
}
