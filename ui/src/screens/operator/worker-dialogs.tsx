// Starting and stopping workers in the old operator's words: `3(40)`, `count=1`, `pid=4711`, `all`. What will be ordered is shown as one fills it in.
import { useState } from "preact/hooks";
import type { WorkerInfo } from "#capabilities/jobs/jobs.ts";
import { jobs } from "../../jobs/ask.ts";
import { Choice } from "../../parts/choice.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Form } from "../../parts/form.tsx";
import { tellDone } from "../../parts/notices.ts";
import { words } from "../../words/operator.ts";
import { say } from "../../words/say.ts";

interface DialogProps {
  readonly close: () => void;
  readonly done: () => void;
}

export function StartWorkers({ close, done }: DialogProps) {
  const [isAll, setAll] = useState(false);
  const [workers, setWorkers] = useState("1");
  const [slots, setSlots] = useState("");
  const detail = isAll ? "all" : slots === "" ? workers : `${workers}(${slots})`;
  return (
    <Dialog title={say(words.startWorkers)} close={close}>
      <Form label={say(words.startWorkers)} submit={() => order("start", detail, close, done)} button={say(words.startWorkers).replace("…", "")} busyButton={say(words.sending)}>
        <Choice
          label={say(words.how)}
          name="how"
          value={isAll ? "all" : "count"}
          options={[
            ["count", say(words.byCount)],
            ["all", say(words.startAll)],
          ]}
          choose={(chosen) => setAll(chosen === "all")}
        />
        {isAll ? (
          <p class="dim">{say(words.startAllText)}</p>
        ) : (
          <div class="field-pair">
            <Figures label={say(words.workersCount)} value={workers} write={setWorkers} isNeeded />
            <Figures label={say(words.slotsCount)} value={slots} write={setSlots} placeholder={say(words.slotsHint)} />
          </div>
        )}
        <p class="dim">
          {say(words.willSay, { words: "" })}
          <code>start worker {detail}</code>
        </p>
      </Form>
    </Dialog>
  );
}

export function StopWorkers({ workers, close, done }: DialogProps & { readonly workers: readonly WorkerInfo[] }) {
  const [how, setHow] = useState<"count" | "pid" | "all">("count");
  const [count, setCount] = useState("1");
  const [pid, setPid] = useState(String(workers[0]?.pid ?? ""));
  const detail = how === "all" ? "all" : how === "pid" ? `pid=${pid}` : `count=${count}`;
  return (
    <Dialog title={say(words.stopWorkers)} close={close}>
      <Form label={say(words.stopWorkers)} submit={() => order("stop", detail, close, done)} button={say(words.stop)} busyButton={say(words.sending)}>
        <Choice
          label={say(words.how)}
          name="how"
          value={how}
          options={[
            ["count", say(words.byCount)],
            ["pid", say(words.byPid)],
            ["all", say(words.byAll)],
          ]}
          choose={setHow}
        />
        {how === "count" && <Figures label={say(words.workersCount)} value={count} write={setCount} isNeeded />}
        {how === "pid" && (
          <label class="field">
            {say(words.pid)}
            <select value={pid} onChange={({ currentTarget }) => setPid(currentTarget.value)}>
              {workers.map((worker) => (
                <option key={worker.pid} value={String(worker.pid)}>
                  {worker.pid} ({worker.status})
                </option>
              ))}
            </select>
          </label>
        )}
        <p class={how === "all" ? "trouble warn" : "dim"}>{how === "all" ? say(words.allText, { count: workers.length }) : how === "pid" ? say(words.pidText) : say(words.lowestText)}</p>
        <p class="dim">
          {say(words.willSay, { words: "" })}
          <code>stop worker {detail}</code>
        </p>
      </Form>
    </Dialog>
  );
}

function Figures({ label, value, write, placeholder, isNeeded = false }: { readonly label: string; readonly value: string; readonly write: (text: string) => void; readonly placeholder?: string; readonly isNeeded?: boolean }) {
  return (
    <label class="field">
      {label}
      <input type="number" min={1} step={1} inputMode="numeric" required={isNeeded} placeholder={placeholder} value={value} onInput={({ currentTarget }) => write(currentTarget.value.trim())} />
    </label>
  );
}

async function order(action: "start" | "stop", detail: string, close: () => void, done: () => void): Promise<void> {
  try {
    const { message } = await jobs.manage({ action, target: "worker", detail });
    tellDone(message);
    close();
  } finally {
    done();
  }
}
