// `dure test`: one pipeline in the main thread, where breakpoints work, with its log on the console. Ends when its input ends.
import type { AgentPlan, PipelinePlan } from "#kernel/config/plan.ts";
import { closest } from "#kernel/config/similar.ts";
import { consoleLog } from "../agent-log.ts";
import type { Command } from "../command.ts";
import { planOf } from "../config-file.ts";
import { wrongUse } from "../failure.ts";
import { runPlan } from "../run-plan.ts";
import { summaryJson, summaryText } from "../summary.ts";
import { durationOption } from "../units.ts";

export const test: Command = async (call) => {
  const { globals, terminal, style, options } = call;
  const forMs = durationOption(options["for"], "--for");
  const plan = await planOf(call, call.args[0]);
  const pipeline = chosenPipeline(plan, options["task"]);
  const log = consoleLog(call, plan, "info");
  try {
    log.info("testing one pipeline", { pipeline: pipeline.name, of: plan.pipelines.length });
    const { summary, exitCode } = await runPlan(plan, { call, log, mode: options["follow"] === true ? "run" : "test", isInline: true, only: [pipeline.name], forMs });
    if (globals.isJson) terminal.print(summaryJson(summary));
    else if (globals.verbosity >= 0) terminal.talk(`\n${summaryText(summary, style)}`);
    return exitCode;
  } finally {
    log.close();
  }
};

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
