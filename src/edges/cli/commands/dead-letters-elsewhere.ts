// `dure dead-letters --url`: the letters of an agent elsewhere. Records come without their secrets, and keep them when they are put right.
import { say } from "#base/lang.ts";
import type { Letter } from "#kernel/dead-letters.ts";
import { agentOf } from "../ask-agent.ts";
import type { Ask } from "../ask-agent.ts";
import type { Call } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { filtered, lettersOf } from "../letters/choice.ts";
import { editLetterElsewhere } from "../letters/edit-elsewhere.ts";
import { agreedToRemove, listLetters, oneLetter, replayThere, tellRemoved } from "./dead-letters.ts";

/** As many as the agent tells of at once. */
const LETTERS_MAX = 1000;

export async function deadLettersElsewhere(call: Call, ids: readonly string[]): Promise<ExitCode> {
  const { options, globals, terminal, answer } = call;
  const ask = await agentOf(call);
  const pipeline = options["task"] as string | undefined;
  const all = await lettersAt(ask, pipeline);
  const chosen = filtered(ids.length === 0 ? all : lettersOf(all, ids), call);
  switch (call.args[0]) {
    case "show": {
      const { id, ...facts } = oneLetter(chosen, ids);
      const { records } = await ask("dead-letters.show", { id, limit: 1000 });
      if (globals.isJson) answer({ letter: { id, ...facts }, records: records.map(({ record }) => record) });
      else {
        for (const { record } of records) terminal.print(JSON.stringify(record));
        terminal.talk(`${facts.at} ${facts.pipeline} ${facts.step}: ${facts.reason}`);
      }
      return exitCode.done;
    }
    case "edit":
      return editLetterElsewhere(call, ask, oneLetter(chosen, ids).id);
    case "remove":
      if (!(await agreedToRemove(call, chosen, ids))) return exitCode.failed;
      for (const { id } of chosen) await ask("dead-letters.remove", { id });
      return tellRemoved(call, chosen);
    case "replay":
      return replayThere(call, chosen);
    default:
      if (LETTERS_MAX <= all.length && !globals.isJson) terminal.talk(say({ en: `only the newest ${LETTERS_MAX} are shown`, ko: `가장 새로운 ${LETTERS_MAX}건만 보입니다` }));
      return listLetters(call, chosen, all);
  }
}

/** The oldest first, as they lie in the folder. */
async function lettersAt(ask: Ask, pipeline: string | undefined): Promise<Letter[]> {
  const { letters } = await ask("dead-letters.list", { limit: LETTERS_MAX, ...(pipeline === undefined ? {} : { pipeline }) });
  return letters.map(({ atMs, records, ...letter }) => ({ ...letter, at: new Date(atMs).toISOString(), rows: records }) as Letter).reverse();
}
