// Finds the config a command is about, checks it, and shows what is wrong with it.
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { lang, say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import { checkConfig } from "#kernel/config/check.ts";
import type { Checked } from "#kernel/config/check.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import { exitCodeOf, isError } from "#kernel/config/problem.ts";
import { renderProblems } from "#kernel/config/render.ts";
import { createRegistry } from "#kernel/registry.ts";
import type { Registry } from "#kernel/registry.ts";
import { builtInPlugins, builtInProcessTypes } from "#plugins/all.ts";
import type { Call } from "./command.ts";
import { configFileOf, fileIn } from "./config-path.ts";
import { exitCode } from "./exit-codes.ts";
import { CliFailure } from "./failure.ts";
import { placeOf } from "./json-answer.ts";
import { refuseOtherConfig } from "./other-config.ts";
import { NOT_STARTED } from "./plan-at-start.ts";

const DRAIN_MS = 30_000;

export function openRegistry(): Registry {
  return createRegistry(builtInPlugins, builtInProcessTypes);
}

/** The built-in plugins and those of the user's own that lie beside the config (`-c`, or the usual one), or in `plugins/` here. */
export async function pluginRegistry({ globals }: Pick<Call, "globals">): Promise<Registry> {
  const registry = openRegistry();
  await registry.addFolder(join(dirname(resolve(fileIn(globals.config[0] ?? "dure.yml"))), "plugins"));
  return registry;
}

/** Of commands that start nothing anyway. */
export const NOT_LOOKED: Text = { en: "nothing was done: the config has errors; an agent that runs goes on with what it has", ko: "설정에 오류가 있어 아무것도 하지 않았습니다. 실행 중인 에이전트는 그대로입니다" };

/** The plan of a config that may run. Warnings are shown, errors end the command with these words; what this machine lacks shows by running. */
export async function planOf(call: Pick<Call, "globals" | "terminal">, argument: string | undefined, words = NOT_STARTED): Promise<AgentPlan> {
  const checked = await checkConfig({ file: configFileOf(call, argument), registry: openRegistry() });
  if (checked.plan === undefined || call.globals.verbosity >= 0) showProblems(call, checked);
  if (checked.plan !== undefined) return checked.plan;
  throw configFailure(checked, words);
}

/** A command that a faulty config keeps from its work. */
export function configFailure({ problems }: Pick<Checked, "problems">, text: Text): CliFailure {
  const first = problems.find(isError);
  const code = exitCodeOf(problems) === exitCode.unreachable ? exitCode.unreachable : exitCode.configInvalid;
  return new CliFailure(code, text, undefined, first === undefined ? undefined : placeOf(first));
}

/** To people: programs are told by the answer. */
export function showProblems({ globals, terminal }: Pick<Call, "globals" | "terminal">, { problems, sources }: Pick<Checked, "problems" | "sources">): void {
  if (problems.length > 0 && !globals.isJson) terminal.talk(renderProblems(problems, sources, { color: terminal.hasColor, lang: lang(), ascii: !terminal.hasUnicode }).trimEnd());
}

/**
 * Where the agent of a config leaves its process id. A config may have been broken since its agent was started, which must not
 * keep anybody from stopping it: then it is looked for where it is by default.
 */
export async function pidFileOf(call: Pick<Call, "globals" | "options">, argument: string | undefined): Promise<{ readonly pidFile: string; readonly drainMs: number }> {
  const given = call.options["pidFile"];
  if (typeof given === "string") return { pidFile: resolve(given), drainMs: DRAIN_MS };
  const file = configFileOf(call, argument);
  const { plan, problems } = await checkConfig({ file, registry: openRegistry() });
  const pidFile = plan?.pidFile ?? join(dirname(resolve(file)), ".dure", "dure.pid");
  if (plan !== undefined || existsSync(pidFile)) {
    refuseOtherConfig(pidFile, file, exitCode.notRunning);
    return { pidFile, drainMs: plan?.drainMs ?? DRAIN_MS };
  }
  throw new CliFailure(
    exitCode.cannotTell,
    { en: `cannot tell: ${file} has errors (${say(problems[0]?.text ?? { en: "", ko: "" })})`, ko: `알 수 없습니다: ${file}에 오류가 있습니다 (${say(problems[0]?.text ?? { en: "", ko: "" })})` },
    { en: "see `dure validate`, or name the file with --pid-file", ko: "`dure validate`로 확인하거나 --pid-file로 파일을 지정하세요" },
  );
}
