// One row of the audit.
import type { ResultOf } from "#edges/all-commands.ts";
import { edgeWords, outcomeWords } from "../../words/audit.ts";
import { say } from "../../words/say.ts";

export type AuditRow = ResultOf<"audit.list">["rows"][number];

/** What came of it: done, or what a program is told as a code. */
export function outcomeText(outcome: string): string {
  return Object.hasOwn(outcomeWords, outcome) ? say(outcomeWords[outcome as keyof typeof outcomeWords]) : outcome;
}

/** How whoever did it reached the agent. */
export function edgeText(edge: string): string {
  return Object.hasOwn(edgeWords, edge) ? say(edgeWords[edge as keyof typeof edgeWords]) : edge;
}

/** What it was about. What was only looked at, or refused, names it in its parameters. */
export function subjectOf({ subject, params }: AuditRow): string | undefined {
  const named = typeof params === "object" && params !== null ? ("pipeline" in params ? params["pipeline"] : "name" in params ? params["name"] : undefined) : undefined;
  return subject ?? (typeof named === "string" ? named : undefined);
}

/** As lines, for a comparison: texts as they are, all else as JSON with a key a line. */
export function linesOfValue(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value, undefined, 2);
}
