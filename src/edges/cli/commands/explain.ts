import { say } from "#base/lang.ts";
import { codes } from "#kernel/config/codes.ts";
import { closest } from "#base/similar.ts";
import type { Command } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";

export const explain: Command = async ({ args: [written = ""], globals, terminal, style, answer }) => {
  const upper = written.toUpperCase();
  const code = /^\d+$/.test(upper) ? `DURE${upper.padStart(3, "0")}` : upper;
  const entry = Object.entries(codes).find(([name]) => name === code)?.[1];
  if (entry === undefined) {
    const near = closest(code, Object.keys(codes));
    throw wrongUse({ en: `there is no code \`${written}\``, ko: `\`${written}\` 코드가 없습니다` }, near === undefined ? undefined : { en: `did you mean ${near}?`, ko: `혹시 ${near} 인가요?` });
  }
  const { level, severity, title, explanation } = entry;
  if (globals.isJson) answer({ code, level, severity, title: say(title), explanation: say(explanation) });
  else terminal.print(`${style.bold(`${code}: ${say(title)}`)}\n${say(explanation)}`);
  return exitCode.done;
};
