// What is sent to the central server, as pipelines: `process_settings: { announcer: { on: true } }` is short for the two that a user could have written.
import type { AnnouncerPlan, ProcessSettings } from "./process-plan.ts";
import type { Problems } from "./problem.ts";
import type { Span } from "./source.ts";
import type { PipelineDraft, StepDraft } from "./steps.ts";
import type { TreeNode } from "./tree.ts";

export const COLLECTORS = ["announcer-resources", "announcer-results"] as const;

const RESOURCES_EVERY = "1m";

/** None while the announcer is off. They stand where it is turned on. */
export function collectorDrafts({ announcer, resultDir, resultEncoding, resourceSamples, resultSamples }: ProcessSettings, span: Span): PipelineDraft[] {
  if (!announcer.isOn) return [];
  const [resources, results] = COLLECTORS;
  return [
    draft(resources, span, { "in.Resource": { format: "eventflow", interval: RESOURCES_EVERY, keep: resourceSamples } }, urlOf(announcer, announcer.resourcePath)),
    draft(results, span, { "in.ResultLogs": { path: resultDir, encoding: resultEncoding, keep: resultSamples } }, urlOf(announcer, announcer.resultPath)),
  ];
}

/** A pipeline of the user's own must not bear the name of one of ours: which of them a command means would be a guess. */
export function checkCollectorNames(pipelines: readonly PipelineDraft[], { announcer }: ProcessSettings, problems: Problems): void {
  if (!announcer.isOn) return;
  for (const { name, nameSpan } of pipelines) {
    if (!COLLECTORS.some((taken) => taken === name)) continue;
    problems.add("DURE108", nameSpan, {
      text: { en: `the announcer's own pipeline is called \`${name}\``, ko: `\`${name}\`은 announcer가 쓰는 파이프라인 이름입니다` },
      help: { en: "give this one another name, or turn the announcer off: `process_settings: { announcer: { on: false } }`", ko: "다른 이름을 쓰거나 announcer를 끄세요: `process_settings: { announcer: { on: false } }`" },
    });
  }
}

function draft(name: string, span: Span, input: Readonly<Record<string, Readonly<Record<string, string | number>>>>, url: string): PipelineDraft {
  const steps = Object.entries({ ...input, "out.Http": { url, format: "record", time_key: "" } });
  return { name, nameSpan: span, steps: steps.map(([plugin, options], index) => step(String(index + 1), plugin, options, span)) };
}

function step(id: string, name: string, options: Readonly<Record<string, string | number>>, span: Span): StepDraft {
  const entries = Object.entries(options).map(([key, value]) => ({ key, keySpan: span, value: { type: "scalar", ...span, value, isQuoted: false, isInterpolated: false } satisfies TreeNode }));
  return { type: "plugin", id, name, nameSpan: span, options: { type: "map", ...span, entries }, outputs: [] };
}

function urlOf({ host, port }: AnnouncerPlan, path: string): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}${path}`;
}
