// Why a pipeline cannot do what it was asked for: there is none of that name, or its state is not the one for it.
import { closest } from "#base/similar.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { PipelineState } from "./pipelines.ts";

/** Of hundreds, nobody reads all. */
const NAMED_MAX = 20;

export function noPipeline(name: string, names: readonly string[]): CommandFailure {
  const near = closest(name, names);
  const named = names.length <= NAMED_MAX ? names.join(", ") : `${names.slice(0, NAMED_MAX).join(", ")}, …`;
  return new CommandFailure("NOT_FOUND", {
    message: `there is no pipeline \`${name}\``,
    hint: near === undefined ? `There are ${named}.` : `Did you mean \`${near}\`?`,
    ko: { message: `\`${name}\` 파이프라인이 없습니다`, hint: near === undefined ? `있는 것: ${named}` : `혹시 \`${near}\` 인가요?` },
  });
}

export function notRunning(name: string, state: PipelineState): CommandFailure {
  const isPaused = state === "paused";
  return new CommandFailure("CONFLICT", {
    message: `${name} does not run (${state})`,
    ...(isPaused ? { hint: `Resume it first: \`dure pipelines resume ${name}\`.` } : {}),
    ko: { message: `${name} 파이프라인이 실행 중이 아닙니다 (${state})`, ...(isPaused ? { hint: `먼저 다시 시작하세요: \`dure pipelines resume ${name}\`` } : {}) },
  });
}
