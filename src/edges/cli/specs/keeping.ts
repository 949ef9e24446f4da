// Commands about what an agent keeps: dead letters, buffers, its store; and whether all is well with it.
import type { CommandSpec } from "../command.ts";

export const keeping: readonly CommandSpec[] = [
  {
    name: "dead-letters",
    of: "dead-letters.list",
    arguments: "[action] [config] [ids...]",
    actions: ["list", "replay", "show", "edit", "remove", "ls"],
    usualAction: "list",
    summary: { en: "what no output could take: list, edit, replay", ko: "출력하지 못한 것을 보고, 고치고, 다시 보냄" },
    examples: [
      { line: "dure dead-letters --older 7d", text: { en: "what, when and why", ko: "무엇이, 언제, 왜" } },
      { line: "dure dead-letters show last", text: { en: "the records whole, secrets in them too", ko: "레코드 그대로 (비밀 값도 가리지 않음)" } },
      { line: "dure dead-letters edit 3f9a1c", text: { en: "in $VISUAL or $EDITOR", ko: "$VISUAL 또는 $EDITOR에서" } },
      { line: "dure dead-letters replay dure.yml -t web-logs", text: { en: "through its output; or by ids", ko: "출력으로 다시; ID로도 가능" } },
      { line: "dure dead-letters remove --all --older 7d", text: { en: "or by ids; for good", ko: "ID로도 가능; 되돌릴 수 없음" } },
    ],
    options: [
      { flags: "-t, --task <number or name>", text: { en: "of this pipeline only", ko: "이 파이프라인 것만" } },
      { flags: "--older <duration>", text: { en: "only those older than this: 12h, 7d", ko: "이보다 오래된 것만: 12h, 7d" } },
      { flags: "--reason <text>", text: { en: "only those with this in their reason", ko: "이유에 이 글자가 있는 것만" } },
      { flags: "--from <file>", text: { en: "edit: take the records from this file", ko: "edit: 이 파일의 레코드를 씀" } },
      { flags: "--all", text: { en: "remove: not by ids", ko: "remove: ID 없이 모두" } },
      { flags: "--yes", text: { en: "remove: do not ask", ko: "remove: 묻지 않음" } },
    ],
    load: async () => (await import("../commands/dead-letters.ts")).deadLetters,
  },
  {
    name: "buffers",
    of: "buffers.list",
    arguments: "[action] [config]",
    actions: ["list", "verify", "repair", "ls"],
    usualAction: "list",
    summary: { en: "what waits in disk buffers; verify, repair them", ko: "디스크 버퍼에 쌓인 것을 보고, 확인하고, 고침" },
    examples: [
      { line: "dure buffers", text: { en: "records, size, age, quarantine", ko: "레코드, 크기, 나이, 격리" } },
      { line: "dure buffers verify", text: { en: "every checksum; exit 5 when damaged", ko: "모든 체크섬; 손상되었으면 종료 코드 5" } },
      { line: "dure buffers repair", text: { en: "damage to quarantine; not while the agent runs", ko: "손상된 곳을 격리; 에이전트를 멈춘 뒤에" } },
    ],
    options: [{ flags: "-t, --task <number or name>", text: { en: "of this pipeline only", ko: "이 파이프라인 것만" } }],
    load: async () => (await import("../commands/buffers.ts")).buffers,
  },
  {
    name: "doctor",
    of: "agent.doctor",
    arguments: "[config]",
    summary: { en: "look for what is not well here, and say what to do", ko: "문제를 찾아 해결 방법을 알려 줌" },
    examples: [
      { line: "dure doctor", text: { en: "machine, config, data, agent; exit 5 with a problem", ko: "컴퓨터, 설정, 데이터, 에이전트; 문제가 있으면 5" } },
      { line: "dure doctor --url https://logs:8600", text: { en: "an agent elsewhere looks at its own machine", ko: "다른 곳의 에이전트가 자기 컴퓨터를 점검" } },
      { line: "dure doctor --bundle", text: { en: "a zip for a bug report, without secrets", ko: "오류 보고용 zip (비밀 값 제외)" } },
    ],
    options: [{ flags: "--bundle [file]", text: { en: "write what a bug report needs into this zip, or one with a name of its own", ko: "오류 보고에 필요한 것을 zip 파일로 저장 (이름은 생략 가능)" } }],
    load: async () => (await import("../commands/doctor.ts")).doctor,
  },
  {
    name: "backup",
    of: "agent.backup",
    isMinor: true,
    arguments: "[file]",
    summary: { en: "copy users, audit, events and log lines into one file", ko: "사용자, 감사 기록, 이벤트, 로그를 파일 하나로 백업" },
    examples: [
      { line: "dure backup", text: { en: "into the backup folder of the data folder", ko: "데이터 폴더의 백업 폴더에" } },
      { line: "dure backup /mnt/safe/dure.db", text: { en: "beside a running agent, too", ko: "실행 중에도 가능" } },
    ],
    load: async () => (await import("../commands/backup.ts")).backup,
  },
  {
    name: "restore",
    whyHere: { en: "a store is put back while its agent is stopped: do it on that machine", ko: "저장소는 에이전트를 멈추고 되돌립니다. 그 컴퓨터에서 하세요" },
    isMinor: true,
    arguments: "<file>",
    summary: { en: "put a backup in the place of what the store has", ko: "백업으로 저장소를 되돌림" },
    examples: [{ line: "dure restore /mnt/safe/dure.db", text: { en: "after `dure stop`; the old one is kept aside", ko: "`dure stop` 뒤에; 이전 것은 따로 보관" } }],
    options: [{ flags: "--yes", text: { en: "do not ask", ko: "묻지 않음" } }],
    load: async () => (await import("../commands/restore.ts")).restore,
  },
];
