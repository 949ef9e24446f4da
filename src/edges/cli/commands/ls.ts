// `dure ls`: what the running agent's pipelines do now.
import { say } from "#base/lang.ts";
import { askAgent } from "../ask-agent.ts";
import type { Look } from "#capabilities/pipelines/look.ts";
import type { Command } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import { lookTable, rowsOf } from "../look-table.ts";
import { noSuchPipeline, pipelineWords } from "../pipeline-words.ts";

export const ls: Command = async (asked) => {
  const { call, names } = pipelineWords(asked);
  const look = lookAt(names, await askAgent(call, "pipelines.list"));
  if (call.globals.isJson) call.answer({ pipelines: rowsOf(look) });
  else call.terminal.print(lookTable(look, call.style).join("\n"));
  if (look.before === undefined && !call.globals.isJson) call.terminal.talk(say({ en: "rates in a moment: the agent has only just begun", ko: "에이전트가 방금 시작해서 초당 값은 잠시 뒤에 나옵니다" }));
  return exitCode.done;
};

/** Of these pipelines only; of all without any name. */
function lookAt(names: readonly string[], look: Look): Look {
  const all = look.pipelines.map(({ name }) => name);
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw noSuchPipeline(unknown, all);
  return names.length === 0 ? look : { ...look, pipelines: look.pipelines.filter(({ name }) => names.includes(name)) };
}
