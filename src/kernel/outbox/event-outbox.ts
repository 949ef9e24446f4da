// Which of the agent's events somebody is to be told of, and the notice of each: written with the event, in one transaction.
import { hostname } from "node:os";
import { lang as ownLang } from "#base/lang.ts";
import { tellsEvent } from "../config/notifiers-plan.ts";
import type { NotifierPlan } from "../config/notifiers-plan.ts";
import type { AgentEvent } from "../events/event-hub.ts";
import type { OutboxEntry } from "./outbox.ts";
import { noticeOf } from "./notice-text.ts";

const NOTICE_FAILED = "notice.failed";
const ID_WIDTH = 12;

export function entriesOf(events: readonly AgentEvent[], { notifiers, agent }: { readonly notifiers: readonly NotifierPlan[]; readonly agent: string }): readonly OutboxEntry[] {
  const host = hostname();
  return events.flatMap((event) =>
    notifiers
      .filter((plan) => isToBeTold(event, plan))
      .map(({ name, lang = ownLang() }) => ({ id: `${agent}.${String(event.id).padStart(ID_WIDTH, "0")}.${name}`, notifier: name, notice: noticeOf(event, { host, lang }) })),
  );
}

/** That a notice was given up is told by another notifier, and that this one was given up by none: it would never end. */
function isToBeTold({ name, data }: AgentEvent, plan: NotifierPlan): boolean {
  if (!tellsEvent(plan, name)) return false;
  return name !== NOTICE_FAILED || (data["notifier"] !== plan.name && data["about"] !== NOTICE_FAILED);
}
