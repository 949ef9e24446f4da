// `dure list`: which plugins there are, built in and of the user's own.
import { say } from "#base/lang.ts";
import { closest } from "#base/similar.ts";
import { KINDS } from "#kernel/registry.ts";
import type { PluginKind } from "#sdk/plugin.ts";
import type { Command } from "../command.ts";
import { pluginRegistry } from "../config-file.ts";
import { exitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";
import { tableLines } from "../terminal.ts";

const HEADS = {
  in: { en: "Inputs", ko: "입력" },
  parse: { en: "Parsers", ko: "파서" },
  filter: { en: "Filters", ko: "필터" },
  buffer: { en: "Buffers", ko: "버퍼" },
  out: { en: "Outputs", ko: "출력" },
} as const;

export const list: Command = async (call) => {
  const { args: [written], globals, terminal, style, answer } = call;
  const kind = written === undefined ? undefined : kindOf(written);
  const registry = await pluginRegistry(call);
  const installed = await registry.list(kind);
  if (globals.isJson) {
    const plugins = installed.map(({ plugin, fullName, file }) => ({ name: fullName, kind: plugin.kind, summary: say(plugin.summary), ...(plugin.aliases === undefined ? {} : { aliases: plugin.aliases }), ...(file === undefined ? {} : { file }) }));
    answer({ plugins, broken: registry.broken.map(({ file, message }) => ({ file, message })) });
    return exitCode.done;
  }
  const blocks: string[] = [];
  for (const one of KINDS) {
    const rows = installed.filter(({ plugin }) => plugin.kind === one).map(({ fullName, plugin, file }) => [`  ${fullName}`, say(plugin.summary), file === undefined ? "" : style.dim(file)]);
    if (rows.length > 0) blocks.push([style.bold(say(HEADS[one])), ...tableLines(rows)].join("\n"));
  }
  blocks.push(say({ en: "dure desc NAME explains one. Your own: one file each in plugins/ next to the config.", ko: "dure desc 이름 으로 하나를 설명합니다. 직접 만든 것은 설정 옆 plugins/ 폴더에 파일 하나씩 둡니다." }));
  const external = installed.filter(({ file }) => file !== undefined).length;
  const builtIn = installed.length - external;
  blocks.push(say({ en: `${builtIn} built-in, ${external} external`, ko: `기본 ${builtIn}개, 외부 ${external}개` }));
  terminal.print(blocks.join("\n\n"));
  for (const { file, message } of registry.broken) terminal.talk(`${style.mark.warn} ${file}: ${message}`);
  return exitCode.done;
};

function kindOf(written: string): PluginKind {
  const kind = KINDS.find((one) => one === written.replace(/\.$/, ""));
  if (kind !== undefined) return kind;
  const near = closest(written, KINDS);
  throw wrongUse({ en: `\`${written}\` is none of ${KINDS.join(", ")}`, ko: `\`${written}\`: ${KINDS.join(", ")} 가운데 하나여야 합니다` }, near === undefined ? undefined : { en: `did you mean \`dure list ${near}\`?`, ko: `혹시 \`dure list ${near}\` 인가요?` });
}
