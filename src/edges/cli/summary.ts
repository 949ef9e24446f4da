// What moved: the table at the end of a run, and the same of a running agent for `dure status`.
import { say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import { printable } from "#kernel/config/cells.ts";
import { statusOf } from "#capabilities/pipelines/look.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import type { PipelineStatus } from "#kernel/status-file.ts";
import type { AgentSummary } from "./agent-port.ts";
import { tableLines } from "./terminal.ts";
import type { Style } from "./terminal.ts";
import { bytesText } from "#base/quantities.ts";
import { countText, secondsText } from "./units.ts";

export function hasFailed({ pipelines }: AgentSummary): boolean {
  return pipelines.some(({ state }) => state === "failed");
}

export function summaryText(summary: AgentSummary, style: Style): string {
  const pipelines = summary.pipelines.map(statusOf);
  const bytes = pipelines.reduce((sum, { bytesIn }) => sum + bytesIn, 0);
  const records = pipelines.reduce((sum, { recordsIn }) => sum + recordsIn, 0);
  const rate = countText(Math.round(records / Math.max(summary.seconds, 0.001)));
  const took = secondsText(summary.seconds);
  const total = say({ en: `${countText(records)} records, ${bytesText(bytes)} in ${took} (${rate} records/s)`, ko: `레코드 ${countText(records)}개, ${bytesText(bytes)}, ${took} (초당 ${rate}개)` });
  return pipelines.length === 0 ? say({ en: `ran for ${took}`, ko: `${took} 동안 실행했습니다` }) : [...pipelineTable(pipelines, style), total].join("\n");
}

export function summaryFacts(summary: AgentSummary, metrics: readonly MetricSnapshot[] = []): object {
  const pipelines = summary.pipelines.map((report) => ({ ...statusOf(report), dropped: report.stats.dropped, commitFailures: report.stats.commitFailures, counts: report.stats.counts }));
  return { seconds: Math.round(summary.seconds * 1000) / 1000, pipelines, ...(metrics.length === 0 ? {} : { metrics }) };
}

export function pipelineTable(pipelines: readonly PipelineStatus[], style: Style): string[] {
  if (pipelines.length === 0) return [];
  const head = [
    say({ en: "PIPELINE", ko: "파이프라인" }),
    say({ en: "STATE", ko: "상태" }),
    say({ en: "IN", ko: "입력" }),
    say({ en: "OUT", ko: "출력" }),
    say({ en: "BYTES IN", ko: "입력 바이트" }),
    say({ en: "BYTES OUT", ko: "출력 바이트" }),
    say({ en: "RETRIES", ko: "재시도" }),
    say({ en: "DEAD LETTERS", ko: "데드레터" }),
  ];
  const rows = pipelines.map((each) => [
    each.name,
    stateText(each, style),
    countText(each.recordsIn),
    countText(each.recordsOut),
    bytesText(each.bytesIn),
    bytesText(each.bytesOut),
    countText(each.retries),
    countText(each.deadLetters),
  ]);
  return [...tableLines([head, ...rows], [2, 3, 4, 5, 6, 7]), ...pipelines.flatMap((each) => problemsOf(each).map((problem) => `  ${each.name}: ${style.red(problem)}`))];
}

/** What keeps a pipeline from moving: who has paused it, why it failed, and which outputs take nothing. */
export function problemsOf({ error, failing = [], paused }: PipelineStatus): string[] {
  const waits = failing.map(({ step, sinceMs, reason }) => {
    const since = secondsText(Math.max(0, Date.now() - sinceMs) / 1000);
    return say({ en: `${step} has taken nothing for ${since}: ${reason}`, ko: `${step} 출력이 ${since} 동안 받지 않음: ${reason}` });
  });
  const pausedFor = paused === undefined ? "" : secondsText(Math.max(0, Date.now() - paused.sinceMs) / 1000);
  const pauses = paused === undefined ? [] : [say({ en: `paused by ${paused.by} for ${pausedFor}`, ko: `${paused.by} 사용자가 일시정지 (${pausedFor})` })];
  return [...pauses, ...(error === undefined ? [] : [error]), ...waits].map(printable); // A reason may hold what a peer has sent.
}

export const stateWords: ReadonlyMap<string, Text> = new Map([
  ["starting", { en: "starting", ko: "시작 중" }],
  ["running", { en: "running", ko: "실행 중" }],
  ["restarting", { en: "restarting", ko: "재시작 중" }],
  ["paused", { en: "paused", ko: "일시정지" }],
  ["ended", { en: "ended", ko: "끝남" }],
  ["failed", { en: "failed", ko: "실패" }],
]);

/** A pipeline whose output takes nothing runs, and moves nothing, unless another takes over: that is what its state says first. */
export function stateText({ state, failing = [] }: Pick<PipelineStatus, "state" | "failing">, style: Style): string {
  const { ok, bad, warn } = style.mark;
  if (state === "running" && 0 < failing.length) return `${warn} ${failing.every(({ isBypassed }) => isBypassed === true) ? say({ en: "failover", ko: "장애 조치" }) : say({ en: "retrying", ko: "재시도 중" })}`;
  const mark = state === "failed" ? bad : state === "restarting" || state === "paused" ? warn : ok;
  const text = stateWords.get(state);
  return `${mark} ${text === undefined ? state : say(text)}`;
}
