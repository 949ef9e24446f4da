// What events are called where people read them: in the dashboard and on the command line the same. Programs, and who filters, use their names.
import type { Text } from "#base/lang.ts";

/** undefined: nobody gave it words, as an event of another version. */
export function eventText(name: string): Text | undefined {
  return Object.hasOwn(eventWords, name) ? eventWords[name] : undefined;
}

const eventWords: Readonly<Record<string, Text>> = {
  "events.gap": { en: "some events are no longer kept", ko: "일부 이벤트는 더 이상 보관되지 않음" },
  "agent.started": { en: "agent started", ko: "에이전트 시작" },
  "agent.ended": { en: "agent ended", ko: "에이전트 종료" },
  "agent.reloaded": { en: "config reloaded", ko: "설정 다시 읽음" },
  "config.applied": { en: "config applied", ko: "설정 적용" },
  "config.reverted": { en: "config reverted", ko: "설정 되돌림" },
  "config.reload-failed": { en: "reload failed", ko: "설정 다시 읽기 실패" },
  "pipeline.started": { en: "pipeline started", ko: "파이프라인 시작" },
  "pipeline.ended": { en: "pipeline ended", ko: "파이프라인 끝남" },
  "pipeline.failed": { en: "pipeline failed", ko: "파이프라인 실패" },
  "pipeline.restarted": { en: "pipeline restarted", ko: "파이프라인 재시작" },
  "pipeline.paused": { en: "pipeline paused", ko: "파이프라인 일시정지" },
  "pipeline.resumed": { en: "pipeline resumed", ko: "파이프라인 다시 시작" },
  "process.started": { en: "process started", ko: "프로세스 시작" },
  "process.exited": { en: "process ended", ko: "프로세스 종료" },
  "process.failed": { en: "process failed and is not started again", ko: "프로세스 실패, 다시 시작하지 않음" },
  "process.crash-looping": { en: "process ends again and again", ko: "프로세스 반복 종료" },
  "process.recovered": { en: "process stays alive again", ko: "프로세스 반복 종료에서 회복" },
  "process.healthy": { en: "process is well again", ko: "프로세스 정상" },
  "process.unhealthy": { en: "process is not well", ko: "프로세스 비정상" },
  "process.stopped": { en: "process was stopped", ko: "프로세스 정지" },
  "process.queue-full": { en: "queue of a process is full", ko: "프로세스 큐가 가득 참" },
  "process.queue-free": { en: "queue of a process has room again", ko: "프로세스 큐에 여유가 생김" },
  "process.event-skipped": { en: "event put aside", ko: "이벤트를 따로 보관" },
  "process.alert": { en: "event failed", ko: "이벤트 처리 실패" },
  "schedule.run": { en: "schedule was run", ko: "일정 실행" },
  "schedule.failed": { en: "schedule failed", ko: "일정 실패" },
  "schedule.missed": { en: "schedule was not run", ko: "일정을 실행하지 못함" },
  "job.failed": { en: "job failed for good", ko: "작업 실패" },
  "rules.loaded": { en: "rules loaded", ko: "규칙 읽음" },
  "job.lost": { en: "a worker was lost with a job", ko: "작업을 실행하던 워커 유실" },
  "management.started": { en: "WebSocket of the old operator opened", ko: "이전 오퍼레이터의 WebSocket 열림" },
  "management.stopped": { en: "WebSocket of the old operator closed", ko: "이전 오퍼레이터의 WebSocket 닫힘" },
  "notice.failed": { en: "notice given up", ko: "알림 전달 실패" },
  "worker.started": { en: "worker started", ko: "워커 시작" },
  "worker.exited": { en: "worker ended by itself", ko: "워커가 저절로 끝남" },
  "worker.recycled": { en: "worker replaced", ko: "워커 교체" },
  "queue.away": { en: "queue of jobs cannot be reached", ko: "작업 큐에 연결할 수 없음" },
  "queue.blocked": { en: "queue of jobs takes nothing", ko: "작업 큐가 받지 않음" },
  "queue.open": { en: "queue of jobs is back", ko: "작업 큐 연결 복구" },
  "output.failing": { en: "output is failing", ko: "출력 실패 중" },
  "output.recovered": { en: "output works again", ko: "출력 정상으로 돌아옴" },
  "dead-letter.written": { en: "dead letter", ko: "데드레터 발생" },
  "dead-letters.replayed": { en: "dead letters sent again", ko: "데드레터 재전송" },
  "access.login": { en: "login", ko: "로그인" },
  "access.login-failed": { en: "login refused", ko: "로그인 거부" },
  "access.logout": { en: "logout", ko: "로그아웃" },
  "access.setup-failed": { en: "set-up link refused", ko: "첫 사용자 링크 거부" },
  "access.set-up": { en: "first user made", ko: "첫 사용자 생성" },
  "store.unavailable": { en: "store cannot be reached", ko: "저장소에 연결할 수 없음" },
  "store.available": { en: "store is back", ko: "저장소 복구" },
};

export const eventNames: readonly string[] = Object.keys(eventWords);
