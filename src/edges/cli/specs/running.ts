// Commands that start an agent, end it and say how it is.
import type { CommandSpec, OptionSpec } from "../command.ts";
import { forOption } from "./for-option.ts";

const watchOption: OptionSpec = { flags: "--watch", text: { en: "reload when the config or a file that it is made of changes", ko: "설정이나 설정이 쓰는 파일이 바뀌면 다시 읽음" } };
const pidFileOption: OptionSpec = { flags: "--pid-file <file>", text: { en: "use this pid file, whatever the config says", ko: "설정과 상관없이 이 pid 파일을 사용" } };

export const running: readonly CommandSpec[] = [
  {
    name: "run",
    whyHere: { en: "an agent is started on its own machine; `dure reload --url` has one that runs read its config again", ko: "에이전트는 그 컴퓨터에서 시작합니다. 실행 중인 에이전트는 `dure reload --url`로 설정을 다시 읽게 할 수 있습니다" },
    arguments: "[config]",
    summary: { en: "run pipelines and processes here until Ctrl-C", ko: "파이프라인과 프로세스를 여기서 실행 (Ctrl-C로 종료)" },
    examples: [
      { line: "dure run dure.yml", text: { en: "until Ctrl-C; a second Ctrl-C does not wait", ko: "Ctrl-C까지; 두 번 누르면 기다리지 않음" } },
      { line: "dure run dure.yml --for 20s", text: { en: "ends by itself, says what moved", ko: "스스로 끝나고 옮긴 양을 알려 줌" } },
    ],
    options: [forOption, watchOption],
    load: async () => (await import("../commands/run.ts")).run,
  },
  {
    name: "start",
    whyHere: { en: "an agent is started on its own machine; `dure reload --url` has one that runs read its config again", ko: "에이전트는 그 컴퓨터에서 시작합니다. 실행 중인 에이전트는 `dure reload --url`로 설정을 다시 읽게 할 수 있습니다" },
    arguments: "[config]",
    summary: { en: "run in the background; returns when it really runs", ko: "백그라운드로 실행; 실제로 돌기 시작하면 돌아옴" },
    examples: [{ line: "dure start dure.yml", text: { en: "then: dure status, dure stop", ko: "다음: dure status, dure stop" } }],
    options: [{ flags: "--wait <duration>", text: { en: "give up when it is not up by then (default 30s)", ko: "이때까지 준비되지 않으면 포기 (기본 30s)" } }, watchOption],
    load: async () => (await import("../commands/start.ts")).start,
  },
  {
    name: "stop",
    whyHere: { en: "from elsewhere nobody could start it again: stop it on its own machine, or pause its pipelines with `dure pipelines pause NAME --url`", ko: "멀리서는 다시 시작할 수 없으니 그 컴퓨터에서 끝내거나, `dure pipelines pause 이름 --url`로 파이프라인을 멈추세요" },
    arguments: "[config]",
    summary: { en: "end the background agent, after what is in hand", ko: "하던 일을 마치게 하고 백그라운드 에이전트를 종료" },
    examples: [{ line: "dure stop dure.yml", text: { en: "waits up to the config's drain_timeout", ko: "설정의 drain_timeout까지 기다림" } }],
    options: [pidFileOption],
    load: async () => (await import("../commands/stop.ts")).stop,
  },
  {
    name: "reload",
    of: "agent.reload",
    arguments: "[config]",
    summary: { en: "go over to the config as it is now; what is the same runs on", ko: "지금의 설정으로 바꿈; 그대로인 것은 계속 실행" },
    examples: [
      { line: "dure reload dure.yml --plan", text: { en: "what would change", ko: "무엇이 바뀔지" } },
      { line: "dure reload dure.yml", text: { en: "do it, or nothing when anything is wrong", ko: "바꿈; 하나라도 잘못되면 그대로" } },
    ],
    options: [{ flags: "--plan", text: { en: "only say what would change", ko: "바뀔 것만 보여 줌" } }],
    load: async () => (await import("../commands/reload.ts")).reload,
  },
  {
    name: "status",
    of: "agent.show",
    arguments: "[config]",
    summary: { en: "whether it runs, and what moved (exit 0, 3, 1 or 4)", ko: "실행 여부와 옮긴 양 (종료 코드 0, 3, 1, 4)" },
    examples: [
      { line: "dure status", text: { en: "exit 0 running, 3 not, 1 dead, 4 cannot tell", ko: "0 실행 중, 3 아님, 1 죽음, 4 알 수 없음" } },
      { line: "dure status --strict --json", text: { en: "4 when something has failed", ko: "실패한 것이 있으면 4" } },
    ],
    options: [{ flags: "--strict", text: { en: "exit 4 when some pipeline or process has failed, or no job can be run", ko: "실패한 파이프라인이나 프로세스가 있거나 작업을 실행할 수 없으면 4" } }, pidFileOption],
    load: async () => (await import("../commands/status.ts")).status,
  },
];
