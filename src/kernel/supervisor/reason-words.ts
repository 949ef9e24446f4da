// Why a process waits or is not well, in the language of who reads it. The engine says it in English, and so it stands in events and logs; what comes from a
// program or the system (a probe's words, an error's code) is shown as it is.
import type { Text } from "#base/lang.ts";

type Word = readonly [pattern: RegExp, ko: (...parts: string[]) => string];

const WORDS: readonly Word[] = [
  [/^waits for (.+) to be started$/, (name) => `${name} 시작을 기다리는 중`],
  [/^waits for (.+) to be healthy$/, (name) => `${name} 정상 확인을 기다리는 중`],
  [/^waits for (.+) to be done$/, (name) => `${name} 완료를 기다리는 중`],
  [/^(.+) is not there$/, (name) => `${name} 프로세스가 없음`],
  [/^it has not printed the line yet$/, () => "기다리는 줄을 아직 출력하지 않음"],
  [/^no acknowledgement within (\d+) ms$/, (ms) => `${Number(ms) / 1000}초 안에 처리 확인(ack)이 없음`],
  [/^the probe failed (\d+) times: (.*)$/s, (times, words) => `상태 점검 ${times}번 실패: ${koreanOf(words)}`],
  [/^it used more memory than `limits: memory` allows$/, () => "메모리가 `limits: memory` 한도를 넘음"],
  [/^it had more processes than `limits: processes` allows$/, () => "프로세스 수가 `limits: processes` 한도를 넘음"],
  [/^exit (\d+)$/, (code) => `종료 코드 ${code}`],
  [/^(SIG[A-Z0-9]+)$/, (signal) => `${signal} 시그널로 종료`],
  [/^the program (.+) is not found \(ENOENT\)$/s, (program) => `프로그램을 찾을 수 없음: ${program} (ENOENT)`],
  [/^the program (.+) may not be started \((E[A-Z]+)\)$/s, (program, code) => `프로그램을 시작할 권한이 없음: ${program} (${code})`],
  [/^(.*); gave up after (\d+) tries$/s, (how, tries) => `${koreanOf(how)}; ${tries}번 시도한 뒤 그만둠`],
];

export function reasonText(reason: string): Text {
  return { en: reason, ko: koreanOf(reason) };
}

function koreanOf(reason = ""): string {
  for (const [pattern, ko] of WORDS) {
    const found = pattern.exec(reason);
    if (found !== null) return ko(...found.slice(1));
  }
  return reason;
}
