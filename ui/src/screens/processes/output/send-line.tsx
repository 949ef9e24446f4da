// Gives a process a line to read. A form, so that Enter is the browser's: it comes once, also at the end of a Korean syllable.
import { useRef, useState } from "preact/hooks";
import { call } from "../../../agent/agent.ts";
import { may } from "../../../agent/session.ts";
import { Icon } from "../../../parts/icon.tsx";
import { AskFirst } from "../../../parts/list/row-actions.tsx";
import { tellDone, tellFailure } from "../../../parts/notices.ts";
import type { ProcessStatus } from "../../../processes/look.ts";
import { words } from "../../../words/processes.ts";
import { say } from "../../../words/say.ts";
import { LineHistory } from "../../../parts/line-history.ts";

export function SendLine({ process: { name, queue } }: { readonly process: ProcessStatus }) {
  const [isAsking, setAsking] = useState(false);
  const history = useRef(new LineHistory());
  const field = useRef<HTMLInputElement>(null);
  const submit = async (): Promise<void> => {
    const message = field.current?.value ?? "";
    history.current.add(message);
    // Who types fast sends the next line before this one is answered.
    if (field.current !== null) field.current.value = "";
    try {
      const { queued } = await call("processes.send", { name, message });
      if (queued > 0) tellDone(say(words.sent, { count: queued }));
    } catch (failure) {
      if (field.current?.value === "") field.current.value = message;
      tellFailure(failure);
    }
  };
  const close = async (): Promise<void> => {
    await call("processes.close-input", { name });
    tellDone(say(words.inputClosed, { name }));
  };
  if (!may("operator")) return null;
  return (
    <form
      class="send-line"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <input
        ref={field}
        class="mono"
        name="line"
        aria-label={say(words.sendLine)}
        placeholder={say(words.sendLine)}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        onKeyDown={(event) => {
          const found = history.current.keyed(event);
          if (found === undefined || field.current === null) return;
          event.preventDefault();
          field.current.value = found;
        }}
      />
      <button type="submit" class="button main">
        <Icon name="send" /> {say(words.send)}
      </button>
      <button type="button" class="button" onClick={() => setAsking(true)}>
        {say(words.closeInput)}
      </button>
      {isAsking && <AskFirst asked={{ action: { id: "eof", label: say(words.closeInput), role: "operator", effect: () => say(words.closeInputEffect, { name, count: queue.own }), run: close }, rows: [name] }} close={() => setAsking(false)} />}
    </form>
  );
}
