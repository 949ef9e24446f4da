// `dure process logs` and `dure process attach`: what a process prints, and lines typed into it.
import { once } from "node:events";
import { createInterface } from "node:readline";
import { say } from "#base/lang.ts";
import { printable } from "#kernel/config/cells.ts";
import type { EventOf } from "../../all-commands.ts";
import { agentOf } from "../ask-agent.ts";
import type { Call, Command } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import { countOption, durationOption } from "../units.ts";
import { untilStopped } from "../until-stopped.ts";

type Line = EventOf<"processes.follow">;

const LINES = 100;
const LINES_MAX = 1000;
const ATTACH_LINES = 50;

export const processesLogs: Command = async (call) => {
  const [name = ""] = call.args;
  const lines = Math.min(LINES_MAX, countOption(call.options["lines"], "--lines") ?? LINES);
  const ask = await agentOf(call);
  if (call.options["follow"] === true) {
    return untilStopped(durationOption(call.options["for"], "--for"), (signal) => ask("processes.follow", { name, last: lines }, { onEvent: (line) => show(call, line), signal }));
  }
  const { lines: found } = await ask("processes.output", { name, limit: lines });
  for (const line of found) {
    show(call, line);
    if (process.stdout.writableNeedDrain) await once(process.stdout, "drain");
  }
  if (found.length === 0 && !call.globals.isJson) call.terminal.talk(say({ en: `${name} has printed nothing yet`, ko: `${name} 프로세스가 아직 출력한 것이 없습니다` }));
  return exitCode.done;
};

export const processesAttach: Command = async (call) => {
  const [name = ""] = call.args;
  const ask = await agentOf(call);
  if (!call.globals.isJson && process.stdin.isTTY) call.terminal.talk(say({ en: `${name}: what you type is sent line by line; Ctrl-C leaves it running`, ko: `${name}: 입력한 줄이 하나씩 전달됩니다. Ctrl-C로 나와도 계속 실행됩니다` }));
  const typed = createInterface({ input: process.stdin, terminal: false });
  try {
    return await untilStopped(durationOption(call.options["for"], "--for"), async (signal) => {
      const following = ask("processes.follow", { name, last: ATTACH_LINES }, { onEvent: (line) => show(call, line), signal });
      const stop = (): void => typed.close();
      signal.addEventListener("abort", stop, { once: true });
      const sending = (async () => {
        // One after the other: a full queue makes who types wait.
        for await (const line of typed) await ask("processes.send", { name, message: line }, { signal });
      })();
      await Promise.race([following, sending.then(() => following)]);
    });
  } finally {
    typed.close();
    process.stdin.destroy();
  }
};

function show({ globals, terminal, style, answer }: Call, line: Line): void {
  if (globals.isJson) return answer({ line });
  const text = printable(line.text);
  terminal.print(line.stream === "stdout" ? text : line.stream === "stdin" ? style.dim(`> ${text}`) : style.yellow(`! ${text}`));
}
