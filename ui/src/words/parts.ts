// Words of lists and other parts that all screens are made of.
import type { Words } from "./say.ts";

export const words = {
  noFigures: { en: "No figures yet", ko: "아직 수치가 없습니다" },
  filter: { en: "Filter", ko: "필터" },
  filterPlaceholder: { en: "Filter…", ko: "필터…" },
  rows: { en: "{count} rows", ko: "{count}행" },
  rowsOf: { en: "{shown} of {count} rows", ko: "{count}행 중 {shown}행" },
  columns: { en: "Columns", ko: "열" },
  exportRows: { en: "Export", ko: "내보내기" },
  asCsv: { en: "CSV (opens in a spreadsheet)", ko: "CSV (엑셀에서 열림)" },
  asJson: { en: "JSON", ko: "JSON" },
  copyLink: { en: "Copy the link to this list", ko: "이 목록의 링크 복사" },
  actions: { en: "Actions", ko: "동작" },
  actionsOf: { en: "Actions on {name}", ko: "{name} 동작" },
  selected: { en: "{count} selected", ko: "{count}개 선택" },
  selectRow: { en: "Select {name}", ko: "{name} 선택" },
  selectAll: { en: "Select all", ko: "모두 선택" },
  unselect: { en: "Select none", ko: "선택 해제" },
  removeFilter: { en: "Take away the filter {name}", ko: "{name} 필터 제거" },
  nothingFits: { en: "Nothing fits the filter.", ko: "필터에 맞는 것이 없습니다." },
  clearFilters: { en: "Show all", ko: "모두 보기" },
  showMore: { en: "Show {count} more", ko: "{count}개 더 보기" },
  time: { en: "Time", ko: "시각" },
  chartTable: { en: "{label}: the newest figures", ko: "{label}: 최신 수치" },
} as const satisfies Words;
