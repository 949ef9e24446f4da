// Metrics as Prometheus reads them: its own text format (0.0.4), and OpenMetrics 1.0 for who asks for it.
import type { MetricSnapshot, SeriesSnapshot, SummarySnapshot } from "#sdk/metric-family.ts";

export type MetricFormat = "text" | "openmetrics";

export const contentTypes: Readonly<Record<MetricFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

export function metricText(metrics: readonly MetricSnapshot[], format: MetricFormat): string {
  const lines: string[] = [];
  for (const metric of metrics) if (0 < metric.series.length) write(metric, format, lines);
  if (format === "openmetrics") lines.push("# EOF");
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function write({ name, type, help, series }: MetricSnapshot, format: MetricFormat, lines: string[]): void {
  // What OpenMetrics calls the metric has no suffix; its samples have.
  const family = format === "openmetrics" && type === "counter" ? name.replace(/_total$/, "") : format === "openmetrics" && type === "info" ? name.replace(/_info$/, "") : name;
  lines.push(`# HELP ${family} ${escaped(help, format === "openmetrics")}`, `# TYPE ${family} ${type === "info" && format === "text" ? "gauge" : type}`);
  for (const { labels, value, histogram, summary } of series) {
    const own = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text, true)}"`);
    if (summary !== undefined) writeSummary(name, own, value, summary, lines);
    else if (histogram === undefined) lines.push(`${name}${inBraces(own)} ${numberText(value)}`);
    else writeHistogram(name, own, value, histogram, lines);
  }
}

function writeHistogram(name: string, labels: readonly string[], count: number, { sum, buckets }: NonNullable<SeriesSnapshot["histogram"]>, lines: string[]): void {
  // A bound is written alike in both formats: it is a label, and another spelling would be another series.
  for (const [bound, within] of buckets) lines.push(`${name}_bucket${inBraces([...labels, `le="${numberText(bound)}"`])} ${numberText(within)}`);
  lines.push(`${name}_bucket${inBraces([...labels, 'le="+Inf"'])} ${numberText(count)}`, `${name}_sum${inBraces(labels)} ${numberText(sum)}`, `${name}_count${inBraces(labels)} ${numberText(count)}`);
}

function writeSummary(name: string, labels: readonly string[], count: number, { sum, quantiles }: SummarySnapshot, lines: string[]): void {
  // Of no values there is no quantile, which both formats write so.
  for (const [fraction, value] of quantiles) lines.push(`${name}${inBraces([...labels, `quantile="${fraction}"`])} ${value === null ? "NaN" : numberText(value)}`);
  lines.push(`${name}_sum${inBraces(labels)} ${numberText(sum)}`, `${name}_count${inBraces(labels)} ${numberText(count)}`);
}

function inBraces(labels: readonly string[]): string {
  return labels.length === 0 ? "" : `{${labels.join(",")}}`;
}

function escaped(text: string, withQuotes: boolean): string {
  const plain = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return withQuotes ? plain.replaceAll('"', '\\"') : plain;
}

function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

/** What a client wants, by its Accept header: OpenMetrics only where it is named, and not liked less than plain text. */
export function formatFor(accept: string | undefined): MetricFormat {
  let open = 0;
  let text = 0;
  for (const part of (accept ?? "").toLowerCase().split(",")) {
    const [type = "", ...parameters] = part.split(";").map((word) => word.trim());
    const given = parameters.find((word) => word.startsWith("q="));
    const weight = given === undefined ? 1 : Number(given.slice(2));
    if (type === "application/openmetrics-text" && isVersion(parameters, ["1.0.0", undefined])) open = Math.max(open, weight);
    if (type === "text/plain" && isVersion(parameters, ["0.0.4", undefined])) text = Math.max(text, weight);
  }
  return 0 < open && text <= open ? "openmetrics" : "text";
}

function isVersion(parameters: readonly string[], known: readonly (string | undefined)[]): boolean {
  return known.includes(parameters.find((word) => word.startsWith("version="))?.slice("version=".length));
}
