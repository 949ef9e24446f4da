// `dure help`: of the program, a command, a noun of the command table, or a topic.
import { closest } from "#base/similar.ts";
import type { Command } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";
import { everyCommand, findCommand } from "../find-command.ts";
import { helpFacts, helpText } from "../help.ts";
import { helpTopics } from "../help-topics.ts";

export const help: Command = async ({ args: [topic, verb], globals, terminal, style, answer }) => {
  if (topic !== undefined && Object.hasOwn(helpTopics, topic)) {
    const text = helpTopics[topic]?.(style) ?? "";
    if (globals.isJson) answer({ topic, text });
    else terminal.print(text);
    return exitCode.done;
  }
  const known = await everyCommand();
  const words = [topic, verb].filter((word) => word !== undefined);
  const { command, noun, words: found } = findCommand(words, known);
  if (words.length !== 0 && (found === 0 || (noun !== undefined && verb !== undefined))) throw noHelp(words.join(" "), known.flatMap(({ name }) => [name, ...(name.includes(" ") ? [name.split(" ")[0] ?? ""] : [])]));
  if (globals.isJson) answer(helpFacts(command, noun, known));
  else terminal.print(helpText(command, noun, known, style));
  return exitCode.done;
};

function noHelp(topic: string, names: readonly string[]) {
  const topics = [...new Set([...names, ...Object.keys(helpTopics)])];
  const near = closest(topic, topics);
  return wrongUse({ en: `no help on \`${topic}\``, ko: `\`${topic}\` 도움말이 없습니다` }, near === undefined ? { en: `topics: ${topics.filter((name) => !name.includes(" ")).join(", ")}`, ko: `주제: ${topics.filter((name) => !name.includes(" ")).join(", ")}` } : { en: `did you mean \`dure help ${near}\`?`, ko: `혹시 \`dure help ${near}\` 인가요?` });
}
