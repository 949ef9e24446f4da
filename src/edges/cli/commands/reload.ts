// `dure reload`: the running agent goes over to the config as it is now. Pipelines that are the same are not touched; when anything is wrong,
// nothing changes. `--plan` only says what would happen.
import { resolve } from "node:path";
import { say } from "#base/lang.ts";
import type { Reloaded } from "#kernel/config/plan-difference.ts";
import { askAgent, isElsewhere } from "../ask-agent.ts";
import type { Call, Command } from "../command.ts";
import { planOf } from "../config-file.ts";
import { configFileOf } from "../config-path.ts";
import { differenceLines } from "../difference-lines.ts";
import { exitCode } from "../exit-codes.ts";
import { secondsText } from "../units.ts";

export const reload: Command = async (call) => {
  const { args, globals, options, terminal, style, answer: tell } = call;
  const startedAt = performance.now();
  const asked = isElsewhere({ globals: { ...globals, config: [...globals.config, ...args] } }) ? call : await checkedHere(call);
  const isPlan = options["plan"] === true;
  const answer: Reloaded = await askAgent(asked, isPlan ? "agent.plan" : "agent.reload");
  const seconds = (performance.now() - startedAt) / 1000;
  if (globals.isJson) tell(reloadFacts(answer));
  else terminal.print(differenceLines(answer, style).join("\n"));
  if (answer.problem !== undefined) {
    if (!globals.isJson) terminal.talk(say({ en: `${style.mark.bad} rolled back, the config before runs on: ${answer.problem}`, ko: `${style.mark.bad} 되돌렸습니다. 이전 설정이 계속 실행됩니다: ${answer.problem}` }));
    return exitCode.failed;
  }
  if (!isPlan && !globals.isJson) terminal.talk(`${style.mark.ok} ${say({ en: `reloaded in ${secondsText(seconds)}`, ko: `다시 읽었습니다 (${secondsText(seconds)})` })}`);
  return exitCode.done;
};

/** What is wrong is said here, where somebody looks; the agent reads the file itself. */
async function checkedHere(call: Call): Promise<Call> {
  const asked = { ...call, globals: { ...call.globals, config: [resolve(configFileOf(call, call.args[0]))] } };
  await planOf(asked, undefined, { en: "nothing was changed: the config has errors, and the one before runs on", ko: "설정에 오류가 있어 바꾼 것이 없습니다. 이전 설정이 계속 실행됩니다" });
  return asked;
}

/** A reload that was taken back is an error, as every other is. */
function reloadFacts({ problem, ...difference }: Reloaded): object {
  return { ...difference, ...(problem === undefined ? {} : { error: { message: problem, exitCode: exitCode.failed } }) };
}
