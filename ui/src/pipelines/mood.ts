// How a pipeline is, in one word with a shape and a colour of its own, the worst first: a pipeline whose output takes nothing runs, and moves
// nothing.
import type { Mark } from "../parts/state-mark.tsx";
import type { Text } from "../words/say.ts";
import { words } from "../words/pipelines.ts";
import type { PipelineStatus } from "./look.ts";

export interface Mood extends Mark {
  readonly id: "failed" | "failing" | "failover" | "restarting" | "paused" | "starting" | "running" | "ended" | "other";
  readonly label: Text;
  /** Those that need somebody come first. */
  readonly rank: number;
}

export const moods = {
  failed: { id: "failed", label: words.failed, shape: "cross", tone: "bad", rank: 0 },
  failing: { id: "failing", label: words.failing, shape: "triangle", tone: "warn", rank: 1 },
  failover: { id: "failover", label: words.failover, shape: "triangle", tone: "warn", rank: 2 },
  restarting: { id: "restarting", label: words.restarting, shape: "diamond", tone: "warn", rank: 2 },
  paused: { id: "paused", label: words.paused, shape: "square", tone: "calm", rank: 3 },
  starting: { id: "starting", label: words.starting, shape: "ring", tone: "calm", rank: 4 },
  running: { id: "running", label: words.running, shape: "disc", tone: "good", rank: 5 },
  ended: { id: "ended", label: words.ended, shape: "ring", tone: "calm", rank: 6 },
} as const satisfies Readonly<Record<string, Mood>>;

export function moodOf({ state, failing = [] }: Pick<PipelineStatus, "state" | "failing">): Mood {
  if (state === "running" && failing.length > 0) return failing.every(({ isBypassed }) => isBypassed === true) ? moods.failover : moods.failing;
  return state in moods ? moods[state as keyof typeof moods] : { id: "other", label: { en: state, ko: state }, shape: "ring", tone: "calm", rank: 7 };
}

export interface Trouble {
  readonly pipeline: string;
  readonly step?: string;
  readonly mood: Mood;
  readonly reason: string;
  readonly sinceMs?: number;
}

/** Its pipeline, with the step that it is about. */
export function hrefOfTrouble({ pipeline, step }: Trouble): string {
  return `/pipelines/${encodeURIComponent(pipeline)}${step === undefined ? "" : `?node=${encodeURIComponent(step.split(":")[0] ?? "")}`}`;
}

/** What keeps a pipeline from moving. */
export function troublesOf({ name, state, error, failing = [] }: PipelineStatus): Trouble[] {
  const isDown = state === "failed" || state === "restarting";
  return [...(isDown ? [{ pipeline: name, mood: moodOf({ state }), reason: error ?? state }] : []), ...failing.map(({ step, sinceMs, reason, isBypassed }) => ({ pipeline: name, step, mood: isBypassed === true ? moods.failover : moods.failing, reason, sinceMs }))];
}
