// The states of processes as people read them; the dashboard says the same.
import { say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import type { Style } from "./terminal.ts";

export const processStates: ReadonlyMap<string, Text> = new Map([
  ["stopped", { en: "stopped", ko: "정지" }],
  ["waiting", { en: "waiting", ko: "대기" }],
  ["starting", { en: "starting", ko: "시작 중" }],
  ["running", { en: "running", ko: "실행 중" }],
  ["unhealthy", { en: "unhealthy", ko: "비정상" }],
  ["backoff", { en: "retrying", ko: "재시도 대기" }],
  ["stopping", { en: "stopping", ko: "종료 중" }],
  ["done", { en: "done", ko: "완료" }],
  ["failed", { en: "failed", ko: "실패" }],
]);

export function processStateText({ state, isCrashLooping }: { readonly state: string; readonly isCrashLooping: boolean }, style: Style): string {
  const { ok, bad, warn, skip } = style.mark;
  if (isCrashLooping) return `${bad} ${say({ en: "crash loop", ko: "반복 종료" })}`;
  const mark = state === "failed" ? bad : state === "unhealthy" || state === "backoff" || state === "waiting" ? warn : state === "stopped" || state === "done" ? skip : ok;
  const text = processStates.get(state);
  return `${mark} ${text === undefined ? state : say(text)}`;
}
