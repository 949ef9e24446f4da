// Words of the console screen and of the settings beside it.
import type { Words } from "./say.ts";

export const words = {
  settings: { en: "Settings", ko: "설정값" },
  text: { en: "The console of EventFlow: `shw task`, `act all`, `set task process:etl:python3 etl.py`. `hlp` shows them all; arrow keys bring back earlier lines.", ko: "EventFlow 콘솔입니다: `shw task`, `act all`, `set task process:etl:python3 etl.py`. `hlp`로 전체 명령을 볼 수 있고, 화살표 키로 이전 명령을 다시 불러옵니다." },
  line: { en: "Console command", ko: "콘솔 명령" },
  run: { en: "Run", ko: "실행" },
  running: { en: "…", ko: "…" },
  answers: { en: "Answers of the console", ko: "콘솔 응답" },
  clear: { en: "Clear", ko: "지우기" },
  empty: { en: "Try one of these:", ko: "예를 들어 다음을 실행해 보세요:" },
  bye: { en: "Here there is nothing to quit: leave the screen.", ko: "여기서는 종료할 것이 없습니다. 화면을 떠나면 됩니다." },
  settingsText: { en: "The settings that EventFlow's console shows by `shw conf`. A change is written into the config and holds at once.", ko: "EventFlow 콘솔의 `shw conf`에 나오는 설정입니다. 바꾸면 설정 파일에 기록되고 바로 적용됩니다." },
  name: { en: "Setting", ko: "항목" },
  value: { en: "Value", ko: "값" },
  configKey: { en: "In the config", ko: "설정 파일의 항목" },
  fixed: { en: "fixed while it runs", ko: "실행 중 변경 불가" },
  change: { en: "Change", ko: "변경" },
  changed: { en: "{name} is {value} now", ko: "{name:을/를} {value:으로/로} 바꿨습니다" },
  noSettings: { en: "No settings", ko: "설정값이 없습니다" },
} as const satisfies Words;
