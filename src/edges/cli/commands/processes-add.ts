// `dure process add`, `dure process send` and `dure program upload`: what the table's own commands take as JSON or base64, as words and files.
import { say } from "#base/lang.ts";
import { agentOf, askAgent } from "../ask-agent.ts";
import type { Ask } from "../ask-agent.ts";
import type { Call, Command } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";
import { processStateText } from "../process-state.ts";
import { mustBeFile, uploadFile } from "../upload-file.ts";
import { bytesText } from "#base/quantities.ts";

export const processesAdd: Command = async (call) => {
  const [name = "", ...words] = call.args;
  const { type, file, manual } = call.options as { readonly type?: string; readonly file?: string; readonly manual?: boolean };
  if (words.length === 0 && file === undefined && type === undefined) throw wrongUse({ en: "the command is missing", ko: "실행할 명령이 빠졌습니다" }, { en: "for example `dure process add etl -- python3 etl.py`", ko: "예: `dure process add etl -- python3 etl.py`" });
  const [only] = words;
  // A text with blanks was quoted: it is meant for the shell.
  const command = words.length === 0 ? undefined : words.length === 1 && only !== undefined && /\s/.test(only) ? only : words;
  if (file !== undefined) await mustBeFile(file);
  const ask = await agentOf(call);
  const definition = { ...(type === undefined || type === "process" ? {} : { type }), ...(command === undefined ? {} : { command }) };
  // It is not started before it has its program.
  let look = await ask("processes.create", { name, definition: { ...definition, ...(manual === true || file !== undefined ? { start: "manual" } : {}) } });
  if (file !== undefined) {
    await uploaded(call, ask, name, file);
    if (manual !== true) {
      await ask("processes.update", { name, definition });
      look = await ask("processes.start", { name });
    }
  }
  if (call.globals.isJson) call.answer({ processes: look.processes });
  else for (const each of look.processes) call.terminal.print(`${each.name}  ${processStateText(each, call.style)}`);
  return exitCode.done;
};

async function uploaded(call: Call, ask: Ask, name: string, file: string): Promise<void> {
  try {
    await uploadFile(call, name, file);
  } catch (error) {
    await ask("processes.remove", { name }).catch(() => {}); // Of what was not added whole, nothing stays.
    throw error;
  }
}

export const processesSay: Command = async (call) => {
  const [name = "", line = ""] = call.args;
  const { queued } = await askAgent(call, "processes.send", { name, message: line });
  if (call.globals.isJson) call.answer({ queued });
  else call.terminal.print(`${call.style.mark.ok} ${say({ en: `sent; ${queued} waiting`, ko: `보냈습니다. 대기 ${queued}개` })}`);
  return exitCode.done;
};

export const recoveriesRun: Command = async (call) => {
  const [name = "", line = ""] = call.args;
  const recovery = await askAgent(call, "recoveries.create", { process: name, message: line });
  if (call.globals.isJson) call.answer({ recovery });
  else call.terminal.print(`${call.style.mark.ok} ${say({ en: `${recovery.name} is running; how it ends: dure recoveries list`, ko: `${recovery.name} 실행 중. 결과: dure recoveries list` })}`);
  return exitCode.done;
};

export const programsPut: Command = async (call) => {
  const [name = "", file = ""] = call.args;
  const made = await uploadFile(call, name, file);
  if (call.globals.isJson) call.answer({ program: made });
  else call.terminal.print(`${call.style.mark.ok} ${say({ en: `${made.fileName}: version ${made.version}, ${bytesText(made.bytes)}`, ko: `${made.fileName}: 버전 ${made.version}, ${bytesText(made.bytes)}` })}`);
  return exitCode.done;
};
