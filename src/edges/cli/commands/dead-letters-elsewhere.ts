// `dure dead-letters --url`: the letters of an agent elsewhere. Records come without their secrets, and keep them when they are put right.
import type { Letter } from "#kernel/dead-letters.ts";
import { agentOf } from "../ask-agent.ts";
import type { ResultOf } from "../../all-commands.ts";
import type { Ask } from "../ask-agent.ts";
import type { Call } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { filtered, lettersOf } from "../letters/choice.ts";
import { editLetterElsewhere, letterElsewhere } from "../letters/edit-elsewhere.ts";
import { agreedToRemove, listLetters, oneLetter, replayThere, tellRemoved } from "./dead-letters.ts";

/** As many as the agent tells of at once. */
const AT_ONCE_MAX = 1000;

export async function deadLettersElsewhere(call: Call, ids: readonly string[]): Promise<ExitCode> {
  const { options, globals, terminal, answer } = call;
  const ask = await agentOf(call);
  const pipeline = options["task"] as string | undefined;
  const all = await lettersAt(ask, pipeline);
  const chosen = filtered(ids.length === 0 ? all : lettersOf(all, ids), call);
  switch (call.args[0]) {
    case "show": {
      const { id, ...facts } = oneLetter(chosen, ids);
      const { lines } = await letterElsewhere(ask, id);
      if (globals.isJson) answer({ letter: { id, ...facts }, records: lines });
      else {
        for (const line of lines) terminal.print(JSON.stringify(line));
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
      return listLetters(call, chosen, all);
  }
}

/** All of them, the oldest first, as they lie in the folder. */
async function lettersAt(ask: Ask, pipeline: string | undefined): Promise<Letter[]> {
  const letters: ResultOf<"dead-letters.list">["letters"][number][] = [];
  for (;;) {
    const before = letters.at(-1)?.id;
    const page = await ask("dead-letters.list", { limit: AT_ONCE_MAX, ...(before === undefined ? {} : { before }), ...(pipeline === undefined ? {} : { pipeline }) });
    letters.push(...page.letters);
    // One that went while its page was read makes the page shorter, and is no end.
    if (page.letters.length === 0 || page.total <= letters.length) break;
  }
  return letters.map(({ atMs, records, ...letter }) => ({ ...letter, at: new Date(atMs).toISOString(), rows: records }) as Letter).reverse();
}
