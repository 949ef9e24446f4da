// Pipelines as a table with rates, for `dure ls` and `dure top`.
import { say } from "#base/lang.ts";
import type { PipelineStatus, StepStatus } from "#kernel/status-file.ts";
import type { Look } from "#capabilities/pipelines/look.ts";
import { problemsOf, stateText } from "./summary.ts";
import { tableLines } from "./terminal.ts";
import type { Style } from "./terminal.ts";
import { bytesText } from "#base/quantities.ts";
import { countText } from "./units.ts";

export interface LookRow extends PipelineStatus {
  /** Undefined until the agent has run for a second. */
  readonly recordsInPerSecond?: number;
  readonly recordsOutPerSecond?: number;
  readonly bytesInPerSecond?: number;
}

export function rowsOf({ atMs, pipelines, before }: Look): LookRow[] {
  return pipelines.map((now) => {
    const then = before?.pipelines.find(({ name }) => name === now.name);
    if (before === undefined || then === undefined) return now;
    const perSecond = (count: number, earlier: number): number => Math.max(0, Math.round(((count - earlier) * 1000) / (atMs - before.atMs)));
    return { ...now, recordsInPerSecond: perSecond(now.recordsIn, then.recordsIn), recordsOutPerSecond: perSecond(now.recordsOut, then.recordsOut), bytesInPerSecond: perSecond(now.bytesIn, then.bytesIn) };
  });
}

export interface StepRow extends StepStatus {
  readonly recordsInPerSecond?: number;
  /** Of the time since, 0 to 1: at 1 it can do no more. */
  readonly busyPart?: number;
}

/** The steps of a pipeline, where the agent tells of them. */
export function stepsOf({ atMs, pipelines, before }: Look, name: string | undefined): StepRow[] {
  const steps = pipelines.find((each) => each.name === name)?.steps ?? [];
  const then = before?.pipelines.find((each) => each.name === name)?.steps;
  return steps.map((now) => {
    const earlier = then?.find(({ step }) => step === now.step);
    if (before === undefined || earlier === undefined) return now;
    const elapsedMs = atMs - before.atMs;
    const busyPart = Math.min(1, Math.max(0, ((now.busyMs ?? 0) - (earlier.busyMs ?? 0)) / elapsedMs));
    return { ...now, recordsInPerSecond: Math.max(0, Math.round(((now.recordsIn - earlier.recordsIn) * 1000) / elapsedMs)), ...(now.busyMs === undefined ? {} : { busyPart }) };
  });
}

/** `1.2 MiB of 64 MiB (2%)`. */
export function heldText({ held }: Pick<StepRow, "held">): string {
  if (held === undefined) return "";
  if (held.bytesMax === undefined) return bytesText(held.bytes);
  const percent = Math.min(100, Math.round((held.bytes / Math.max(1, held.bytesMax)) * 100));
  return say({ en: `${bytesText(held.bytes)} of ${bytesText(held.bytesMax)} (${percent}%)`, ko: `${bytesText(held.bytesMax)} 중 ${bytesText(held.bytes)} (${percent}%)` });
}

export function lookTable(look: Look, style: Style, most = Infinity): string[] {
  const head = [say({ en: "PIPELINE", ko: "파이프라인" }), say({ en: "STATE", ko: "상태" }), say({ en: "IN/S", ko: "입력/초" }), say({ en: "OUT/S", ko: "출력/초" }), say({ en: "BYTES IN/S", ko: "입력 바이트/초" }), say({ en: "IN", ko: "입력" }), say({ en: "OUT", ko: "출력" }), say({ en: "RETRIES", ko: "재시도" }), say({ en: "DEAD LETTERS", ko: "데드레터" })];
  const rate = (value: number | undefined): string => (value === undefined ? style.mark.skip : countText(value));
  const rows = rowsOf(look).slice(0, most).map((row) => [row.name, stateText(row, style), rate(row.recordsInPerSecond), rate(row.recordsOutPerSecond), row.bytesInPerSecond === undefined ? style.mark.skip : bytesText(row.bytesInPerSecond), countText(row.recordsIn), countText(row.recordsOut), countText(row.retries), countText(row.deadLetters)]);
  const problems = look.pipelines.flatMap((each) => problemsOf(each).map((problem) => `  ${each.name}: ${style.red(problem)}`));
  return [...tableLines([head, ...rows], [2, 3, 4, 5, 6, 7, 8]), ...problems];
}
