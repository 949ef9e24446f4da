// A recovery runs a second, private instance of a process with one message, while the first goes on.
import { z } from "zod";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { planOf } from "./process-words.ts";
import type { ProcessesPort } from "./processes-port.ts";

const define = defineCommand<ProcessesPort>();
const recovery = z.strictObject({
  name: z.string(),
  process: z.string(),
  message: z.string(),
  startMs: z.number(),
  endMs: z.number().nullable(),
  state: z.enum(["running", "done", "FAIL", "TIME_OUT"]),
});

const list = define({
  name: "recoveries.list",
  summary: { en: "runs of a process with one message, apart from its queue", ko: "큐와 별도로 메시지 하나만 처리한 복구 실행" },
  role: "operator",
  effect: "read",
  params: z.strictObject({}),
  result: z.strictObject({ recoveries: z.array(recovery).describe("The newest first.") }),
  run: async (_params, _call, { engine }) => ({ recoveries: await engine.recoveries() }),
});

const start = define({
  name: "recoveries.create",
  summary: { en: "run a private instance of a process with one message", ko: "프로세스의 별도 인스턴스로 메시지 하나를 처리" },
  role: "operator",
  effect: "change",
  secret: ["message"],
  params: z.strictObject({
    process: z.string().min(1).meta({ description: "The process.", ko: "프로세스 이름." }),
    message: z.string().max(1 << 20).refine((text) => !text.includes("\n"), { error: "is one line", params: { ko: "한 줄만 쓸 수 있습니다" } }).meta({ description: "The line that it gets.", ko: "보낼 한 줄." }),
  }),
  result: recovery,
  examples: [{ line: "dure recovery run etl 2026-11-22", text: { en: "do the day before once more", ko: "전날 것을 한 번 더 처리" } }],
  async run({ process, message }, { changed }, port) {
    planOf(process, port);
    changed({ subject: process });
    return port.engine.recover(process, message);
  },
});

export const recoveryCommands = [list, start] as const satisfies readonly CommandDefinition<ProcessesPort>[];
