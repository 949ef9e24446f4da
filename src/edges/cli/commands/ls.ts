// `dure ls`: what the running agent's pipelines do now.
import { say } from "#base/lang.ts";
import { askAgent } from "../ask-agent.ts";
import type { Look } from "../agent-server.ts";
import type { Command } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import { lookTable, rowsOf } from "../look-table.ts";

export const ls: Command = async (call) => {
  const look = (await askAgent(call, "pipelines.list")) as unknown as Look;
  if (call.globals.isJson) call.answer({ pipelines: rowsOf(look) });
  else call.terminal.print(lookTable(look, call.style).join("\n"));
  if (look.before === undefined && !call.globals.isJson) call.terminal.talk(say({ en: "rates in a moment: the agent has only just begun", ko: "에이전트가 방금 시작해서 초당 값은 잠시 뒤에 나옵니다" }));
  return exitCode.done;
};
