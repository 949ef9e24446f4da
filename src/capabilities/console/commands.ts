// The line of EventFlow's console, for who has no terminal: the dashboard sends what is typed there.
import { z } from "zod";
import type { Caller } from "#kernel/access/caller.ts";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";

/** The console's own interpreter, which the edge of that protocol brings. */
export interface ConsolePort {
  /** What it answers to one line, without `<begin>` and `<end>`. What the line asks for is done in the name of the caller: his role decides, and it is audited as his. */
  run(line: string, asker: { readonly caller: Caller; readonly signal: AbortSignal }): Promise<string>;
}

/** Of a line only these words are kept: what else was typed may be a secret. */
const KNOWN = /^(?:act|trm|shw|set|del|lad|sav|hlp)(?:\s+(?:conf|task|flow|group|stdin|schedule|recovery|ready|status|global_queue|task_queue))?(?=\s|$)/;

const define = defineCommand<ConsolePort>();

const run = define({
  name: "console.run",
  summary: { en: "say a line to EventFlow's console, and have its answer", ko: "EventFlow 콘솔 명령 한 줄을 실행하고 답을 받음" },
  role: "operator",
  effect: "change",
  secret: ["line"],
  params: z.strictObject({ line: z.string().max(1 << 20).regex(/^[^\n]*$/, "is one line").meta({ description: "As it is typed there: `shw task`.", ko: "콘솔에 입력하는 그대로: `shw task`." }) }),
  result: z.strictObject({ answer: z.string().describe("Its lines, as the console prints them.") }),
  examples: [{ line: "dure console run --line 'shw task'", text: { en: "the table of processes", ko: "프로세스 표" } }],
  async run({ line }, { caller, signal, changed }, port) {
    changed({ subject: KNOWN.exec(line.trim())?.[0] ?? "" });
    return { answer: await port.run(line, { caller, signal }) };
  },
});

export const consoleCommands = [run] as const satisfies readonly CommandDefinition<ConsolePort>[];
