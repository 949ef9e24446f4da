// `dure test`: one pipeline in the main thread, where breakpoints work, with its log on the console. Ends when its input ends.
import { consoleLog, quietWithoutReader } from "../agent-log.ts";
import type { Command } from "../command.ts";
import { planOf } from "../config-file.ts";
import { chosenPipeline } from "../pipeline-choice.ts";
import { runPlan } from "../run-plan.ts";
import { summaryJson, summaryText } from "../summary.ts";
import { durationOption } from "../units.ts";

export const test: Command = async (call) => {
  const { globals, terminal, style, options } = call;
  const forMs = durationOption(options["for"], "--for");
  const plan = await planOf(call, call.args[0]);
  const pipeline = chosenPipeline(plan, options["task"]);
  const log = consoleLog(call, plan, "info");
  const enough = new AbortController();
  try {
    log.info("testing one pipeline", { pipeline: pipeline.name, of: plan.pipelines.length });
    const { summary, exitCode } = await runPlan(plan, { call, log: quietWithoutReader(log, () => enough.abort()), enough: enough.signal, mode: options["follow"] === true ? "run" : "test", isInline: true, only: [pipeline.name], forMs });
    if (globals.isJson) terminal.print(summaryJson(summary));
    else if (globals.verbosity >= 0) terminal.talk(`\n${summaryText(summary, style)}`);
    return exitCode;
  } finally {
    log.close();
  }
};
