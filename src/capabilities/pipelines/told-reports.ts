// What a data-plane thread has told of its pipelines, so that it tells only what has changed since: of five hundred pipelines at rest nothing is
// copied, sent and read again each second.
import type { PipelineReport } from "./pipelines.ts";

export interface ReportsNews {
  /** Which pipelines there are now, in their order; undefined: those of before. */
  readonly names: readonly string[] | undefined;
  /** Of them, those of which something is not as it was told last. */
  readonly changed: readonly PipelineReport[];
}

/** At the end that tells. */
export class ToldReports {
  #told: readonly PipelineReport[] | undefined;

  news(reports: readonly PipelineReport[]): ReportsNews {
    const told = this.#told;
    const isSameFleet = told?.length === reports.length && reports.every(({ name }, at) => name === told[at]?.name);
    const before = isSameFleet ? told : reports.map(({ name }) => told?.find((each) => each.name === name));
    const now = reports.map((report, at) => {
      const last = before[at];
      return last !== undefined && isSame(last, report) ? last : structuredClone(report); // Its counts go on counting.
    });
    this.#told = now;
    return { names: isSameFleet ? undefined : reports.map(({ name }) => name), changed: now.filter((report, at) => report !== before[at]) };
  }
}

/** At the end that is told: all reports. One of which nothing has changed is the same object as before. */
export function afterNews(before: readonly PipelineReport[], { names, changed }: ReportsNews): readonly PipelineReport[] {
  if (names === undefined && changed.length === 0) return before;
  const known = new Map([...before, ...changed].map((report) => [report.name, report]));
  return (names ?? before.map(({ name }) => name)).flatMap((name) => known.get(name) ?? []);
}

/** Of plain data. */
function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  let keys = 0;
  for (const key in one) {
    if (!isSame((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key])) return false;
    keys += 1;
  }
  for (const _ in other) keys -= 1;
  return keys === 0;
}
