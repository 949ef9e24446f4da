// What keeps jobs from being run: a queue that cannot be reached, and jobs that wait while no worker runs.
import type { Mark } from "../parts/state-mark.tsx";
import { words } from "../words/operator.ts";
import { say } from "../words/say.ts";
import { jobsLook } from "./look.ts";
import { queueMoods } from "./mood.ts";

export interface JobsTrouble {
  readonly id: string;
  readonly name: string;
  readonly mood: Mark & { readonly rank: number };
  readonly reason: string;
  readonly sinceMs?: number;
}

export function jobsTroubles(): readonly JobsTrouble[] {
  const look = jobsLook.value;
  if (look === undefined) return [];
  const { state, depth } = look.queue;
  const waiting = depth?.queued ?? 0;
  return [
    ...(state.is === "open" ? [] : [{ id: "queue", name: say(words.queue), mood: { ...queueMoods[state.is], rank: state.is === "away" ? 0 : 1 }, reason: `${say(state.is === "away" ? words.queueAway : words.queueBlocked)}: ${state.why}`, sinceMs: state.sinceMs }]),
    ...(look.workers.length > 0 || waiting === 0 ? [] : [{ id: "workers", name: say(words.workers), mood: { shape: "cross", tone: "bad", rank: 0 } as const, reason: `${say(words.workersDown)}, ${say(words.jobsWait, { count: waiting })}` }]),
  ];
}
