// EventFlow's settings: what its console shows by `shw conf` and changes by `set conf`.
import { z } from "zod";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { closest } from "#base/similar.ts";
import { oldSettings, readOldSetting } from "./old-settings.ts";
import type { ProcessesPort } from "./processes-port.ts";

const define = defineCommand<ProcessesPort>();
const setting = z.strictObject({ name: z.string(), value: z.string(), isChangeable: z.boolean(), configKey: z.string().describe("Where it stands in the config.") });

const list = define({
  name: "process-settings.list",
  summary: { en: "the settings that EventFlow's console knows", ko: "EventFlow 콘솔에서 보던 설정" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: z.strictObject({ settings: z.array(setting) }),
  run: (_params, _call, port) => ({ settings: oldSettings(port.plan(), port.folders) }),
});

const set = define({
  name: "process-settings.set",
  summary: { en: "change a setting in the config", ko: "설정에서 값을 바꿈" },
  role: "admin",
  effect: "change",
  key: "name",
  params: z.strictObject({ name: z.string().min(1).meta({ description: "As `process-settings list` names it, or its key in the config: `kill wait time`, `kill_wait`.", ko: "`process-settings list`에 나오는 이름이나 설정 키: `kill wait time`, `kill_wait`." }), value: z.string().max(4096).meta({ description: "Its new value.", ko: "새 값." }) }),
  result: setting,
  examples: [{ line: "dure process-settings set 'kill wait time' --value 20", text: { en: "seconds between asking a process to end and killing it", ko: "종료 요청 뒤 강제 종료까지 기다리는 초" } }],
  async run({ name, value }, { caller, changed }, port) {
    const all = oldSettings(port.plan(), port.folders);
    // Who knows the config writes its key: `kill_wait`.
    const found = all.find((each) => each.name === name) ?? all.find(({ configKey }) => configKey === name || configKey === `process_settings.${name}`);
    const near = closest(name, all.flatMap((each) => [each.name, each.configKey.replace("process_settings.", "")]));
    if (found === undefined) throw new CommandFailure("NOT_FOUND", { message: `there is no setting \`${name}\``, hint: near === undefined ? "`dure process-settings list` shows them." : `Did you mean \`${near}\`?`, ko: { message: `\`${name}\` 설정이 없습니다`, hint: near === undefined ? "`dure process-settings list`로 확인하세요." : `혹시 \`${near}\` 인가요?` } });
    if (!found.isChangeable) throw new CommandFailure("CONFLICT", { message: `\`${name}\` cannot be changed while the agent runs`, hint: `It stands in the config as \`${found.configKey}\`.`, ko: { message: `\`${name}\` 설정은 실행 중에 바꿀 수 없습니다`, hint: `설정 파일의 \`${found.configKey}\` 항목입니다.` } });
    changed({ subject: found.name, before: { value: found.value } });
    await port.edit([readOldSetting(found.name, value)], caller.name, `process-settings.set ${found.name}`);
    changed({ after: { value } });
    return oldSettings(port.plan(), port.folders).find((each) => each.name === found.name) ?? found;
  },
});

export const settingsCommands = [list, set] as const satisfies readonly CommandDefinition<ProcessesPort>[];
