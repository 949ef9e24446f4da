// `dure test`: with `--all` the tests of the config; without, one pipeline in the main thread, where breakpoints work, with its log on the console. Ends when its input ends.
import { join } from "node:path";
import { say } from "#base/lang.ts";
import { metricText } from "../../metrics/metric-text.ts";
import { consoleLog, quietWithoutReader } from "../agent-log.ts";
import type { Command } from "../command.ts";
import { planOf } from "../config-file.ts";
import { chosenPipeline } from "../pipeline-choice.ts";
import { runPlan } from "../run-plan.ts";
import { summaryFacts, summaryText } from "../summary.ts";
import { durationOption } from "../units.ts";

export const test: Command = async (call) => {
  if (call.options["all"] === true) return (await import("./test-all.ts")).testAll(call);
  const { globals, terminal, style, options, answer } = call;
  const forMs = durationOption(options["for"], "--for");
  const plan = await planOf(call, call.args[0]);
  const pipeline = chosenPipeline(plan, options["task"]);
  const log = consoleLog(call, plan, "info");
  const enough = new AbortController();
  try {
    log.info("testing one pipeline", { pipeline: pipeline.name, of: plan.pipelines.length });
    const { summary, metrics, exitCode } = await runPlan(plan, { call, log: quietWithoutReader(log, () => enough.abort()), enough: enough.signal, mode: options["follow"] === true ? "run" : "test", isInline: true, only: [pipeline.name], forMs });
    if (globals.isJson) answer(summaryFacts(summary, metrics));
    else if (0 < metrics.length) terminal.print(metricText(metrics, "text").trimEnd());
    if (!globals.isJson && globals.verbosity >= 0) {
      terminal.talk(`\n${summaryText(summary, style)}`);
      if (summary.pipelines.every(({ state, stats }) => state === "ended" && stats.recordsIn === 0)) terminal.talk(nothingNew(pipeline.positionsDir ?? join(plan.dataDir, "positions")));
    }
    return exitCode;
  } finally {
    log.close();
  }
};

function nothingNew(positionsDir: string): string {
  return say({
    en: `nothing new to read. What an earlier run has read is not read again; to begin anew, delete ${positionsDir}`,
    ko: `새로 읽을 것이 없습니다. 전에 읽은 것은 다시 읽지 않습니다. 처음부터 하려면 이 폴더를 지우세요: ${positionsDir}`,
  });
}
