// Configs and an agent elsewhere (`--url`): the one that runs there, or files of this machine, looked at by that agent with its plugins, its
// environment and the folders of its machine.
import { lang } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import type { Level, Problem } from "#kernel/config/problem.ts";
import type { ResultOf } from "../all-commands.ts";
import type { Ask } from "./ask-agent.ts";
import type { Call } from "./command.ts";
import { configFilesIn } from "./config-folder.ts";
import { configText } from "./config-text.ts";
import { agentAt } from "./remote-agent.ts";

/** One text to look at. */
export interface TextThere {
  /** As problems name it. */
  readonly file: string;
  readonly text: string;
  /** It is the config that stands there; its secrets are placeholders. */
  readonly isTheirs: boolean;
}

export interface ConfigsThere {
  readonly texts: readonly TextThere[];
  check(text: TextThere, levels: readonly Level[]): Promise<Problem[]>;
  format(text: TextThere): Promise<ResultOf<"config.format">>;
}

/** Of byte order: editors of Windows write it, and the agent takes it off. */
const MARK = "\uFEFF";

/** A problem as `config.check` and `config.plan` tell it. */
type ProblemThere = ResultOf<"config.check">["problems"][number];

/** The texts that the words of the call name; without any, the config of the agent. */
export async function configsThere(call: Call): Promise<ConfigsThere> {
  const ask = (await agentAt(call)) as Ask;
  const theirs = await ask("config.show");
  const named = [...call.args, ...call.globals.config];
  const texts = named.length === 0 ? [{ file: theirs.file, text: theirs.text, isTheirs: true }] : configFilesIn(named).map((file) => ({ file, text: configText(file), isTheirs: false }));
  return {
    texts,
    check: ({ file, text, isTheirs }, levels) => checkedThere(ask, { file, there: theirs.file, levels, ...(isTheirs ? {} : { text }) }),
    format: async ({ text }) => {
      const formatted = await ask("config.format", { text });
      return text.startsWith(MARK) ? { ...formatted, text: `${MARK}${formatted.text.replace(MARK, "")}` } : formatted;
    },
  };
}

/** The agent takes a text for its own config: what is said of that is said of the file that it came from. */
async function checkedThere(ask: Ask, { file, there, levels, text }: { readonly file: string; readonly there: string; readonly levels: readonly Level[]; readonly text?: string }): Promise<Problem[]> {
  const { problems } = await ask("config.check", { environment: levels.includes("environment"), lint: levels.includes("lint"), ...(text === undefined ? {} : { text }) });
  return problems.map((problem) => problemThere(problem, there, file));
}

export function problemThere({ file: where, line, column, code, ...more }: ProblemThere, there: string, file: string): Problem {
  return { ...more, code: code as Problem["code"], place: { file: where === there ? file : where, line, column } };
}

export async function schemaThere(call: Call): Promise<object> {
  return ((await agentAt(call)) as Ask)("config.schema", { lang: lang() });
}

/** What a command that writes files cannot do to the config of an agent elsewhere. */
export const editInstead: Text = { en: "`dure config edit --url` changes the config there", ko: "그곳의 설정은 `dure config edit --url`로 바꾸세요" };
