// `dure process add`, `dure process send` and `dure program upload`: what the table's own commands take as JSON or base64, as words and files.
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { say } from "#base/lang.ts";
import { systemCode } from "#base/errors.ts";
import { agentOf, askAgent } from "../ask-agent.ts";
import type { Ask } from "../ask-agent.ts";
import type { Command } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import { CliFailure, wrongUse } from "../failure.ts";
import { processStateText } from "../process-state.ts";
import { bytesText } from "#base/quantities.ts";

/** What one request of the control socket or the API holds, as base64. */
const FILE_BYTES_MAX = 3_000_000;

export const processesAdd: Command = async (call) => {
  const [name = "", ...words] = call.args;
  const { type, file, manual } = call.options as { readonly type?: string; readonly file?: string; readonly manual?: boolean };
  if (words.length === 0 && file === undefined && type === undefined) throw wrongUse({ en: "the command is missing", ko: "실행할 명령이 빠졌습니다" }, { en: "for example `dure process add etl -- python3 etl.py`", ko: "예: `dure process add etl -- python3 etl.py`" });
  const [only] = words;
  // A text with blanks was quoted: it is meant for the shell.
  const command = words.length === 0 ? undefined : words.length === 1 && only !== undefined && /\s/.test(only) ? only : words;
  const content = file === undefined ? undefined : await base64Of(file);
  const ask = await agentOf(call);
  const definition = { ...(type === undefined || type === "process" ? {} : { type }), ...(command === undefined ? {} : { command }) };
  // It is not started before it has its program.
  let look = await ask("processes.create", { name, definition: { ...definition, ...(manual === true || content !== undefined ? { start: "manual" } : {}) } });
  if (file !== undefined && content !== undefined) {
    await uploaded(ask, name, file, content);
    if (manual !== true) {
      await ask("processes.update", { name, definition });
      look = await ask("processes.start", { name });
    }
  }
  if (call.globals.isJson) call.answer({ processes: look.processes });
  else for (const each of look.processes) call.terminal.print(`${each.name}  ${processStateText(each, call.style)}`);
  return exitCode.done;
};

async function uploaded(ask: Ask, name: string, file: string, content: string): Promise<void> {
  try {
    await ask("programs.upload", { process: name, file: basename(file), content });
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

export const programsPut: Command = async (call) => {
  const [name = "", file = ""] = call.args;
  const made = await askAgent(call, "programs.upload", { process: name, file: basename(file), content: await base64Of(file) });
  if (call.globals.isJson) call.answer({ program: made });
  else call.terminal.print(`${call.style.mark.ok} ${say({ en: `${made.fileName}: version ${made.version}, ${bytesText(made.bytes)}`, ko: `${made.fileName}: 버전 ${made.version}, ${bytesText(made.bytes)}` })}`);
  return exitCode.done;
};

async function base64Of(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (FILE_BYTES_MAX < size) throw new CliFailure(exitCode.failed, { en: `${file} has ${bytesText(size)}, more than a command takes`, ko: `${file}: ${bytesText(size)}로 명령 하나에 보낼 수 있는 크기를 넘습니다` }, { en: "upload it in the dashboard, or through the console (`set task`)", ko: "대시보드나 콘솔(`set task`)로 업로드하세요" });
    return (await readFile(file)).toString("base64");
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new CliFailure(exitCode.unreachable, { en: `${file} cannot be read (${code})`, ko: `${file} 파일을 읽을 수 없습니다 (${code})` });
  }
}
