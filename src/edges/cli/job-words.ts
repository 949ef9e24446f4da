// The states of jobs and of their workers, and what happens in a job's life, as people read them; the dashboard says the same.
import type { Text } from "#base/lang.ts";

export const jobStates: ReadonlyMap<string, Text> = new Map([
  ["delayed", { en: "delayed", ko: "예약" }],
  ["queued", { en: "queued", ko: "대기" }],
  ["sent", { en: "sent", ko: "보냄" }],
  ["running", { en: "running", ko: "실행 중" }],
  ["succeeded", { en: "succeeded", ko: "성공" }],
  ["failed", { en: "failed", ko: "실패" }],
  ["cancelled", { en: "cancelled", ko: "취소" }],
]);

export const jobWorkerStates: ReadonlyMap<string, Text> = new Map([
  ["starting", { en: "starting", ko: "시작 중" }],
  ["ready", { en: "ready", ko: "준비됨" }],
  ["draining", { en: "draining", ko: "마무리 중" }],
  ["blocked", { en: "blocked", ko: "멈춤" }],
]);

export const jobQueueStates: ReadonlyMap<string, Text> = new Map([
  ["open", { en: "open", ko: "연결됨" }],
  ["away", { en: "away", ko: "연결 끊김" }],
  ["blocked", { en: "blocked", ko: "차단됨" }],
]);

/** A mark of a rule's own is called as the rule calls it. */
export const jobMarks: ReadonlyMap<string, Text> = new Map([
  ["queued", { en: "queued", ko: "큐에 등록" }],
  ["sent", { en: "sent", ko: "브로커로 보냄" }],
  ["started", { en: "started", ko: "시작" }],
  ["failed", { en: "failed", ko: "실패" }],
  ["retry", { en: "retry", ko: "재시도 예정" }],
  ["lost", { en: "lost", ko: "워커 유실" }],
  ["progress", { en: "progress", ko: "진행" }],
  ["log", { en: "log", ko: "출력" }],
  ["succeeded", { en: "succeeded", ko: "성공" }],
  ["cancel", { en: "cancel", ko: "취소 요청" }],
  ["cancelled", { en: "cancelled", ko: "취소" }],
  ["replayed", { en: "replayed", ko: "다시 실행함" }],
]);
