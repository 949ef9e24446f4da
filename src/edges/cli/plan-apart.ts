// Checks a config in a process of its own. Reading YAML and checking options takes some 35 MB, which an agent that runs for
// months should not carry: they end with that process. A command that is over in a moment checks in its own (`planOf`).
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { text } from "node:stream/consumers";
import { lang } from "#base/lang.ts";
import type { Lang } from "#base/lang.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { Call, Globals } from "./command.ts";
import { configFileOf } from "./config-path.ts";
import type { ExitCode } from "./exit-codes.ts";
import { CliFailure } from "./failure.ts";
import type { Explained } from "./failure.ts";

export interface PlanRequest {
  readonly globals: Globals;
  readonly argument: string;
  readonly lang: Lang;
  /** Problems come back with their places instead of being shown. */
  readonly isForLog?: boolean;
}

/** `filesRead`: as of a plan. */
export type PlanOrProblems = { readonly plan: AgentPlan } | { readonly problems: readonly string[]; readonly filesRead: readonly string[] };

/** The plan of a config that may run, as `planOf` gives it. */
export async function planApart(call: Pick<Call, "globals" | "terminal">, argument: string | undefined): Promise<AgentPlan> {
  const { code, answer } = await ask(call, configFileOf(call, argument), false);
  if (code === 0) return JSON.parse(answer) as AgentPlan;
  const { message, hint, place } = (answer === "" ? { message: "the config could not be checked" } : JSON.parse(answer)) as Explained;
  throw new CliFailure((code ?? 1) as ExitCode, { en: message, ko: message }, hint === undefined ? undefined : { en: hint, ko: hint }, place);
}

/** The same for whoever has no screen: problems are `dure.yml:14:7 …`, the first of them. */
export async function planOrProblems(call: Pick<Call, "globals" | "terminal">, configFile: string): Promise<PlanOrProblems> {
  const { code, answer } = await ask(call, configFile, true);
  if (code === 0) return JSON.parse(answer) as PlanOrProblems;
  throw new Error(answer === "" ? "the config could not be checked" : (JSON.parse(answer) as { message: string }).message);
}

async function ask(call: Pick<Call, "globals" | "terminal">, argument: string, isForLog: boolean): Promise<{ code: number | null; answer: string }> {
  const request: PlanRequest = { globals: { ...call.globals, config: [], color: call.terminal.hasColor ? "always" : "never" }, argument, lang: lang(), isForLog };
  const child = spawn(process.execPath, [fileURLToPath(new URL("./plan-process.ts", import.meta.url)), JSON.stringify(request)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_OPTIONS: "" }, // A debugger is meant for the agent.
  });
  const [answer, [code]] = await Promise.all([text(child.stdout), once(child, "exit") as Promise<[number | null]>]);
  return { code, answer };
}
