// What one can ask of the agent as a whole, and tell it.
import { z } from "zod";
import type { Text } from "#base/lang.ts";
import { bundleName } from "#kernel/bundle-name.ts";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { textSchema } from "#kernel/commands/text-schema.ts";
import type { PlanDifference, Reloaded } from "#kernel/config/plan-difference.ts";
import { planDifferenceSchema } from "#kernel/config/plan-difference-schema.ts";
import type { LoopDelay } from "./loop-delay.ts";

export interface AgentFacts {
  readonly version: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly configFile: string;
  readonly dataDir: string;
  readonly threads: number;
  readonly pipelines: number;
  /** Of the whole process. */
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly cpuSeconds: number;
  readonly store: "sqlite" | "mysql";
  /** `http://127.0.0.1:8600/`; without it, the agent listens nowhere. */
  readonly address?: string | undefined;
}

/** What is only known to who asks. */
export interface AskedFacts extends AgentFacts {
  /** How late the main thread is. */
  readonly loopDelay: LoopDelay;
  /** Of the config that runs, once it is kept. */
  readonly revision?: number | undefined;
}

export interface AgentPort {
  facts(): Promise<AskedFacts>;
  /** `who`: as it stands in the history of the config. */
  reload(who: string): Promise<Reloaded>;
  plan(): Promise<PlanDifference>;
  /** Looks in a process apart, so that a slow look costs the agent nothing. With a bundle, a zip. */
  examine(withBundle: boolean): Promise<{ readonly findings: readonly Finding[]; readonly bundle?: Buffer }>;
}

/** As the doctor finds it. */
interface Finding {
  readonly id: string;
  readonly outcome: "ok" | "hint" | "problem" | "skipped";
  readonly text: Text;
  readonly fix?: Text;
}

const define = defineCommand<AgentPort>();

const show = define({
  name: "agent.show",
  summary: { en: "what this agent is, and what it takes", ko: "에이전트의 정보와 사용량" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: z.strictObject({
    version: z.string(),
    pid: z.number(),
    startedAtMs: z.number(),
    configFile: z.string(),
    dataDir: z.string(),
    threads: z.number(),
    pipelines: z.number(),
    residentBytes: z.number(),
    heapBytes: z.number(),
    cpuSeconds: z.number(),
    store: z.enum(["sqlite", "mysql"]),
    address: z.string().optional(),
    revision: z.number().optional().describe("Of the config that runs."),
    loopDelay: z.strictObject({ medianMs: z.number(), p99Ms: z.number() }).describe("How late the main thread is; the data path has its own."),
  }),
  run: (_params, _call, port) => port.facts(),
});

const reload = define({
  name: "agent.reload",
  summary: { en: "go over to the config as it is now", ko: "지금의 설정으로 바꿈" },
  role: "admin",
  effect: "change",
  params: z.strictObject({}),
  result: planDifferenceSchema.extend({ problem: z.string().optional().describe("Nothing was changed, and why.") }),
  async run(_params, { changed, caller }, port) {
    const reloaded = await port.reload(caller.name);
    changed({ after: { changed: reloaded.changed, added: reloaded.added, removed: reloaded.removed, ...(reloaded.problem === undefined ? {} : { problem: reloaded.problem }) } });
    return reloaded;
  },
});

const plan = define({
  name: "agent.plan",
  summary: { en: "what a reload would change", ko: "다시 읽으면 바뀔 것" },
  role: "operator",
  effect: "read",
  params: z.strictObject({}),
  result: planDifferenceSchema,
  run: (_params, _call, port) => port.plan(),
});

const doctor = define({
  name: "agent.doctor",
  summary: { en: "what is not well here, and what to do", ko: "문제와 해결 방법" },
  role: "operator",
  effect: "read",
  params: z.strictObject({}),
  result: z.strictObject({
    isGood: z.boolean(),
    findings: z.array(z.strictObject({ id: z.string(), outcome: z.enum(["ok", "hint", "problem", "skipped"]), text: textSchema, fix: textSchema.optional() })),
  }),
  async run(_params, _call, port) {
    const { findings } = await port.examine(false);
    return { isGood: !findings.some(({ outcome }) => outcome === "problem"), findings };
  },
});

const bundle = define({
  name: "agent.bundle",
  summary: { en: "a zip for a bug report, without secrets", ko: "오류 보고용 zip (비밀 값 제외)" },
  role: "admin",
  effect: "read",
  isAudited: true,
  params: z.strictObject({}),
  result: z.strictObject({ name: z.string(), base64: z.string() }),
  async run(_params, _call, port) {
    const { bundle } = await port.examine(true);
    return { name: bundleName(Date.now()), base64: (bundle ?? Buffer.alloc(0)).toString("base64") };
  },
});

export const agentCommands = [show, reload, plan, doctor, bundle] as const satisfies readonly CommandDefinition<AgentPort>[];
