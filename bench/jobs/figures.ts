// The tables, as they stand in the README and its Korean twin: the median of all rounds, with the least and the most.
import type { Latency, Throughput } from "./measure.ts";

export type Figure = Partial<Throughput & Latency>;

export interface Measured {
  readonly name: string;
  readonly ko: string;
  readonly figures: readonly Figure[];
}

const COLUMNS: readonly (readonly [en: string, ko: string, key: keyof Figure, digits: number])[] = [
  ["jobs/s", "작업/s", "perSecond", 0],
  ["CPU µs/job", "CPU µs/작업", "workerUs", 0],
  ["with server", "서버 포함", "systemUs", 0],
  ["p50 ms", "p50 ms", "p50Ms", 1],
  ["p99 ms", "p99 ms", "p99Ms", 1],
  ["MB", "MB", "workerMb", 0],
  ["with server", "서버 포함", "systemMb", 0],
];

export function printFigures(measured: readonly Measured[], count: number): void {
  for (const language of ["en", "ko"] as const) {
    console.log(`\n| ${count.toLocaleString("en")}${language === "en" ? " jobs" : "건"} | ${COLUMNS.map(([en, ko]) => (language === "en" ? en : ko)).join(" | ")} |\n|---|${COLUMNS.map(() => "---|").join("")}`);
    for (const { name, ko, figures } of measured) console.log(`| ${language === "en" ? name : ko} | ${COLUMNS.map(([, , key, digits]) => shown(figures.map((figure) => figure[key]), digits)).join(" | ")} |`);
  }
}

function shown(values: readonly (number | undefined)[], digits: number): string {
  const sorted = values.filter((value) => value !== undefined).toSorted((one, other) => one - other);
  if (sorted.length === 0) return "–";
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return sorted.length === 1 ? at(0) : `**${at(0.5)}** (${at(0)}–${at(1)})`;
}
