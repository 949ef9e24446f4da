// What an empty line, `hlp` and `<command> hlp` answer. The words of the grammar are English in both languages.
import { say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";

interface Help {
  readonly shape: string;
  readonly text: Text;
  readonly lines: readonly (readonly [string, Text])[];
}

const NAMES = "name[,name...]";

const helps: Readonly<Record<string, Help>> = {
  act: { shape: `act ${NAMES}`, text: { en: "start tasks", ko: "태스크 시작" }, lines: [[`act ${NAMES}`, { en: "name: a task, a group, or `all`", ko: "이름: 태스크, 그룹, 또는 `all`" }]] },
  trm: { shape: `trm ${NAMES}`, text: { en: "stop tasks", ko: "태스크 정지" }, lines: [[`trm ${NAMES}`, { en: "name: a task, a group, or `all`", ko: "이름: 태스크, 그룹, 또는 `all`" }]] },
  shw: {
    shape: "shw WHAT [filters]",
    text: { en: "show", ko: "조회" },
    lines: [
      ["shw conf [-k key,...] [-c Y|N]", { en: "settings (-n is the same as -k)", ko: "설정 (-n은 -k와 같음)" }],
      ["shw task [-t task,...] [-y type,...] [-s ACT|TRM] [-a OK|ABN] [-p pid,...]", { en: "tasks", ko: "태스크" }],
      ["shw flow [-f from,...] [-t to,...]", { en: "flows", ko: "플로우" }],
      ["shw group [-g group,...] [-t task,...]", { en: "groups", ko: "그룹" }],
      ["shw stdin [task,...]", { en: "what waits for tasks", ko: "태스크를 기다리는 이벤트 수" }],
      ["shw schedule [-f time format,...] [-t task,...]", { en: "schedules", ko: "일정" }],
      ["shw global_queue [task,...]", { en: "the last events that moved", ko: "최근에 오간 이벤트" }],
      ["shw status [task,...]", { en: "states, and why", ko: "상태와 이유" }],
      ["shw recovery [task,...]", { en: "recovery runs", ko: "복구 실행" }],
      ["shw ready [task,...]", { en: "whether tasks take events", ko: "이벤트를 받을 수 있는지" }],
    ],
  },
  set: {
    shape: "set WHAT ...",
    text: { en: "add or change", ko: "추가와 변경" },
    lines: [
      ["set conf key:value,...", { en: "settings", ko: "설정" }],
      ["set task type:name:command[:file_name:base64],...", { en: "tasks; type: process, talend, or your own", ko: "태스크. 종류: process, talend 또는 직접 만든 종류" }],
      ["set flow broad|share:from[|from...]:to[|to...],...", { en: "flows", ko: "플로우" }],
      ["set group group[|group...]:task[|task...],...", { en: "tasks of groups", ko: "그룹의 태스크" }],
      ["set stdin task:message", { en: "a line for a task; the message is the rest of the line", ko: "태스크에 보낼 한 줄. 메시지는 줄 끝까지" }],
      ["set schedule m h d M w:task:message", { en: "a line at given times; ##DATE_TIME## becomes the time", ko: "정한 시각에 보낼 한 줄. ##DATE_TIME##은 시각이 됨" }],
      ["set recovery task:message", { en: "a run of its own with one message", ko: "메시지 하나로 따로 실행" }],
    ],
  },
  del: {
    shape: "del WHAT ...",
    text: { en: "remove", ko: "삭제" },
    lines: [
      ["del task name,...", { en: "tasks, with their flows, groups and schedules", ko: "태스크와 그 플로우, 그룹, 일정" }],
      ["del flow broad|share:from[|from...]:to[|to...],...", { en: "flows", ko: "플로우" }],
      ["del group group[|group...][:task[|task...]],...", { en: "groups, or tasks of them", ko: "그룹, 또는 그룹의 태스크" }],
      ["del schedule m h d M w:task", { en: "schedules", ko: "일정" }],
      ["del task_queue task,...", { en: "empties queues of tasks", ko: "태스크의 큐를 비움" }],
    ],
  },
  lad: { shape: `lad ${NAMES}`, text: { en: "load queue dumps", ko: "큐 덤프 불러오기" }, lines: [[`lad ${NAMES}`, { en: "from the dump files; `all` is every task", ko: "덤프 파일에서. `all`은 모든 태스크" }]] },
  sav: { shape: `sav ${NAMES}`, text: { en: "save queue dumps", ko: "큐 덤프 저장" }, lines: [[`sav ${NAMES}`, { en: "into the dump files; `all` is every task", ko: "덤프 파일로. `all`은 모든 태스크" }]] },
  login: { shape: "login NAME | token TOKEN", text: { en: "log in", ko: "로그인" }, lines: [["login NAME", { en: "the password is asked for", ko: "비밀번호를 묻습니다" }], ["token dure_...", { en: "with a token of `dure tokens create`", ko: "`dure tokens create`로 만든 토큰으로" }]] },
  q: { shape: "q", text: { en: "leave (quit)", ko: "나가기 (quit)" }, lines: [["q, quit", { en: "closes this connection", ko: "연결을 닫습니다" }]] },
  k: { shape: "kill", text: { en: "stop the agent (k, kil)", ko: "에이전트 종료 (k, kil)" }, lines: [["k, kil, kill", { en: "stops the whole agent; needs an admin", ko: "에이전트를 종료합니다. 관리자만 할 수 있습니다" }]] },
  hlp: { shape: "<command> hlp", text: { en: "help for a command", ko: "명령 도움말" }, lines: [["hlp", { en: "this list; `set hlp` tells more of `set`", ko: "전체 목록. `set hlp`는 `set`을 자세히" }]] },
};

const same: Readonly<Record<string, string>> = { quit: "q", kil: "k", kill: "k", token: "login" };

export function isVerb(word: string): boolean {
  return Object.hasOwn(helps, word) || Object.hasOwn(same, word);
}

export function helpLines(verb?: string, noun?: string): string[] {
  const help = verb === undefined ? undefined : helps[same[verb] ?? verb];
  const own = help?.lines.filter(([shape]) => noun !== undefined && shape.split(" ")[1] === noun) ?? [];
  if (help !== undefined) return (own.length === 0 ? help.lines : own).flatMap(([shape, text]) => [shape, `    ${say(text)}`]);
  return [
    ...Object.values(helps).map(({ shape, text }) => `${shape.padEnd(27)}${say(text)}`),
    say({ en: "Quote what holds `:` `,` or `|`: set group night:\"etl,1\"|load", ko: "`:` `,` `|`가 든 값은 따옴표로 감쌉니다: set group 야간:\"etl,1\"|load" }),
  ];
}

/** The shapes of one sub-command, for who has mistyped it. */
export function shapesOf(verb: string, noun?: string): string {
  const all = helps[verb]?.lines.map(([shape]) => shape) ?? [];
  const own = noun === undefined ? undefined : all.find((shape) => shape.startsWith(`${verb} ${noun}`));
  return own ?? (all.length === 1 ? all[0] : undefined) ?? `${verb} ${all.map((shape) => shape.split(" ")[1]).join("|")} ...`;
}
