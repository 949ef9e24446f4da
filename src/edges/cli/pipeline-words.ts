// The words behind commands that look at some pipelines: `dure logs web`, `dure ls web orders.yml`. A word is a pipeline's name, or a config
// when it can be nothing else.
import { statSync } from "node:fs";
import { closest } from "#base/similar.ts";
import type { Call } from "./command.ts";
import { isConfigWord } from "./config-path.ts";
import type { CliFailure } from "./failure.ts";
import { wrongUse } from "./failure.ts";

export interface PipelineWords {
  /** The call as if its config had been named with `-c`. */
  readonly call: Call;
  /** Empty: all. */
  readonly names: readonly string[];
}

export function pipelineWords(call: Call): PipelineWords {
  const { args, globals } = call;
  return {
    call: { ...call, args: [], globals: { ...globals, config: [...globals.config, ...args.filter(isConfig)] } },
    names: args.filter((word) => !isConfig(word)).map((word) => word.normalize()),
  };
}

/** A config may have any name; a folder of a pipeline's name is not unusual. */
function isConfig(word: string): boolean {
  return isConfigWord(word) || statSync(word, { throwIfNoEntry: false })?.isFile() === true;
}

export function noSuchPipeline(wanted: string, names: readonly string[]): CliFailure {
  const near = closest(wanted, names);
  return wrongUse(
    { en: `there is no pipeline \`${wanted}\``, ko: `\`${wanted}\` 파이프라인이 없습니다` },
    near === undefined ? { en: `there are: ${names.join(", ")}`, ko: `있는 것: ${names.join(", ")}` } : { en: `did you mean \`${near}\`?`, ko: `혹시 \`${near}\` 인가요?` },
  );
}
