// A running agent as its own user asks it: over the control socket.
import type { JsonValue } from "#base/json.ts";
import type { Look } from "#capabilities/pipelines/look.ts";
import { callControl, controlAddress } from "#kernel/control-socket.ts";
import type { PipelineStatus } from "#kernel/status-file.ts";
import { until } from "../cli/run-dure.ts";
import type { Folder } from "../cli/run-dure.ts";

export interface AskMore {
  readonly onEvent?: (event: JsonValue) => void;
  readonly signal?: AbortSignal;
}

/** Asks the agent of the folder's config. */
export async function ask<Answer = JsonValue>(here: Folder, method: string, params: Readonly<Record<string, JsonValue>> = {}, more: AskMore = {}): Promise<Answer> {
  return (await callControl(controlAddress(here.file(".dure/dure.pid")), method, params, more)) as Answer;
}

export async function statusIn(here: Folder, name: string): Promise<PipelineStatus | undefined> {
  return (await ask<Look>(here, "pipelines.list")).pipelines.find((pipeline) => pipeline.name === name);
}

/** Resolves when the agent answers and the pipeline is in this state. */
export async function untilState(here: Folder, name: string, state: string): Promise<void> {
  await until(async () => (await statusIn(here, name).catch(() => undefined))?.state === state, `${name} is ${state}`);
}
