// `dure process ls`: processes at a glance.
import { closest } from "#base/similar.ts";
import { askAgent } from "../ask-agent.ts";
import type { Command } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";
import { processTable } from "../process-table.ts";

export const processesLs: Command = async (call) => {
  const { processes } = await askAgent(call, "processes.list", {});
  const names = processes.map(({ name }) => name);
  const unknown = call.args.find((name) => !names.includes(name));
  if (unknown !== undefined) throw noProcess(unknown, names);
  const shown = call.args.length === 0 ? processes : processes.filter(({ name }) => call.args.includes(name));
  if (call.globals.isJson) call.answer({ processes: shown });
  else for (const line of processTable(shown, call.style)) call.terminal.print(line);
  return exitCode.done;
};

function noProcess(name: string, names: readonly string[]) {
  const near = closest(name, names);
  return wrongUse({ en: `there is no process \`${name}\``, ko: `\`${name}\` 프로세스가 없습니다` }, near === undefined ? { en: `there are: ${names.slice(0, 20).join(", ")}`, ko: `있는 것: ${names.slice(0, 20).join(", ")}` } : { en: `did you mean \`${near}\`?`, ko: `혹시 \`${near}\` 인가요?` });
}
