// Words of a difference between two texts.
import type { Words } from "./say.ts";

export const words = {
  same: { en: "There is no difference.", ko: "차이가 없습니다." },
  whole: { en: "Whole text", ko: "전체 보기" },
  out: { en: "taken out", ko: "삭제" },
  in: { en: "put in", ko: "추가" },
  more: { en: "{count} more lines are not shown.", ko: "{count}줄이 더 있습니다." },
} as const satisfies Words;
