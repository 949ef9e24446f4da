// Runs of a process with one message, apart from its queue.
import { useEffect, useMemo, useState } from "preact/hooks";
import type { ResultOf } from "#edges/all-commands.ts";
import { call } from "../../agent/agent.ts";
import { may } from "../../agent/session.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { time } from "../../parts/figures.ts";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import { tellDone } from "../../parts/notices.ts";
import { State } from "../../parts/state-mark.tsx";
import { unturned } from "../../parts/unturned.ts";
import { useCall } from "../../parts/use-call.ts";
import { processes } from "../../processes/look.ts";
import { duration } from "../../processes/times.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words as processWords } from "../../words/processes.ts";
import { words } from "../../words/schedules.ts";
import { language, say } from "../../words/say.ts";

type Recovery = ResultOf<"recoveries.list">["recoveries"][number];

const AGAIN_MS = 2000;
const moods = {
  running: { shape: "ring", tone: "calm", label: words.running },
  done: { shape: "disc", tone: "good", label: words.done },
  FAIL: { shape: "cross", tone: "bad", label: words.FAIL },
  TIME_OUT: { shape: "triangle", tone: "warn", label: words.TIME_OUT },
} as const;

export function RecoveryList() {
  const lang = language.value;
  const { answer, failure, ask } = useCall("recoveries.list", may("operator") ? {} : undefined);
  const [isAdding, setAdding] = useState(false);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && ask(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [ask]);
  const columns = useMemo(columnsOf, [lang]);
  if (!may("operator")) return <p>{say(words.recoveriesFor)} {say(frameWords.needsRole, { role: say(frameWords.operator) })}</p>;
  return (
    <>
      <List label={say(words.recoveries)} fileName="recoveries" rows={answer?.recoveries} failure={failure} retry={ask} keyOf={({ name }) => name} columns={columns} empty={{ title: say(words.noRecoveries), text: say(words.recoveryText), example: "dure recovery create --process etl --message 2026-11-22" }}>
        <button type="button" class="button main" onClick={() => setAdding(true)}>
          <Icon name="play" /> {say(words.runRecovery)}
        </button>
      </List>
      {isAdding && <RunOnce close={() => setAdding(false)} made={ask} />}
    </>
  );
}

function columnsOf(): Column<Recovery>[] {
  return [
    { id: "process", label: say(words.process), value: ({ process }) => process, show: ({ process }) => <a href={`/processes/${encodeURIComponent(process)}`}>{process}</a> },
    { id: "message", label: say(words.message), value: ({ message }) => message, isWide: true, show: ({ message }) => <code class="breakable">{unturned(message)}</code> },
    { id: "state", label: say(words.state), value: ({ state }) => state, show: ({ state }) => <State mood={moods[state]} /> },
    { id: "started", label: say(words.started), value: ({ startMs }) => startMs, show: ({ startMs }) => <time>{time(startMs, { isWhole: true })}</time> },
    { id: "took", label: say(words.took), isNumber: true, value: ({ startMs, endMs }) => (endMs === null ? undefined : endMs - startMs), show: ({ startMs, endMs }) => (endMs === null ? <span class="dim">–</span> : duration(endMs - startMs)) },
    { id: "name", label: say(words.name), value: ({ name }) => name, isExtra: true },
  ];
}

function RunOnce({ close, made }: { readonly close: () => void; readonly made: () => void }) {
  const submit = async (values: FormData): Promise<void> => {
    const { name } = await call("recoveries.create", { process: String(values.get("process")), message: String(values.get("message")) });
    tellDone(say(words.recoveryStarted, { name }));
    made();
    close();
  };
  return (
    <Dialog title={say(words.runRecovery)} close={close}>
      <p>{say(words.recoveryText)}</p>
      <Form label={say(words.runRecovery)} submit={submit} button={say(words.runRecovery)} busyButton={say(processWords.doing)}>
        <label class="field">
          {say(words.process)}
          <select name="process" required>
            {(processes.value ?? []).map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label class="field">
          {say(words.message)}
          <input name="message" class="mono" autofocus autocomplete="off" spellcheck={false} />
        </label>
      </Form>
    </Dialog>
  );
}
