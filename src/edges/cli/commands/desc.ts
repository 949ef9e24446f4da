// `dure desc`: a plugin's reference, made from its schema.
import { lang } from "#base/lang.ts";
import { closest } from "#kernel/config/similar.ts";
import { describePlugin, renderDescription } from "#kernel/describe.ts";
import type { Command } from "../command.ts";
import { pluginRegistry } from "../config-file.ts";
import { exitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";

export const desc: Command = async (call) => {
  const { args: [name = ""], globals, terminal } = call;
  const registry = await pluginRegistry(call);
  const found = (await registry.find(name)) ?? (await registry.find(registry.names().find((known) => known.toLowerCase() === name.toLowerCase()) ?? ""));
  if (found === undefined) {
    const near = nearest(name, registry.names());
    throw wrongUse({ en: `there is no plugin \`${name}\``, ko: `\`${name}\` 플러그인이 없습니다` }, near === undefined ? { en: "see `dure list`", ko: "`dure list` 참고" } : { en: `did you mean \`dure desc ${near}\`?`, ko: `혹시 \`dure desc ${near}\` 인가요?` });
  }
  const description = describePlugin(found.plugin, lang());
  terminal.print(globals.isJson ? JSON.stringify({ schemaVersion: 1, ...description }) : renderDescription(description, lang()));
  return exitCode.done;
};

/** `FileTail` without its kind is enough to be understood. */
function nearest(name: string, names: readonly string[]): string | undefined {
  return closest(name, names) ?? names.find((known) => closest(name, [known.slice(known.indexOf(".") + 1)]) !== undefined);
}
