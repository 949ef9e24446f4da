import { closest } from "#base/similar.ts";
import type { Command } from "../command.ts";
import { commands } from "../commands.ts";
import { exitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";
import { commandHelp, helpFacts, programHelp } from "../help.ts";
import { helpTopics } from "../help-topics.ts";

export const help: Command = async ({ args: [topic], globals, terminal, style, answer }) => {
  const command = commands.find(({ name, aliases }) => name === topic || (topic !== undefined && aliases?.includes(topic)));
  if (topic !== undefined && Object.hasOwn(helpTopics, topic)) {
    const text = helpTopics[topic]?.(style) ?? "";
    if (globals.isJson) answer({ topic, text });
    else terminal.print(text);
  } else if (topic === undefined || command !== undefined) {
    if (globals.isJson) answer(helpFacts(command));
    else terminal.print(command === undefined ? programHelp(style) : commandHelp(command, style));
  }
  else {
    const topics = [...commands.map(({ name }) => name), ...Object.keys(helpTopics)];
    const near = closest(topic, topics);
    throw wrongUse({ en: `no help on \`${topic}\``, ko: `\`${topic}\` 도움말이 없습니다` }, near === undefined ? { en: `topics: ${topics.join(", ")}`, ko: `주제: ${topics.join(", ")}` } : { en: `did you mean \`dure help ${near}\`?`, ko: `혹시 \`dure help ${near}\` 인가요?` });
  }
  return exitCode.done;
};
