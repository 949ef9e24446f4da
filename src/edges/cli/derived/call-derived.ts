// Runs a command of the table from the command line: its parameters are gathered, the agent is asked, and what it answers is shown.
import type { JsonValue } from "#base/json.ts";
import { lookSchema } from "#capabilities/processes/process-schemas.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { valuesOf } from "#kernel/commands/words.ts";
import type { ResultOf } from "../../all-commands.ts";
import { anyAgentOf } from "../ask-agent.ts";
import type { Call, Command } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";
import { processTable } from "../process-table.ts";
import { durationOption } from "../units.ts";
import { untilStopped } from "../until-stopped.ts";
import { exitOf } from "./exit-of.ts";
import { optionName, parametersOf, paramsFrom } from "./parameters.ts";
import { fileIn, isFile, save } from "./file-result.ts";
import { asRows } from "./as-rows.ts";
import { eventLine, resultLines } from "./render-result.ts";
import { secretOf } from "./secret-words.ts";

export function callDerived(command: CommandDefinition): Command {
  return async (call) => {
    const params = { ...paramsFrom(command, call.args, call.options), ...(await secretsFrom(command, call)) };
    return command.event === undefined ? once(command, call, params) : follow(command, call, params);
  };
}

async function once(command: CommandDefinition, call: Call, params: Readonly<Record<string, JsonValue>>): Promise<ExitCode> {
  const result = await (await anyAgentOf(call))(command.name, params);
  // Only of commands that answer with a file: else whoever answers could have one written here.
  const file = isFile(command.result) ? fileIn(result) : undefined;
  const output = call.options["output"];
  if (file !== undefined && (typeof output === "string" || (file.isBinary && !call.globals.isJson))) return save(call, file, typeof output === "string" ? output : undefined);
  if (call.globals.isJson) call.answer({ result });
  else if (file !== undefined) call.terminal.isInteractive ? call.terminal.print(file.bytes.toString("utf8").replace(/\n$/, "")) : process.stdout.write(file.bytes);
  else if (command.result === lookSchema) for (const line of processTable((result as unknown as ResultOf<"processes.list">).processes, call.style)) call.terminal.print(line);
  else for (const line of shownLines(command, result, call)) call.terminal.print(line);
  return exitOf(command.name, result);
}

function shownLines(command: CommandDefinition, result: JsonValue, { style, terminal }: Call): string[] {
  const cellsMax = terminal.isInteractive ? terminal.columns : undefined;
  const rows = asRows(command.name, result);
  return rows === undefined ? resultLines(result, command.result, style, cellsMax) : resultLines(rows, undefined, style, cellsMax);
}

/** Until somebody ends it, a line an event. */
async function follow(command: CommandDefinition, call: Call, params: Readonly<Record<string, JsonValue>>): Promise<ExitCode> {
  const { globals, terminal, style, answer } = call;
  const onEvent = (event: JsonValue): void => {
    if (globals.isJson) answer({ event });
    else terminal.print(eventLine(event, style));
  };
  return untilStopped(durationOption(call.options["for"], "--for"), async (signal) => (await anyAgentOf(call))(command.name, params, { onEvent, signal }));
}

/** What must not be seen by others is asked for, or read from where it is told to. */
async function secretsFrom(command: CommandDefinition, { options }: Call): Promise<Record<string, JsonValue>> {
  const secrets = parametersOf(command).filter(({ isSecret }) => isSecret);
  if (1 < secrets.filter(({ flag }) => options[optionName(`${flag}-stdin`)] === true).length) throw wrongUse({ en: "only one value can come from standard input", ko: "표준 입력에서는 값을 하나만 읽을 수 있습니다" }, { en: "take the others from files", ko: "나머지는 파일에서 읽게 하세요" });
  const given: Record<string, JsonValue> = {};
  for (const parameter of secrets) {
    const text = await secretOf(parameter, { isStdin: options[optionName(`${parameter.flag}-stdin`)] === true, file: options[optionName(`${parameter.flag}-file`)] });
    if (text !== undefined) Object.assign(given, valuesOf(command.params, { [parameter.name]: text }));
  }
  return given;
}
