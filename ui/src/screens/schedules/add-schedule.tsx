// Adds a schedule: the times, said in plain words while one types, and what is done then.
import { useState } from "preact/hooks";
import { call } from "../../agent/agent.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Form } from "../../parts/form.tsx";
import { tellDone } from "../../parts/notices.ts";
import { WithCode } from "../../parts/with-code.tsx";
import { processes } from "../../processes/look.ts";
import { cronWords } from "../../schedules/cron-words.ts";
import { words as processWords } from "../../words/processes.ts";
import { words } from "../../words/schedules.ts";
import { language, say } from "../../words/say.ts";

const ACTIONS = ["send", "start", "stop", "restart"] as const;

export function AddSchedule({ timeZone, close, made }: { readonly timeZone: string | undefined; readonly close: () => void; readonly made: () => void }) {
  const [cron, setCron] = useState("0 2 * * *");
  const [action, setAction] = useState<(typeof ACTIONS)[number]>("send");
  const submit = async (values: FormData): Promise<void> => {
    const name = String(values.get("name")).trim();
    const message = action === "send" ? String(values.get("message")) : "";
    const added = await call("schedules.create", { ...(name === "" ? {} : { name }), cron: cron.trim(), process: String(values.get("process")), action, message });
    tellDone(say(words.added, { name: added.name }));
    made();
    close();
  };
  return (
    <Dialog title={say(words.add)} close={close}>
      <Form label={say(words.add)} submit={submit} button={say(words.add)} busyButton={say(processWords.saving)}>
        <div class="field">
          <label for="cron">{say(words.cron)}</label>
          <input id="cron" class="mono" required autofocus autocomplete="off" spellcheck={false} value={cron} aria-describedby="cron-words cron-hint" onInput={({ currentTarget }) => setCron(currentTarget.value)} />
          <p id="cron-words" role="status">
            {cronWords(cron) ?? say(words.cronWrong)}
          </p>
          {timeZone !== undefined && <p class="dim">{say(words.agentClock, { timeZone, now: clockIn(timeZone) })}</p>}
          <p class="dim" id="cron-hint">
            <WithCode text={say(words.cronHint)} />
          </p>
        </div>
        <div class="flow-ends">
          <label class="field">
            {say(words.process)}
            <select name="process" required>
              {(processes.value ?? []).map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <label class="field">
            {say(words.action)}
            <select value={action} onChange={({ currentTarget }) => setAction(ACTIONS[currentTarget.selectedIndex] ?? "send")}>
              {ACTIONS.map((each) => (
                <option key={each} value={each}>
                  {say(words[each])}
                </option>
              ))}
            </select>
          </label>
        </div>
        {action === "send" && (
          <div class="field">
            <label for="message">{say(words.message)}</label>
            <input id="message" name="message" class="mono" autocomplete="off" spellcheck={false} aria-describedby="message-hint" />
            <p class="dim" id="message-hint">
              <WithCode text={say(words.dateTime)} />
            </p>
          </div>
        )}
        <label class="field">
          {say(words.nameOptional)}
          <input name="name" autocomplete="off" spellcheck={false} />
        </label>
      </Form>
    </Dialog>
  );
}

function clockIn(timeZone: string): string {
  return new Intl.DateTimeFormat(language.value, { timeZone, dateStyle: "short", timeStyle: "short" }).format(Date.now());
}
