// What one can ask of those who are told, and try.
import { z } from "zod";
import { defineCommand } from "#kernel/commands/command.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { byCaller } from "../commands.ts";
import type { JobsPort } from "../commands.ts";

const define = defineCommand<JobsPort>();

const notifierSchema = z.strictObject({
  name: z.string(),
  type: z.enum(["webhook", "mail", "amqp"]),
  address: z.string().describe("Without what is secret of it."),
  on: z.array(z.string()).describe("Events that are told."),
  waiting: z.number().describe("Notices that wait, are under way, or wait for their next attempt."),
  delivered: z.number().describe("Of those that are still kept."),
  failed: z.number().describe("Dead letters: `dure jobs list --kind notices --states failed` shows them, `dure jobs retry` sends them again."),
  lastFailure: z.string().optional().describe("Of the newest notice that has not arrived yet, or never will: why."),
  lastFailedMs: z.number().optional(),
});

const list = define({
  name: "notifiers.list",
  summary: { en: "who is told of what, and how their notices do", ko: "알림 대상과 알림 전달 현황" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: z.strictObject({ notifiers: z.array(notifierSchema) }),
  run: async (_given, _call, port) => ({ notifiers: port.isAny() ? [...(await (await port.engine()).notifiers())].map((each) => ({ ...each, on: [...each.on] })) : [] }),
});

const test = define({
  name: "notifiers.test",
  summary: { en: "send a notice now, to see whether it arrives", ko: "시험 알림을 바로 보내 도착하는지 확인" },
  role: "operator",
  effect: "change",
  key: "notifier",
  params: z.strictObject({ notifier: z.string().min(1).max(100).meta({ description: "Its name in `notifiers:`.", ko: "`notifiers:`에 쓴 이름." }) }),
  result: z.strictObject({ said: z.string().describe("What the receiver said."), ms: z.number() }),
  examples: [{ line: "dure notifiers test ops", text: { en: "see whether ops can be reached", ko: "ops에 알림이 가는지 확인합니다" } }],
  async run({ notifier }, call, port) {
    const { isDelivered, said, ms } = await (await port.engine()).tryNotifier(notifier, byCaller(call));
    if (isDelivered) return { said, ms };
    throw new CommandFailure("FAILED", { message: `the notice did not arrive: ${said}`, hint: "Look at the address, what lets it in, and whether a firewall lies between.", ko: { message: `알림이 도착하지 않았습니다: ${said}`, hint: "주소와 인증 정보를 확인하고, 중간에 방화벽이 있는지 보세요." } });
  },
});

export const notifierCommands = [list, test] as const;
