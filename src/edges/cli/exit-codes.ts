// Every exit code of the program, in one place. `dure help exit-codes` prints this table.
import type { Text } from "#base/lang.ts";

export const exitCode = {
  done: 0,
  failed: 1,
  wrongUse: 2,
  notRunning: 3,
  cannotTell: 4,
  testFailed: 5,
  unreachable: 69,
  temporary: 75,
  notPermitted: 77,
  configInvalid: 78,
  timeLimit: 124,
  interrupted: 130,
  readerGone: 141,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

export const exitCodeMeanings: Readonly<Record<keyof typeof exitCode, Text>> = {
  done: { en: "done; for status: running", ko: "정상 종료; status: 실행 중" },
  failed: { en: "failed while running, also a job that was waited for; for status: dead, but its pid file is left", ko: "실행 중 실패, 기다린 작업의 실패도 포함; status: 죽었고 pid 파일만 남음" },
  wrongUse: { en: "wrong use of the command", ko: "명령을 잘못 사용함" },
  notRunning: { en: "status: not running", ko: "status: 실행 중이 아님" },
  cannotTell: { en: "status: cannot tell, or degraded with --strict", ko: "status: 알 수 없음, 또는 --strict 이고 일부 실패" },
  testFailed: { en: "a test or a threshold failed", ko: "테스트 또는 기준 미달" },
  unreachable: { en: "a file, folder or service it needs is not there", ko: "필요한 파일, 폴더 또는 서비스에 접근할 수 없음" },
  temporary: { en: "temporary: try again (another agent is running)", ko: "일시적 실패: 다시 시도 (다른 에이전트가 실행 중)" },
  notPermitted: { en: "not permitted", ko: "권한 없음" },
  configInvalid: { en: "config invalid: do not restart me", ko: "설정 오류: 다시 시작하지 마세요" },
  timeLimit: { en: "time limit hit (start: not ready; stop: killed; --for: drain too long; --wait: the job has not ended)", ko: "시간 초과 (start: 준비 안 됨; stop: 강제 종료; --for: 마무리가 늦음; --wait: 작업이 끝나지 않음)" },
  interrupted: { en: "ended by SIGINT (Ctrl-C), after a drain", ko: "SIGINT(Ctrl-C)로 종료, 남은 일을 마친 뒤" },
  readerGone: { en: "nobody reads the output any more (`| head`)", ko: "출력을 읽던 프로그램이 끝남 (`| head`)" },
  terminated: { en: "ended by SIGTERM, after a drain", ko: "SIGTERM으로 종료, 남은 일을 마친 뒤" },
};
