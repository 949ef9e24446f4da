// `dure schema`: what may stand in a config, for editors. With the user's own plugins, so it is written beside the config.
import { dirname, join, resolve } from "node:path";
import { lang, say } from "#base/lang.ts";
import { SCHEMA_MODELINE, jsonSchema, writeSchema } from "#kernel/config/editor-schema.ts";
import { isSentElsewhere } from "../ask-agent.ts";
import type { Command } from "../command.ts";
import { openRegistry } from "../config-file.ts";
import { usualFile } from "../config-path.ts";
import { exitCode } from "../exit-codes.ts";

export const schema: Command = async (call) => {
  const { args: [argument], globals, options, terminal, style, answer } = call;
  const folder = dirname(resolve(argument ?? globals.config[0] ?? usualFile() ?? "dure.yml"));
  const made = isSentElsewhere(call) ? await (await import("../config-elsewhere.ts")).schemaThere(call) : await schemaHere(folder);
  if (options["write"] !== true) {
    if (globals.isJson) answer({ schema: made });
    else terminal.print(JSON.stringify(made, null, 2)); // What is asked for is a document of JSON.
    return exitCode.done;
  }
  const file = await writeSchema(made, folder);
  if (globals.isJson) answer({ file });
  else terminal.talk(`${style.mark.ok} ${file}\n${say({ en: "Make this the first line of the config, and your editor completes and checks it:", ko: "설정의 첫 줄에 이것을 쓰면 편집기가 자동 완성과 검사를 해 줍니다:" })}\n  ${SCHEMA_MODELINE}`);
  return exitCode.done;
};

async function schemaHere(folder: string): Promise<object> {
  const registry = openRegistry();
  await registry.addFolder(join(folder, "plugins"));
  return jsonSchema(registry, lang());
}
