// Past facts of the agent, for whoever wants to know: the dashboard, `dure events`, webhooks. Each has a number that grows by one and never comes
// twice, so that a reader whose connection broke goes on where he was. The last of them are kept here, and all of them for a time in the store.
import type { JsonValue } from "#base/json.ts";
import { redacted } from "../redact.ts";

/** `pipeline.failed`: noun, dot, what happened. */
export interface AgentEvent {
  readonly id: number;
  readonly atMs: number;
  readonly name: string;
  readonly data: { readonly [name: string]: JsonValue };
}

export interface EventHub {
  /** Says that something happened. Secrets are taken out. Never throws, never waits. */
  publish(name: string, data?: Readonly<Record<string, unknown>>): AgentEvent;
  /** The id of the newest event; 0: there is none yet. */
  readonly last: number;
  /** The events kept here with ids above `after`, the oldest first; `isWhole` is false when some between are only in the store. */
  since(after: number): { readonly events: readonly AgentEvent[]; readonly isWhole: boolean };
  /** Calls `listener` at each event from now on; what comes back ends it. */
  subscribe(listener: (event: AgentEvent) => void): () => void;
  /** The next ids are above this: what the store has from runs before. */
  continueAfter(id: number): void;
}

const KEPT_MAX = 1000;

export function createEventHub({ now = Date.now, keptMax = KEPT_MAX }: { now?: () => number; keptMax?: number } = {}): EventHub {
  const kept: AgentEvent[] = [];
  const listeners = new Set<(event: AgentEvent) => void>();
  let last = 0;
  return {
    get last() {
      return last;
    },
    publish(name, data = {}) {
      last += 1;
      const event: AgentEvent = { id: last, atMs: now(), name, data: redacted(data) as AgentEvent["data"] };
      kept.push(event);
      if (keptMax < kept.length) kept.shift();
      for (const listener of listeners) listener(event);
      return event;
    },
    since(after) {
      const events = kept.slice(kept.findLastIndex(({ id }) => id <= after) + 1); // From the end: a follower has all but the newest.
      const oldest = kept[0]?.id ?? last + 1;
      return { events, isWhole: oldest <= after + 1 };
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    continueAfter(id) {
      if (id <= last) return;
      last = id;
      kept.length = 0; // Between them and what comes now are those of the store.
    },
  };
}
