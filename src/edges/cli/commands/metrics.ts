// `dure metrics`: the figures of the running agent as it shows them to Prometheus, whether or not it listens for one.
import { closest } from "#base/similar.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import { metricText } from "../../metrics/metric-text.ts";
import { askAgent } from "../ask-agent.ts";
import type { Command } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";

export const metrics: Command = async (call) => {
  const { args, globals, terminal, answer } = call;
  const all = (await askAgent(call, "metrics.list")) as readonly MetricSnapshot[];
  const chosen = args.length === 0 ? all : args.flatMap((name) => named(name, all));
  answer({ metrics: chosen });
  if (!globals.isJson) terminal.print(metricText(chosen, "text").trimEnd());
  return exitCode.done;
};

/** By its whole name, or by the beginning of several: `http_*`. */
function named(name: string, all: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
  const found = all.filter((metric) => (name.endsWith("*") ? metric.name.startsWith(name.slice(0, -1)) : metric.name === name));
  if (0 < found.length) return found;
  const meant = closest(name, all.map((metric) => metric.name));
  throw wrongUse(
    { en: `there is no metric \`${name}\``, ko: `지표가 없습니다: \`${name}\`` },
    meant === undefined ? { en: "`dure metrics` shows them all", ko: "`dure metrics`로 모두 봅니다" } : { en: `did you mean \`${meant}\`?`, ko: `혹시 \`${meant}\`?` },
  );
}
