// What waits for a process, what it has in hand, and what was put aside.
import { useState } from "preact/hooks";
import { call } from "../../../agent/agent.ts";
import { may } from "../../../agent/session.ts";
import { bytes, count } from "../../../parts/figures.ts";
import { Icon } from "../../../parts/icon.tsx";
import type { IconName } from "../../../parts/icon.tsx";
import { AskFirst } from "../../../parts/list/row-actions.tsx";
import { tellDone, tellFailure } from "../../../parts/notices.ts";
import { processRates } from "../../../processes/look.ts";
import type { ProcessStatus } from "../../../processes/look.ts";
import { words as frameWords } from "../../../words/frame.ts";
import { words as partWords } from "../../../words/parts.ts";
import { words } from "../../../words/processes.ts";
import { say } from "../../../words/say.ts";

export function QueueTab({ process: { name, queue } }: { readonly process: ProcessStatus }) {
  const [isAsking, setAsking] = useState(false);
  const rates = processRates.value.get(name);
  const clear = async (): Promise<void> => {
    const { dropped } = await call("processes.clear-queue", { name });
    tellDone(say(words.cleared, { count: dropped }));
  };
  const dump = async (verb: "save-queues" | "load-queues"): Promise<void> => {
    try {
      const { events } = await call(`processes.${verb}`, { name });
      tellDone(say(verb === "save-queues" ? words.savedQueue : words.loadedQueue, { count: events }));
    } catch (failure) {
      tellFailure(failure, () => void dump(verb));
    }
  };
  const waiting = queue.own + queue.shared;
  const rate = (value: number | undefined): string => (value === undefined ? "" : ` · ${say(partWords.perSecondOf, { count: count(value) })}`);
  return (
    <>
      {queue.isFull && (
        <p class="trouble warn">
          ▲ <span>{say(words.queueFull)}</span>
        </p>
      )}
      <dl class="tiles queue-tiles">
        <Tile label={say(words.own)} value={count(queue.own)} about={say(words.ownWhy)} isLoud={queue.isFull} />
        <Tile label={say(words.shared)} value={count(queue.shared)} about={say(words.sharedWhy)} />
        <Tile label={say(words.inFlight)} value={count(queue.inFlight)} about={say(words.inFlightWhy)} />
        <Tile label={say(words.skipped)} value={count(queue.skipped)} about={say(words.skippedWhy)} isLoud={queue.skipped > 0} />
        <Tile label={say(words.size)} value={bytes(queue.bytes)} about="" />
        <Tile label={say(words.eventsIn)} value={`${count(queue.eventsIn)}${rate(rates?.eventsIn)}`} about="" />
        <Tile label={say(words.eventsOut)} value={`${count(queue.eventsOut)}${rate(rates?.eventsOut)}`} about="" />
      </dl>
      <div class="bar">
        <Act icon="trash" label={say(words.clear)} isOff={waiting === 0} isDanger act={() => setAsking(true)} />
        <Act icon="download" label={say(words.saveQueue)} act={() => void dump("save-queues")} />
        <Act icon="upload" label={say(words.loadQueue)} act={() => void dump("load-queues")} />
      </div>
      {isAsking && <AskFirst asked={{ action: { id: "clear", label: say(words.clear), role: "operator", isDanger: true, effect: () => say(words.clearEffect, { count: queue.own, name }), run: clear }, rows: [name] }} close={() => setAsking(false)} />}
    </>
  );
}

function Act({ icon, label, isOff = false, isDanger = false, act }: { readonly icon: IconName; readonly label: string; readonly isOff?: boolean; readonly isDanger?: boolean; readonly act: () => void }) {
  const isAllowed = may("operator");
  return (
    <button type="button" class={`button ${isDanger ? "danger" : ""}`} aria-disabled={!isAllowed || isOff} title={isAllowed ? undefined : say(frameWords.needsRole, { role: say(frameWords.operator) })} onClick={() => isAllowed && !isOff && act()}>
      <Icon name={icon} />
      {label}
    </button>
  );
}

function Tile({ label, value, about, isLoud = false }: { readonly label: string; readonly value: string; readonly about: string; readonly isLoud?: boolean }) {
  return (
    <div class={`tile ${isLoud ? "warn" : ""}`}>
      <dt>{label}</dt>
      <dd>
        {value}
        {about !== "" && <p class="tile-about">{about}</p>}
      </dd>
    </div>
  );
}
