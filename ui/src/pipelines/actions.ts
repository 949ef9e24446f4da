// What one can do with pipelines, from the list, their page and the palette alike.
import { call } from "../agent/agent.ts";
import type { Role } from "#kernel/access/caller.ts";
import type { IconName } from "../parts/icon.tsx";
import { tellDone, tellFailure } from "../parts/notices.ts";
import { say } from "../words/say.ts";
import type { Text } from "../words/say.ts";
import { words } from "../words/pipelines.ts";
import type { PipelineStatus } from "./look.ts";

export interface PipelineAction {
  readonly id: string;
  readonly icon: IconName;
  readonly label: Text;
  /** What will happen, before one does it. */
  readonly effect: Text;
  readonly role: Role;
  fits(pipeline: PipelineStatus): boolean;
  run(pipelines: readonly PipelineStatus[]): Promise<void>;
}

export const pipelineActions: readonly PipelineAction[] = [
  {
    id: "pause",
    icon: "pause",
    label: words.pause,
    effect: words.pauseEffect,
    role: "operator",
    fits: ({ state }) => state !== "paused" && state !== "ended",
    run: (pipelines) => each(pipelines, "pipelines.pause", (name) => say(words.pausedNow, { name })),
  },
  {
    id: "resume",
    icon: "play",
    label: words.resume,
    effect: words.resumeEffect,
    role: "operator",
    fits: ({ state }) => state === "paused",
    run: (pipelines) => each(pipelines, "pipelines.resume", (name) => say(words.resumedNow, { name })),
  },
];

async function each(pipelines: readonly PipelineStatus[], method: "pipelines.pause" | "pipelines.resume", done: (name: string) => string): Promise<void> {
  for (const { name } of pipelines) {
    try {
      await call(method, { name });
      tellDone(done(name));
    } catch (failure) {
      tellFailure(failure, () => void each([{ name } as PipelineStatus], method, done));
    }
  }
}
