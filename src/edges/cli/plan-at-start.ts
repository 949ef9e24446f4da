// What an agent is started with: its config, checked in a process apart. A command that is over in a moment checks in its own (`planOf`).
import { lang } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import type { PlanAnswer, PlanQuestion } from "#capabilities/config/config-questions.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { Problem } from "#kernel/config/problem.ts";
import type { Call } from "./command.ts";
import { configFileOf } from "./config-path.ts";
import { exitCode } from "./exit-codes.ts";
import { CliFailure } from "./failure.ts";

export const NOT_STARTED: Text = { en: "nothing was started: the config has errors", ko: "설정에 오류가 있어 아무것도 시작하지 않았습니다" };

export interface PlanAtStart {
  readonly plan: AgentPlan;
  /** Of the text that it was made of. */
  readonly hash: string | undefined;
  /** That text, as base64. */
  readonly bytes: string | undefined;
}

/** Warnings are shown; errors end the command. */
export async function planAtStart(ask: (question: PlanQuestion) => Promise<PlanAnswer>, call: Pick<Call, "globals" | "terminal">, argument: string | undefined): Promise<PlanAtStart> {
  const { globals, terminal } = call;
  const look = { color: terminal.hasColor, lang: lang(), ascii: !terminal.hasUnicode };
  const { plan, problems, shown, hash, bytes } = await ask({ type: "plan", file: configFileOf(call, argument), look });
  if (shown !== undefined && !globals.isJson && (plan === undefined || globals.verbosity >= 0)) terminal.talk(shown);
  if (plan !== undefined) return { plan, hash, bytes };
  throw await notStarted(problems);
}

/** What it takes to explain a faulty config is loaded only then: a running agent shall not carry it. */
async function notStarted(problems: readonly Problem[]): Promise<CliFailure> {
  const { exitCodeOf, isError } = await import("#kernel/config/problem.ts");
  const { placeOf } = await import("./json-answer.ts");
  const first = problems.find(isError);
  const code = exitCodeOf(problems) === exitCode.unreachable ? exitCode.unreachable : exitCode.configInvalid;
  return new CliFailure(code, NOT_STARTED, undefined, first === undefined ? undefined : placeOf(first));
}
