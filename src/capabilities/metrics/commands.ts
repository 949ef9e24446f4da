// The agent's figures.
import { z } from "zod";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";

export interface MetricsPort {
  metrics(): Promise<readonly MetricSnapshot[]>;
}

const define = defineCommand<MetricsPort>();

const series = z.strictObject({
  labels: z.record(z.string(), z.string()),
  value: z.number().describe("Of a histogram or a summary, how many values there were."),
  atMs: z.number().optional().describe("Of a gauge: when it was set."),
  histogram: z.strictObject({ sum: z.number(), buckets: z.array(z.tuple([z.number(), z.number()])).describe("Bound and count.") }).optional(),
  summary: z.strictObject({ sum: z.number(), quantiles: z.array(z.tuple([z.number(), z.number().nullable()])).describe("Fraction and value."), recent: z.unknown().optional().describe("By which it can be added to others.") }).optional(),
});

const list = define({
  name: "metrics.list",
  summary: { en: "all figures of the agent, as `/metrics` has them", ko: "에이전트의 모든 지표 (`/metrics`와 같음)" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: z.array(z.strictObject({ name: z.string(), type: z.enum(["counter", "gauge", "histogram", "summary", "info"]), help: z.string(), series: z.array(series) })),
  run: (_params, _call, port) => port.metrics(),
});

export const metricCommands = [list] as const satisfies readonly CommandDefinition<MetricsPort>[];
