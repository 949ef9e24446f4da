// One table: ratios and CPU first, then what they are made of.
import { BARS, FLUENT_BIT_TUNED, RECORDED_THERE } from "./recorded.ts";
import type { Measured } from "./workloads.ts";

export function printTable(measured: readonly Measured[]): void {
  const rows: string[][] = [["work", "contender", "× Fluent Bit tuned", "(recorded¹)", "bar (aim)", "CPU µs/line", "MB/s median", "min–max", "peak MB", "verified"]];
  const groups = Map.groupBy(measured, (one) => `${one.workload}\u0000${one.contender}`);
  for (const runs of groups.values()) {
    const [first] = runs;
    if (first === undefined) continue;
    const good = runs.filter((run) => run.problem === undefined);
    const problem = runs.find((run) => run.problem !== undefined)?.problem;
    const bar = BARS[first.workload];
    const cpu = median(good.map((run) => (run.cost.cpuSeconds / run.lines) * 1e6));
    const peak = Math.max(0, ...good.map((run) => run.cost.peakBytes / 2 ** 20));
    if (first.workload === "w5") {
      const p50 = median(good.map((run) => run.p50Ms ?? Number.NaN));
      const p99 = median(good.map((run) => run.p99Ms ?? Number.NaN));
      rows.push([first.workload, first.contender, `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`, "", "0.5 / 5 (0.1 / 1) ms", "", "", "", peak.toFixed(0), problem ?? "yes"]);
      continue;
    }
    const speeds = good.map((run) => run.megabytesPerSecond ?? Number.NaN).sort((left, right) => left - right);
    const speed = median(speeds);
    const recorded = FLUENT_BIT_TUNED[first.workload]?.megabytesPerSecond;
    // Workloads that Fluent Bit does the same way share its run.
    const live = medianSpeed(groups.get(`${first.workload === "w3w" ? "w3" : first.workload}\u0000fluent-bit-tuned`) ?? []);
    const there = RECORDED_THERE[first.workload]?.[first.contender];
    rows.push([
      first.workload,
      first.contender,
      live === undefined ? "" : (speed / live).toFixed(2),
      recorded === undefined ? "" : (speed / recorded).toFixed(2),
      first.contender !== "dure" || bar === undefined ? (there === undefined ? "" : `(${there} MB/s there)`) : `${bar.must} (${bar.aim})`,
      cpu.toFixed(3),
      speed.toFixed(0),
      `${speeds[0]?.toFixed(0) ?? ""}–${speeds.at(-1)?.toFixed(0) ?? ""}`,
      peak.toFixed(0),
      problem ?? "yes",
    ]);
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows) console.log(`| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`);
  console.log("¹ against Fluent Bit's figures recorded on another 2-core AMD EPYC machine (bench/recorded.ts); \"there\": what the live peer did on that machine.");
}

function medianSpeed(runs: readonly Measured[]): number | undefined {
  const good = runs.filter((run) => run.problem === undefined);
  return good.length === 0 ? undefined : median(good.map((run) => run.megabytesPerSecond ?? Number.NaN));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}
