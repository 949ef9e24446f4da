// Runs one test of a config: its pipeline in this thread, with a clock that stands still and stand-ins at both ends.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { say } from "#base/lang.ts";
import { StillClock } from "#base/still-clock.ts";
import type { AgentPlan, StepPlan } from "#kernel/config/plan.ts";
import type { TestPlan } from "#kernel/config/tests.ts";
import type { Registry } from "#kernel/registry.ts";
import type { Log } from "#sdk/plugin.ts";
import type { AgentPort } from "../agent-port.ts";
import { differences } from "./compare.ts";
import { TEST_INPUT, TEST_OUTPUT, setStage } from "./stand-ins.ts";
import type { Arrived } from "./stand-ins.ts";
import type { Snapshots } from "./snapshots.ts";

export interface TestResult {
  readonly test: TestPlan;
  /** Empty: it passed. */
  readonly wrong: readonly string[];
  readonly ms: number;
}

export interface TestBench {
  readonly plan: AgentPlan;
  readonly registry: Registry;
  readonly agent: Pick<AgentPort, "start">;
  readonly snapshots: Snapshots;
}

/** It stands where no step of the pipeline does. */
const INPUT: StepPlan = { type: "plugin", id: "0", plugin: TEST_INPUT, options: {}, place: { file: "", line: 1, column: 1 } };
const STAND_INS = fileURLToPath(new URL("./stand-ins.ts", import.meta.url));

export async function runTest(test: TestPlan, { snapshots, ...bench }: TestBench): Promise<TestResult> {
  const startedAt = performance.now();
  const { arrived, failures } = await stageTest(test, bench);
  return { test, wrong: failures.length > 0 ? failures : compared(test, arrived, snapshots), ms: performance.now() - startedAt };
}

/** What comes out of which output, and what the pipeline says is wrong. */
export async function stageTest(test: TestPlan, { plan, registry, agent }: Omit<TestBench, "snapshots">): Promise<{ readonly arrived: readonly Arrived[]; readonly failures: readonly string[] }> {
  const pipeline = plan.pipelines.find(({ name }) => name === test.pipeline);
  const dataDir = mkdtempSync(join(tmpdir(), "dure-config-test-"));
  const clock = new StillClock(Date.parse(test.at));
  const arrived: Arrived[] = [];
  const failures: string[] = [];
  const never = new AbortController().signal;
  setStage({ test, clock, arrived });
  try {
    const whole = pipeline?.steps ?? [];
    const chain = test.from === undefined ? whole : chainFrom(whole, test.from);
    if (chain === undefined) return { arrived, failures: [say({ en: `there is no step ${test.from ?? ""} in ${test.pipeline}`, ko: `${test.pipeline} 파이프라인에 ${test.from ?? ""}단계가 없습니다` })] };
    const steps = test.from === undefined ? await withStandIns(chain, registry) : [INPUT, ...(await withStandIns(chain, registry, false))];
    const { positionsDir: _, ...rest } = pipeline ?? { name: test.pipeline, steps: [], retry: { firstMs: 1, mostMs: 1, attemptsMax: 1 }, place: test.place };
    const staged: AgentPlan = { ...plan, dataDir, threads: 1, pipelines: [{ ...rest, steps }], pluginFiles: [...plan.pluginFiles, STAND_INS] };
    const running = await agent.start(staged, { signal: never, abortSignal: never, log: failureLog(failures), mode: "test", isInline: true, clock });
    const { pipelines } = await running.ended;
    for (const { error } of pipelines) if (error !== undefined) failures.push(error);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
  return { arrived, failures };
}

/** The step and those behind it, in its branch where it stands in one. */
function chainFrom(steps: readonly StepPlan[], id: string): readonly StepPlan[] | undefined {
  for (const [index, step] of steps.entries()) {
    if (step.id === id) return steps.slice(index);
    const inside = step.type === "route" ? step.branches.map((branch) => chainFrom(branch.steps, id)).find((chain) => chain !== undefined) : undefined;
    if (inside !== undefined) return inside;
  }
  return undefined;
}

function compared(test: TestPlan, arrived: readonly Arrived[], snapshots: Snapshots): string[] {
  const options = { isExact: test.exact };
  const record = say({ en: "record ", ko: "레코드 " });
  const wrong = test.expect === undefined ? [] : differences(test.expect, arrived, { ...options, where: record });
  for (const [output, expected] of Object.entries(test.outputs ?? {})) {
    const there = arrived.filter(({ id, name }) => id === output || name.toLowerCase() === output.toLowerCase());
    wrong.push(...differences(expected, there, { ...options, where: `${output}, ${record}` }));
  }
  if (test.snapshot) wrong.push(...snapshots.compare(test, arrived));
  return wrong;
}

/** The input and every output give way; what is between them stays as it is. */
async function withStandIns(steps: readonly StepPlan[], registry: Registry, isFirst = true): Promise<StepPlan[]> {
  const staged: StepPlan[] = [];
  for (const [index, step] of steps.entries()) {
    const { id, place } = step;
    if (isFirst && index === 0) staged.push({ type: "plugin", id, plugin: TEST_INPUT, options: {}, place });
    else if (step.type === "sleep") continue;
    else if (step.type === "route") {
      const branches = [];
      for (const branch of step.branches) branches.push({ ...branch, steps: await withStandIns(branch.steps, registry, false) });
      staged.push({ ...step, branches });
    } else if (step.type === "failover" || (await isOutput(step.plugin, registry))) {
      staged.push({ type: "plugin", id, plugin: TEST_OUTPUT, options: { id, name: step.type === "failover" ? "failover" : step.plugin }, place });
    } else staged.push(step);
  }
  return staged;
}

async function isOutput(name: string, registry: Registry): Promise<boolean> {
  const plugin = await registry.get(name);
  return plugin?.kind === "out" && !("isTransform" in plugin);
}

/** What a pipeline says as an error is what is wrong; the rest is for other days. */
function failureLog(failures: string[]): Log {
  return {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (message, fields = {}) => void failures.push(`${message}${fields["error"] === undefined ? "" : `: ${String(fields["error"])}`}`),
  };
}
