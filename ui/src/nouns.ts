// The things that run here, as what tells of all of them knows them: the bell, the palette and the overview. A new noun is a row.
import type { Role } from "#kernel/access/caller.ts";
import type { IconName } from "./parts/icon.tsx";
import type { Mark } from "./parts/state-mark.tsx";
import { jobsTroubles } from "./jobs/troubles.ts";
import { pipelineActions } from "./pipelines/actions.ts";
import { look } from "./pipelines/look.ts";
import { hrefOfTrouble, moodOf, troublesOf } from "./pipelines/mood.ts";
import { processActions } from "./processes/actions.ts";
import { processes, processLook } from "./processes/look.ts";
import { isTroubled, processMood, whyOf } from "./processes/mood.ts";
import { words as processWords } from "./words/processes.ts";
import { say } from "./words/say.ts";

/** What keeps something from working. */
export interface Trouble {
  readonly id: string;
  readonly name: string;
  /** What of it: a step. */
  readonly part?: string | undefined;
  readonly href: string;
  readonly mood: Mark & { readonly rank: number };
  readonly reason: string;
  readonly sinceMs?: number | undefined;
}

/** One thing that one can go to. */
export interface Thing {
  readonly name: string;
  readonly about: string;
  readonly href: string;
  readonly acts: readonly Act[];
}

export interface Act {
  readonly id: string;
  readonly icon: IconName;
  readonly label: string;
  readonly role: Role;
  /** Asked before it is done; undefined: it is done at once. */
  readonly effect?: () => string;
  run(): Promise<void>;
}

interface Noun {
  readonly id: string;
  readonly icon: IconName;
  /** Both read signals: who calls them while it draws is drawn again when they change. */
  troubles(): readonly Trouble[];
  things(): readonly Thing[];
}

const pipelineNoun: Noun = {
  id: "pipeline",
  icon: "pipelines",
  troubles: () => (look.value?.pipelines ?? []).flatMap((pipeline) => troublesOf(pipeline).map((trouble): Trouble => ({ id: `pipeline ${trouble.pipeline} ${trouble.step ?? ""}`, name: trouble.pipeline, part: trouble.step, href: hrefOfTrouble(trouble), mood: trouble.mood, reason: trouble.reason, sinceMs: trouble.sinceMs }))),
  things: () =>
    (look.value?.pipelines ?? []).map((pipeline) => ({
      name: pipeline.name,
      about: say(moodOf(pipeline).label),
      href: `/pipelines/${encodeURIComponent(pipeline.name)}`,
      acts: pipelineActions.filter((action) => action.fits(pipeline)).map(({ id, icon, label, role, run }): Act => ({ id, icon, label: say(label), role, run: () => run([pipeline]) })),
    })),
};

const processNoun: Noun = {
  id: "process",
  icon: "processes",
  troubles() {
    const all = processes.value ?? [];
    return all.filter(isTroubled).map((process): Trouble => ({ id: `process ${process.name}`, name: process.name, href: `/processes/${encodeURIComponent(process.name)}`, mood: processMood(process), reason: whyOf(process, all, processLook.value?.atMs ?? Date.now()) ?? say(process.isCrashLooping ? processWords.crashLoopWhy : processMood(process).label), sinceMs: process.sinceMs }));
  },
  things: () =>
    (processes.value ?? []).map((process) => ({
      name: process.name,
      about: say(processMood(process).label),
      href: `/processes/${encodeURIComponent(process.name)}`,
      acts: processActions.filter((action) => action.fits(process)).map(({ id, icon, label, role, effect, run }): Act => ({ id, icon, label: say(label), role, effect: () => effect([process]), run: () => run([process]) })),
    })),
};

const jobNoun: Noun = {
  id: "job",
  icon: "jobs",
  troubles: () => jobsTroubles().map((trouble): Trouble => ({ ...trouble, id: `jobs ${trouble.id}`, href: "/operator" })),
  things: () => [],
};

export const nouns: readonly Noun[] = [pipelineNoun, processNoun, jobNoun];

/** The worst first. */
export function allTroubles(): readonly Trouble[] {
  return nouns.flatMap((noun) => noun.troubles()).toSorted((one, other) => one.mood.rank - other.mood.rank);
}
