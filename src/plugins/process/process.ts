// A program that is started as its command says.
import { UsageError } from "#base/errors.ts";
import { defineProcessType } from "#sdk/process-type.ts";
import { z } from "#sdk/plugin.ts";

export const processType = defineProcessType({
  name: "process",
  summary: { en: "A program with its arguments, or a text for the shell.", ko: "프로그램과 인수, 또는 셸에 넘길 명령문." },
  options: z.strictObject({}),
  prepare(_options, { process, command }) {
    if (command.length === 0) throw new UsageError(`the process ${process} has no command`, { hint: "Write one into `command:`.", ko: { message: `${process} 프로세스에 명령이 없습니다`, hint: "`command:`에 쓰세요." } });
    return { command };
  },
});
