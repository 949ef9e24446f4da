// What the pipelines do now, for the whole page: one stream of `pipelines.watch`, whoever shows it. Two looks together are rates.
import { computed, effect, signal } from "@preact/signals";
import type { EventOf } from "#edges/all-commands.ts";
import { call, stream } from "../agent/agent.ts";
import { session } from "../agent/session.ts";
import { addHistory, addRates, forgetHistory } from "./history.ts";
import { ratesOf } from "./rates.ts";
import type { Rates } from "./rates.ts";

export type Look = EventOf<"pipelines.watch">;
export type PipelineStatus = Look["pipelines"][number];

/** undefined until the first look came. */
export const look = signal<Look | undefined>(undefined);
export const lookFailure = signal<unknown>(undefined);

const userName = computed(() => session.value?.user?.name);
/** Looks as long as somebody is logged in. */
export function watchPipelines(): () => void {
  return effect(() => {
    if (userName.value === undefined) return;
    const end = stream(
      "pipelines.watch",
      {},
      (next) => {
        lookFailure.value = undefined;
        const last = look.peek()?.atMs;
        if (last !== undefined && GAP_MS < next.atMs - last) fillHistory(); // The tab was hidden, or the agent away.
        look.value = next;
        addRates(next.atMs, rates.peek());
      },
      { onFailure: (failure) => (lookFailure.value = failure) },
    );
    fillHistory();
    return () => {
      end();
      look.value = undefined;
      forgetHistory();
    };
  });
}

/** Without a look for so long, charts have a hole. */
const GAP_MS = 10_000;

/** Asks what the agent kept of the time when nobody looked. Charts without it are no failure: they begin now. */
function fillHistory(): void {
  forgetHistory();
  void call("pipelines.history", {}).then(addHistory, () => undefined);
}

/** By pipeline; empty until there are two looks. */
export const rates = computed<ReadonlyMap<string, Rates>>(() => (look.value === undefined ? new Map() : ratesOf(look.value)));

/** How full the fullest of its buffers with a bound is, 0 to 1; undefined where it has none. */
export function fullest({ steps = [] }: Pick<PipelineStatus, "steps">): number | undefined {
  const fills = steps.flatMap(({ held }) => (held?.bytesMax === undefined ? [] : [Math.min(1, held.bytes / Math.max(1, held.bytesMax))]));
  return fills.length === 0 ? undefined : Math.max(...fills);
}

export function heldBytes({ steps = [] }: Pick<PipelineStatus, "steps">): number {
  return steps.reduce((sum, { held }) => sum + (held?.bytes ?? 0), 0);
}
