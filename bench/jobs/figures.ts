// The table: the median of all rounds, with the least and the most.
import type { Latency, Throughput } from "./measure.ts";

export type Figure = Partial<Throughput & Latency>;

export function printFigures(figures: ReadonlyMap<string, readonly Figure[]>, count: number): void {
  const columns: readonly (readonly [string, keyof Figure, number])[] = [
    [`jobs/s of ${count}`, "perSecond", 0],
    ["CPU µs/job", "workerUs", 0],
    ["with server", "systemUs", 0],
    ["p50 ms", "p50Ms", 1],
    ["p99 ms", "p99Ms", 1],
    ["MB", "workerMb", 0],
    ["with server", "systemMb", 0],
  ];
  console.log(`\n| | ${columns.map(([title]) => title).join(" | ")} |\n|---|${columns.map(() => "---|").join("")}`);
  for (const [name, own] of figures) console.log(`| ${name} | ${columns.map(([, key, digits]) => shown(own.map((figure) => figure[key]), digits)).join(" | ")} |`);
}

function shown(values: readonly (number | undefined)[], digits: number): string {
  const sorted = values.filter((value) => value !== undefined).toSorted((one, other) => one - other);
  if (sorted.length === 0) return "–";
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return sorted.length === 1 ? at(0) : `**${at(0.5)}** (${at(0)}–${at(1)})`;
}
