// What one can do with processes, from the list, their page and the palette alike. Each says what it will do to these very processes.
import type { Role } from "#kernel/access/caller.ts";
import { call } from "../agent/agent.ts";
import type { IconName } from "../parts/icon.tsx";
import { tellDone, tellFailure } from "../parts/notices.ts";
import { say } from "../words/say.ts";
import type { Text } from "../words/say.ts";
import { words } from "../words/processes.ts";
import { processes } from "./look.ts";
import type { ProcessStatus } from "./look.ts";

type Verb = "start" | "stop" | "restart" | "kill" | "remove";

export interface ProcessAction {
  readonly id: Verb;
  readonly icon: IconName;
  readonly label: Text;
  readonly role: Role;
  readonly isDanger?: boolean;
  fits(process: ProcessStatus): boolean;
  /** What will happen, before one does it; of a single one its command may be known. */
  effect(chosen: readonly ProcessStatus[], command?: string): string;
  run(chosen: readonly ProcessStatus[]): Promise<void>;
}

const isAtWork = ({ state }: ProcessStatus): boolean => state === "running" || state === "unhealthy" || state === "starting" || state === "stopping";

export const processActions: readonly ProcessAction[] = [
  {
    id: "start",
    icon: "play",
    label: words.start,
    role: "operator",
    fits: ({ wanted, state }) => wanted === "stopped" || state === "done" || state === "failed" || state === "stopped",
    effect: (chosen, command) => say(words.startEffect, { names: namesOf(chosen, command) }),
    run: (chosen) => each(chosen, "start", (name) => say(words.started, { name })),
  },
  {
    id: "stop",
    icon: "stop",
    label: words.stop,
    role: "operator",
    fits: ({ wanted, state }) => wanted === "running" && state !== "stopped" && state !== "done",
    effect: (chosen, command) => sentences(say(words.stopEffect, { names: namesOf(chosen, command) }), ...what(chosen)),
    run: (chosen) => each(chosen, "stop", (name) => say(words.stoppedNow, { name })),
  },
  {
    id: "restart",
    icon: "reload",
    label: words.restart,
    role: "operator",
    fits: ({ wanted }) => wanted === "running",
    effect: (chosen, command) => sentences(say(words.restartEffect, { names: namesOf(chosen, command) }), ...what(chosen)),
    run: (chosen) => each(chosen, "restart", (name) => say(words.restarted, { name })),
  },
  {
    id: "kill",
    icon: "close",
    label: words.kill,
    role: "operator",
    isDanger: true,
    fits: isAtWork,
    effect: (chosen, command) => sentences(say(words.killEffect, { names: namesOf(chosen, command) }), ...what(chosen)),
    run: (chosen) => each(chosen, "kill", (name) => say(words.killed, { name })),
  },
  {
    id: "remove",
    icon: "trash",
    label: words.remove,
    role: "admin",
    isDanger: true,
    fits: () => true,
    effect(chosen, command) {
      const waiting = sum(chosen, ({ queue }) => queue.own + queue.shared);
      return sentences(say(words.removeEffect, { names: namesOf(chosen, command) }), waiting === 0 ? undefined : say(words.removeWaiting, { count: waiting }), neededWords(chosen));
    },
    run: (chosen) => each(chosen, "remove", (name) => say(words.removed, { name })),
  },
];

/** What else is touched: the events that wait, and who needs these. */
function what(chosen: readonly ProcessStatus[]): (string | undefined)[] {
  const waiting = sum(chosen, ({ queue }) => queue.own + queue.shared);
  const inFlight = sum(chosen, ({ queue }) => queue.inFlight);
  return [waiting === 0 ? undefined : say(words.eventsWait, { count: waiting }), inFlight === 0 ? undefined : say(words.eventInFlight, { count: inFlight }), neededWords(chosen)];
}

function neededWords(chosen: readonly ProcessStatus[]): string | undefined {
  const names = new Set(chosen.map(({ name }) => name));
  const needing = (processes.value ?? []).filter(({ name, dependsOn }) => !names.has(name) && dependsOn.some((each) => names.has(each)));
  return needing.length === 0 ? undefined : say(words.neededBy, { names: needing.map(({ name }) => name).join(", ") });
}

/** `etl (python3 etl.py, PID 4121)`. */
function namesOf(chosen: readonly ProcessStatus[], command: string | undefined): string {
  return chosen
    .map(({ name, instances }) => {
      const pids = instances.flatMap(({ pid }) => (pid === null ? [] : [pid]));
      const about = [command, pids.length === 1 ? `PID ${pids[0]}` : undefined].filter((part) => part !== undefined);
      return about.length === 0 ? name : `${name} (${about.join(", ")})`;
    })
    .join(", ");
}

function sum(chosen: readonly ProcessStatus[], of: (process: ProcessStatus) => number): number {
  return chosen.reduce((total, process) => total + of(process), 0);
}

function sentences(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(" ");
}

async function each(chosen: readonly ProcessStatus[], verb: Verb, done: (name: string) => string): Promise<void> {
  for (const process of chosen) {
    try {
      await call(`processes.${verb}`, { name: process.name });
      tellDone(done(process.name));
    } catch (failure) {
      tellFailure(failure, () => void each([process], verb, done));
    }
  }
}
