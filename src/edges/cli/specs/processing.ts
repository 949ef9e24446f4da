// Commands about processes that say more than the table's own, or are said in fewer words. `dure process …` means the same.
import type { CommandSpec } from "../command.ts";
import { forOption } from "./for-option.ts";

const ofProcess = { noun: "processes", field: "name" } as const;

export const processing: readonly CommandSpec[] = [
  {
    name: "processes ls",
    of: "processes.list",
    isMinor: true,
    arguments: "[names...]",
    keyOf: ofProcess,
    summary: { en: "processes at a glance: state and why, what they take, when they run next", ko: "프로세스 한눈에 보기: 상태와 이유, 사용량, 다음 실행" },
    examples: [{ line: "dure process ls", text: { en: "`dure process ls etl` of one", ko: "하나만: `dure process ls etl`" } }],
    load: async () => (await import("../commands/processes-ls.ts")).processesLs,
  },
  {
    name: "processes logs",
    of: "processes.output",
    isMinor: true,
    arguments: "<name>",
    keyOf: ofProcess,
    summary: { en: "what a process printed last, and goes on printing", ko: "프로세스가 마지막에 출력한 줄과 이어지는 줄" },
    examples: [{ line: "dure process logs etl -f", text: { en: "the last hundred, then what comes, until Ctrl-C", ko: "마지막 백 줄을 보고 이어지는 것을 Ctrl-C까지" } }],
    options: [{ flags: "-f, --follow", text: { en: "go on with what it prints", ko: "앞으로 출력하는 것도 계속" } }, { flags: "-n, --lines <number>", text: { en: "the last so many (default 100)", ko: "마지막 몇 줄 (기본 100)" } }, forOption],
    load: async () => (await import("../commands/processes-logs.ts")).processesLogs,
  },
  {
    name: "processes attach",
    of: "processes.follow",
    isMinor: true,
    arguments: "<name>",
    keyOf: ofProcess,
    summary: { en: "watch a process, and type lines into it; Ctrl-C leaves it running", ko: "프로세스를 보며 입력도 보냄. Ctrl-C로 나와도 계속 실행됨" },
    examples: [{ line: "dure process attach etl", text: { en: "its last 50 lines, then live; what is typed is sent", ko: "마지막 50줄부터 실시간으로; 입력한 줄은 보냄" } }],
    options: [forOption],
    load: async () => (await import("../commands/processes-logs.ts")).processesAttach,
  },
  {
    name: "processes say",
    of: "processes.send",
    isMinor: true,
    arguments: "<name> <line>",
    keyOf: ofProcess,
    summary: { en: "give a process a line to read", ko: "프로세스의 표준 입력에 한 줄을 보냄" },
    examples: [{ line: "dure process send etl 'run 2026-11-23'", text: { en: "secrets: `dure processes send etl --message-stdin`", ko: "비밀 값은 `dure processes send etl --message-stdin`" } }],
    load: async () => (await import("../commands/processes-add.ts")).processesSay,
  },
  {
    name: "recoveries run",
    of: "recoveries.create",
    isMinor: true,
    arguments: "<process> <line>",
    keyOf: ofProcess,
    summary: { en: "run a private instance of a process with one message", ko: "프로세스의 별도 인스턴스로 메시지 하나를 처리" },
    examples: [{ line: "dure recovery run etl 2026-11-22", text: { en: "secrets: `dure recoveries create --process etl --message-stdin`", ko: "비밀 값은 `dure recoveries create --process etl --message-stdin`" } }],
    load: async () => (await import("../commands/processes-add.ts")).recoveriesRun,
  },
  {
    name: "processes add",
    of: "processes.create",
    isMinor: true,
    arguments: "<name> [command...]",
    summary: { en: "add a process, its command as words", ko: "명령을 그대로 써서 프로세스를 추가" },
    examples: [
      { line: "dure process add etl -- python3 etl.py", text: { en: "one quoted word goes to the shell", ko: "따옴표로 묶은 한 덩어리는 셸이 실행" } },
      { line: "dure process add job --type talend --file job_0.1.zip", text: { en: "with a program that is uploaded", ko: "프로그램을 업로드하며" } },
    ],
    options: [{ flags: "--type <type>", text: { en: "process, talend, or a type of your own", ko: "process, talend, 또는 직접 만든 종류" } }, { flags: "--file <file>", text: { en: "upload this program with it", ko: "이 프로그램을 함께 업로드" } }, { flags: "--manual", text: { en: "do not start it yet", ko: "아직 시작하지 않음" } }],
    load: async () => (await import("../commands/processes-add.ts")).processesAdd,
  },
  {
    name: "programs put",
    of: "programs.upload",
    isMinor: true,
    arguments: "<process> <file>",
    keyOf: ofProcess,
    summary: { en: "upload a file as the newest version of a process's program", ko: "파일을 프로세스 프로그램의 새 버전으로 업로드" },
    examples: [{ line: "dure program upload etl etl.py", text: { en: "back again: dure programs use etl --version 1", ko: "되돌리기: dure programs use etl --version 1" } }],
    load: async () => (await import("../commands/processes-add.ts")).programsPut,
  },
];
