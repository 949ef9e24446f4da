// Words of the events screen; those of the events themselves are the kernel's.
import type { Words } from "./say.ts";

export const words = {
  title: { en: "Events", ko: "이벤트" },
  time: { en: "Time", ko: "시각" },
  event: { en: "Event", ko: "이벤트" },
  about: { en: "About", ko: "대상" },
  facts: { en: "Facts", ko: "내용" },
  id: { en: "Number", ko: "번호" },
  name: { en: "Name", ko: "이름" },
  topic: { en: "Topic", ko: "종류" },
  tone: { en: "How bad", ko: "정도" },
  good: { en: "good", ko: "좋음" },
  bad: { en: "bad", ko: "나쁨" },
  warn: { en: "to be looked at", ko: "확인 필요" },
  calm: { en: "plain", ko: "일반" },
  older: { en: "Load older events", ko: "이전 이벤트 불러오기" },
  emptyTitle: { en: "Nothing has happened yet.", ko: "아직 아무 일도 없었습니다." },
  emptyText: { en: "What happens to the agent comes here as it happens, as with:", ko: "에이전트에 일어나는 일이 바로 여기에 나옵니다. 터미널에서는:" },
} as const satisfies Words;
