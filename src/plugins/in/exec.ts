// Reads what a program prints, line by line: one that goes on printing, or one that is run again and again. The program is read no
// faster than its lines are taken, and at the end it is ended with all it started. What it printed and was not written when the agent is
// killed is lost: a program cannot be asked again. For lines that must survive, let it write a file and use in.FileTail.
import { encoding } from "#sdk/encoding-option.ts";
import { duration, size } from "#sdk/options.ts";
import { defineInput, z } from "#sdk/plugin.ts";

const options = z
  .strictObject({
    command: z.union([z.string().min(1), z.tuple([z.string().min(1)], z.string())]).meta({
      description: "Command for the shell, or a list of program and arguments without a shell.",
      ko: "셸 명령, 또는 셸 없이 실행할 프로그램과 인자 목록.",
    }),
    interval: duration().optional().meta({
      description: "Run the command to its end, wait this long, run it again. Without it the command is expected to go on printing.",
      ko: "명령을 끝까지 실행하고 이만큼 쉰 뒤 다시 실행합니다. 없으면 계속 출력하는 명령으로 봅니다.",
    }),
    restart: z.enum(["always", "on-failure", "never"]).optional().meta({
      description: "Without an interval: when to start a command that has ended again, after a pause that grows while it ends at once: always (the default), on-failure (not when it ended with 0), or never. Then the input ends.",
      ko: "interval 없이 실행한 명령이 끝났을 때 다시 시작할지: always(기본값), on-failure(0으로 끝나면 안 함), never. 곧바로 끝나는 동안에는 점점 길게 쉽니다. 다시 시작하지 않으면 입력이 끝납니다.",
    }),
    timeout: duration().pipe(z.number().positive()).optional().meta({
      description: "The command and all it started are ended after this time; time in which its lines were not taken does not count. By default 60s with an interval, none without.",
      ko: "이 시간이 지나면 명령과 그 자식을 모두 끝냅니다. 줄을 받아 가지 못한 시간은 빼고 셉니다. 기본값은 interval이 있으면 60s, 없으면 무제한입니다.",
    }),
    encoding: encoding().meta({ description: "Encoding of what the command prints; lines are UTF-8 inside.", ko: "명령이 출력하는 인코딩. 안에서는 UTF-8입니다." }),
    max_line: size().pipe(z.number().min(16)).prefault("1MB").meta({
      description: "A longer line is cut here; the rest of it is skipped and counted.",
      ko: "이보다 긴 줄은 여기서 자르고 나머지는 버리며 수를 셉니다.",
    }),
    cwd: z.string().min(1).optional().meta({ description: "Folder the command runs in; by default that of the config file.", ko: "명령을 실행할 폴더. 기본값은 설정 파일의 폴더입니다." }),
    env: z.record(z.string().min(1), z.string()).default({}).meta({ description: "Environment variables to add to those of the agent.", ko: "에이전트의 환경 변수에 더할 환경 변수." }),
    tag: z.string().min(1).default("exec").meta({ description: "Tag of the lines.", ko: "줄의 태그." }),
  })
  .superRefine(({ interval, restart }, context) => {
    if (interval === undefined || restart === undefined) return;
    context.addIssue({
      code: "custom",
      path: ["restart"],
      message: "a command with an interval is always run again; leave out restart or interval",
      params: { ko: "interval이 있으면 언제나 다시 실행합니다. restart와 interval 중 하나를 빼세요" },
    });
  });

const TIMEOUT_MS = 60_000;

export const exec = defineInput({
  name: "Exec",
  aliases: ["in.Command"],
  summary: {
    en: "Reads the lines a program prints, from one that goes on or one that is run at intervals.",
    ko: "계속 출력하거나 간격을 두고 실행하는 프로그램의 출력을 한 줄씩 읽습니다.",
  },
  options,
  shorthand: "command",
  example: "- in.Exec:\n    command: df -P\n    interval: 1m",
  async open(given, context) {
    const { ExecInput } = await import("./exec/exec-input.ts");
    return new ExecInput(
      {
        command: given.command,
        intervalMs: given.interval,
        restart: given.restart ?? "always",
        timeoutMs: given.timeout ?? (given.interval === undefined ? undefined : TIMEOUT_MS),
        encoding: given.encoding,
        lineBytesMax: given.max_line,
        cwd: given.cwd,
        env: given.env,
        tag: given.tag,
      },
      context,
    );
  },
  async checkEnvironment(given, { configDir }) {
    const { checkCommand } = await import("./exec/check-command.ts");
    return checkCommand(given.command, given.cwd, configDir);
  },
});
