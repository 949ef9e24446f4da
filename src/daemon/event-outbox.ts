// Events that somebody is told of, on their way from the store into the queue of the jobs. Made when the config has somebody: most agents tell nobody.
import type { RunningJobs } from "#edges/cli/agent-port.ts";
import { tellsEvent } from "#kernel/config/notifiers-plan.ts";
import type { NotifierPlan } from "#kernel/config/notifiers-plan.ts";
import type { AgentEvent } from "#kernel/events/event-hub.ts";
import type { EventOutbox } from "#kernel/events/event-log.ts";
import type { Outbox, OutboxEntry } from "#kernel/outbox/outbox.ts";
import type { LazyStore } from "#kernel/store/open-store.ts";
import type { Log } from "#sdk/plugin.ts";

export interface EventOutboxParts {
  readonly store: LazyStore;
  readonly agentId: string;
  readonly jobs: RunningJobs;
  readonly log: Log;
}

interface Made {
  readonly outbox: Outbox;
  readonly entries: (events: readonly AgentEvent[]) => readonly OutboxEntry[];
}

export function eventOutbox({ store, agentId, jobs, log }: EventOutboxParts): EventOutbox & { close(): Promise<void> } {
  let making: Promise<Made> | undefined;
  const notifiers = (): readonly NotifierPlan[] => jobs.plan?.notifiers ?? [];
  const hand = async (entries: readonly OutboxEntry[]): Promise<void> => (await jobs.engine()).notify(entries.map((entry) => ({ ...entry, from: "event" })));
  const make = async (): Promise<Made> => {
    const [{ Outbox }, { entriesOf }] = await Promise.all([import("#kernel/outbox/outbox.ts"), import("#kernel/outbox/event-outbox.ts")]);
    return { outbox: new Outbox({ store, agent: agentId, hand, log }), entries: (events) => entriesOf(events, { notifiers: notifiers(), agent: agentId }) };
  };
  const made = (): Promise<Made> => (making ??= make());
  return {
    isToBeTold: ({ name }) => notifiers().some((plan) => tellsEvent(plan, name)),
    async write(session, events) {
      if (notifiers().length === 0) return;
      const { outbox, entries } = await made();
      await outbox.write(session, entries(events));
    },
    wrote: () => void making?.then(({ outbox }) => outbox.wake()),
    async hand(events) {
      const { outbox, entries } = await made();
      await outbox.hand(entries(events));
    },
    close: async () => (await making)?.outbox.close(),
  };
}
