// How a process stands in the config, with its comments; admins change it here, and the agent goes over to it at once.
import { useEffect, useState } from "preact/hooks";
import type { ResultOf } from "#edges/all-commands.ts";
import { call } from "../../../agent/agent.ts";
import { may } from "../../../agent/session.ts";
import { FailureBox } from "../../../parts/failure-box.tsx";
import { Form } from "../../../parts/form.tsx";
import { tellDone } from "../../../parts/notices.ts";
import { Skeleton } from "../../../parts/skeleton.tsx";
import { useCall } from "../../../parts/use-call.ts";
import { words } from "../../../words/processes.ts";
import { say } from "../../../words/say.ts";

interface ConfigTabProps {
  readonly name: string;
  readonly place: ResultOf<"processes.show">["place"];
  readonly ask: () => void;
}

export function ConfigTab({ name, place, ask }: ConfigTabProps) {
  const config = useCall("config.show", may("admin") ? {} : undefined);
  const [text, setText] = useState<string>();
  const [isMissing, setMissing] = useState(false);
  const source = config.answer?.text;
  useEffect(() => {
    if (source === undefined) return;
    let isGone = false;
    void import("../../../processes/yaml-text.ts").then(({ definitionIn }) => {
      if (isGone) return;
      const found = definitionIn(source, name);
      setText(found);
      setMissing(found === undefined);
    });
    return () => void (isGone = true);
  }, [source, name]);
  if (!may("admin")) return <p>{say(words.configFor)}</p>;
  if (config.failure !== undefined && source === undefined) return <FailureBox failure={config.failure} retry={config.ask} />;
  if (isMissing) return <p>{say(words.notInText)}</p>;
  if (text === undefined) return <Skeleton />;
  const submit = async (values: FormData): Promise<void> => {
    if (config.answer === undefined) return;
    const { withDefinition } = await import("../../../processes/yaml-text.ts");
    const { text: whole, hash, isRunning } = config.answer;
    if (!isRunning) throw new Error(say(words.fileDiffers)); // What else stands there would be taken over with it.
    await call("config.apply", { text: withDefinition(whole, name, String(values.get("definition"))), base: hash, note: `processes.update ${name}` });
    tellDone(say(words.changed, { name }));
    config.ask();
    ask();
  };
  return (
    <div class="card">
      <Form label={say(words.edit)} submit={submit} button={say(words.save)} busyButton={say(words.saving)}>
        <p class="dim">
          {say(words.editText)}{" "}
          <a href="/config">
            {say(words.toEditor)} ({place.file.split(/[/\\]/).at(-1)}:{place.line})
          </a>
        </p>
        <label class="field">
          {say(words.definition)}
          <textarea key={text} name="definition" class="mono" rows={Math.min(24, text.split("\n").length + 2)} spellcheck={false} defaultValue={text} />
        </label>
      </Form>
    </div>
  );
}
