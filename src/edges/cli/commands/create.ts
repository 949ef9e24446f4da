// `dure create in.FileTail/parse.Regex/out.Fluentd`: a config to begin with, with every option of each step.
import { closest } from "#base/similar.ts";
import { presentName } from "#kernel/config/pipe-names.ts";
import type { Found, Registry } from "#kernel/registry.ts";
import type { Command } from "../command.ts";
import { commentedConfig } from "../commented-config.ts";
import { pluginRegistry } from "../config-file.ts";
import { exitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";

export const create: Command = async (call) => {
  const { args: [chain = ""], globals, terminal, answer } = call;
  const registry = await pluginRegistry(call);
  const names = chain.split(/[/|]/).map((name) => name.trim());
  const steps: Found[] = [];
  for (const name of names) steps.push(await pluginNamed(name, registry));
  const text = commentedConfig(steps);
  if (globals.isJson) answer({ text });
  else terminal.print(text);
  return exitCode.done;
};

/** The plugin of a name as people write it: in any case, or as it was called before. */
export async function pluginNamed(name: string, registry: Registry): Promise<Found> {
  const names = registry.names();
  const found = (await registry.find(await presentName(name, registry))) ?? (await registry.find(names.find((known) => known.toLowerCase() === name.toLowerCase()) ?? ""));
  if (found !== undefined) return found;
  const near = closest(name, names) ?? names.find((known) => closest(name, [known.slice(known.indexOf(".") + 1)]) !== undefined);
  throw wrongUse(
    { en: `there is no plugin \`${name}\``, ko: `\`${name}\` 플러그인이 없습니다` },
    near === undefined ? { en: "see `dure list`; write them like in.FileTail/parse.Json/out.Stdout", ko: "`dure list` 참고. in.FileTail/parse.Json/out.Stdout처럼 쓰세요" } : { en: `did you mean \`${near}\`?`, ko: `혹시 \`${near}\` 인가요?` },
  );
}
