import { closest } from "#base/similar.ts";
import type { Command } from "../command.ts";
import { commands } from "../commands.ts";
import { exitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";
import { commandHelp, programHelp } from "../help.ts";
import { helpTopics } from "../help-topics.ts";

export const help: Command = async ({ args: [topic], terminal, style }) => {
  const command = commands.find(({ name, aliases }) => name === topic || (topic !== undefined && aliases?.includes(topic)));
  if (topic === undefined) terminal.print(programHelp(style));
  else if (Object.hasOwn(helpTopics, topic)) terminal.print(helpTopics[topic]?.(style) ?? "");
  else if (command !== undefined) terminal.print(commandHelp(command, style));
  else {
    const topics = [...commands.map(({ name }) => name), ...Object.keys(helpTopics)];
    const near = closest(topic, topics);
    throw wrongUse({ en: `no help on \`${topic}\``, ko: `\`${topic}\` 도움말이 없습니다` }, near === undefined ? { en: `topics: ${topics.join(", ")}`, ko: `주제: ${topics.join(", ")}` } : { en: `did you mean \`dure help ${near}\`?`, ko: `혹시 \`dure help ${near}\` 인가요?` });
  }
  return exitCode.done;
};
