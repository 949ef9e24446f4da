// Words of the audit screen.
import type { Words } from "./say.ts";

export const words = {
  title: { en: "Audit", ko: "감사 기록" },
  time: { en: "Time", ko: "시각" },
  who: { en: "Who", ko: "누가" },
  role: { en: "Role", ko: "역할" },
  edge: { en: "By way of", ko: "경로" },
  address: { en: "From", ko: "주소" },
  command: { en: "Command", ko: "명령" },
  subject: { en: "About", ko: "대상" },
  times: { en: "Times", ko: "횟수" },
  outcome: { en: "Outcome", ko: "결과" },
  number: { en: "Number", ko: "번호" },
  content: { en: "Content", ko: "내용" },
  hash: { en: "Hash", ko: "해시" },
  ok: { en: "done", ko: "완료" },
  failed: { en: "refused or failed", ko: "거부·실패" },
  parameters: { en: "Parameters", ko: "매개변수" },
  change: { en: "Before and after", ko: "변경 전후" },
  older: { en: "Load older rows", ko: "이전 기록 불러오기" },
  emptyTitle: { en: "Nothing has been changed yet.", ko: "아직 변경한 것이 없습니다." },
  emptyText: { en: "Every change stands here with who made it. Make one:", ko: "모든 변경이 누가 했는지와 함께 남습니다. 하나 해 보세요:" },
  verify: { en: "Verify the chain", ko: "체인 확인" },
  verifying: { en: "Verifying…", ko: "확인 중…" },
  whole: { en: "{count} rows, each as it was written. The last hash:", ko: "{count}행 모두 쓰인 그대로입니다. 마지막 해시:" },
  cut: { en: "Rows up to {number} were older than `store.audit_keep` and were cut off at {when}. The rest goes on from this hash:", ko: "{number}번까지는 보관 기간(`store.audit_keep`)이 지나 {when}에 잘라 냈습니다. 나머지는 이 해시에서 이어집니다:" },
  broken: { en: "Row {number} does not fit: {kind}.", ko: "{number}번 행이 맞지 않습니다: {kind}." },
  missing: { en: "it is missing", ko: "빠져 있음" },
  changed: { en: "it was changed", ko: "바뀌었음" },
  added: { en: "it was put in", ko: "끼워 넣었음" },
  cutOff: { en: "the chain was cut off", ko: "체인이 잘렸음" },
  export: { en: "Export all", ko: "전체 내보내기" },
  exportNdjson: { en: "NDJSON, with hashes to verify", ko: "NDJSON (확인용 해시 포함)" },
  exportCsv: { en: "CSV, for a spreadsheet", ko: "CSV (엑셀용)" },
  exported: { en: "Exported {count} rows", ko: "{count}행을 내보냈습니다" },
} as const satisfies Words;

export const outcomeWords = {
  ok: words.ok,
  unknown: { en: "not known: the agent was killed", ko: "알 수 없음 (에이전트가 강제 종료됨)" },
  UNAUTHENTICATED: { en: "not logged in", ko: "로그인하지 않음" },
  FORBIDDEN: { en: "not allowed", ko: "권한 없음" },
  INVALID: { en: "not understood", ko: "잘못된 요청" },
  NOT_FOUND: { en: "not there", ko: "대상 없음" },
  CONFLICT: { en: "something stood in the way", ko: "충돌" },
  CONFIG_INVALID: { en: "errors in the config", ko: "설정 오류" },
  BUSY: { en: "too much at once", ko: "요청 많음" },
  UNAVAILABLE: { en: "out of reach", ko: "연결할 수 없음" },
  FAILED: { en: "failed", ko: "실패" },
} as const satisfies Words;

export const edgeWords = {
  local: { en: "this machine", ko: "이 컴퓨터" },
  http: { en: "HTTP", ko: "HTTP" },
  websocket: { en: "WebSocket", ko: "웹소켓" },
  agent: { en: "the agent", ko: "에이전트" },
} as const satisfies Words;
