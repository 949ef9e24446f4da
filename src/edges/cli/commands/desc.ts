// `dure desc`: the reference of a plugin, or of a part of the config such as failover, made from its schema.
import { lang } from "#base/lang.ts";
import { closest } from "#base/similar.ts";
import { presentName } from "#kernel/config/pipe-names.ts";
import { configSections } from "#kernel/config/config-sections.ts";
import { describePlugin, describeSection, renderDescription } from "#kernel/describe.ts";
import type { PluginDescription } from "#kernel/describe.ts";
import type { Call, Command } from "../command.ts";
import { pluginRegistry } from "../config-file.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";

export const desc: Command = async (call) => {
  const { args: [name = ""] } = call;
  const section = configSections.find((each) => each.name.split(".")[0] === name.split(".")[0]);
  if (section !== undefined) return told(call, describeSection(section, lang()));
  const registry = await pluginRegistry(call);
  const found = (await registry.find(await presentName(name, registry))) ?? (await registry.find(registry.names().find((known) => known.toLowerCase() === name.toLowerCase()) ?? ""));
  if (found === undefined) {
    const near = nearest(name, [...registry.names(), ...configSections.map((each) => each.name)]);
    throw wrongUse({ en: `there is no plugin \`${name}\``, ko: `\`${name}\` 플러그인이 없습니다` }, near === undefined ? { en: "see `dure list`", ko: "`dure list` 참고" } : { en: `did you mean \`dure desc ${near}\`?`, ko: `혹시 \`dure desc ${near}\` 인가요?` });
  }
  return told(call, describePlugin(found.plugin, lang()));
};

function told({ globals, terminal, answer }: Call, description: PluginDescription): ExitCode {
  if (globals.isJson) answer(description);
  else terminal.print(renderDescription(description, lang()));
  return exitCode.done;
}

/** `FileTail` without its kind is enough to be understood. */
function nearest(name: string, names: readonly string[]): string | undefined {
  return closest(name, names) ?? names.find((known) => closest(name, [known.slice(known.indexOf(".") + 1)]) !== undefined);
}
