// Which pipeline of a config `-t` means.
import type { AgentPlan, PipelinePlan } from "#kernel/config/plan.ts";
import { closest } from "#base/similar.ts";
import { wrongUse } from "./failure.ts";

/** By its name, or its number counted from 1; without either the first. A name that is a number goes before the number. */
export function chosenPipeline({ pipelines }: AgentPlan, wanted: unknown): PipelinePlan {
  const names = pipelines.map(({ name }) => name);
  const found = wanted === undefined ? pipelines[0] : (pipelines.find(({ name }) => name === wanted) ?? (/^\d+$/.test(String(wanted)) ? pipelines[Number(wanted) - 1] : undefined));
  if (found !== undefined) return found;
  const near = closest(String(wanted), names);
  const list = names.map((name, index) => `${index + 1} ${name}`).join(", ");
  throw wrongUse(
    { en: `there is no pipeline \`${String(wanted)}\`; there are: ${list}`, ko: `\`${String(wanted)}\` 파이프라인이 없습니다. 있는 것: ${list}` },
    near === undefined ? undefined : { en: `did you mean \`-t ${near}\`?`, ko: `혹시 \`-t ${near}\` 인가요?` },
  );
}
