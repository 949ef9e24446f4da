// Flows with real children, as tests of this folder start them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "#base/clock.ts";
import type { FlowPlan, ProcessesPlan, ProcessPlan } from "#kernel/config/process-plan.ts";
import type { FlowAlert, Flows, FlowsParts } from "./flows.ts";
import type { InstanceIo } from "./instance-io.ts";
import { openFlows } from "./open-flows.ts";

const PLACE = { file: "dure.yml", line: 1, column: 1 };

export type ProcessTexts = { readonly [Key in keyof ProcessPlan]?: ProcessPlan[Key] extends readonly unknown[] ? ProcessPlan[Key] : ProcessPlan[Key] extends object ? Partial<ProcessPlan[Key]> : ProcessPlan[Key] };

export function processPlan(name: string, given: ProcessTexts = {}): ProcessPlan {
  return {
    type: "process",
    command: given.command ?? ["true"],
    written: "true",
    env: (given.env ?? {}) as ProcessPlan["env"],
    shownEnv: {},
    ...(given.user === undefined ? {} : { user: given.user }),
    ...(given.cwd === undefined ? {} : { cwd: given.cwd }),
    limits: { ...given.limits },
    start: given.start ?? "auto",
    instances: given.instances ?? 1,
    dependsOn: given.dependsOn ?? [],
    name,
    restart: { when: "always", firstMs: 1000, mostMs: 30_000, attemptsMax: null, steadyMs: 10_000, ...given.restart },
    stop: { signal: "SIGTERM", waitMs: 10_000, ...given.stop },
    ...(given.health === undefined ? {} : { health: given.health as NonNullable<ProcessPlan["health"]> }),
    encoding: given.encoding ?? "auto",
    lineBytesMax: given.lineBytesMax ?? 1 << 20,
    ack: { type: "none", timeoutMs: 0, onFailure: "retry", attemptsMax: null, ...given.ack },
    queue: { eventsMax: 100_000, bytesMax: 64 << 20, ...given.queue },
    output: { linesKept: 1000, fileBytesMax: 10 << 20, filesMax: 5, ...given.output },
    place: PLACE as ProcessPlan["place"],
  };
}

export function flowPlan(type: FlowPlan["type"], from: string | string[], to: string | string[], isViewed = true): FlowPlan {
  return { type, from: [from].flat(), to: [to].flat(), isViewed, index: 0, place: PLACE as FlowPlan["place"] };
}

export function plan(processes: Readonly<Record<string, ProcessTexts>>, flows: readonly FlowPlan[] = [], settings: Partial<ProcessesPlan["settings"]> = {}, readers: ProcessesPlan["readers"] = []): ProcessesPlan {
  return {
    processes: Object.entries(processes).map(([name, given]) => processPlan(name, given)),
    flows,
    readers,
    groups: [],
    schedules: [],
    settings: {
      workDir: tmpdir(),
      eventsKept: 1000,
      eventsSaved: 1000,
      areSchedulesRun: false,
      oldApi: { isOn: false, host: "127.0.0.1", port: 0 },
      resourceSamples: 10,
      resultSamples: 10,
      resultDir: tmpdir(),
      resultEncoding: "utf-8",
      announcer: { isOn: false, host: "127.0.0.1", port: 0, resultPath: "", resourcePath: "", alertPath: "" },
      recovery: { timeoutMs: 1000, keepMs: 1000 },
      defaults: { queueEventsMax: 100_000, stopWaitMs: 10_000, isFailedSkipped: false },
      ...settings,
    },
  };
}

export interface Stage extends AsyncDisposable {
  readonly flows: Flows;
  readonly dir: string;
  readonly alerts: FlowAlert[];
  readonly facts: { readonly name: string; readonly data: Readonly<Record<string, unknown>> }[];
  readonly warnings: string[];
  /** Starts an instance; `restarts`: again, as often as it ends. */
  start(process: string, command: readonly string[], how?: { readonly instance?: number; readonly isRestarted?: boolean; readonly onLine?: (line: string) => void }): Promise<Started>;
}

export interface Started {
  readonly io: InstanceIo;
  readonly child: ChildProcess;
  /** It has ended, and the flows have settled what it had. */
  readonly settled: Promise<void>;
}

/** Of who holds the pipes of flows in a folder. */
export function holderPrefix(dir: string): string {
  return `${dir}/holder/`;
}

/** Opens flows in a folder of their own, or in `dir`. */
export async function stage(given: ProcessesPlan, options: { readonly dir?: string } & Partial<FlowsParts> = {}): Promise<Stage> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), "dure-flows-"));
  const alerts: FlowAlert[] = [];
  const facts: Stage["facts"] = [];
  const warnings: string[] = [];
  const say = (message: string, fields?: Record<string, unknown>): void => void warnings.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const log = { debug() {}, info() {}, warn: say, error: say };
  const flows = await openFlows({ plan: given, dir, holderMark: `${holderPrefix(dir)}${process.pid}`, clock: systemClock, log, onAlert: (alert) => alerts.push(alert), onFact: (name, data) => facts.push({ name, data }), ...options });
  const running = new Set<ChildProcess>();
  let isOver = false;
  const start: Stage["start"] = async (process, command, how = {}) => {
    const { instance = 1, isRestarted = false, onLine } = how;
    const stdio = await flows.prepare({ process, instance, onSilent: () => void child.kill("SIGKILL"), ...(onLine === undefined ? {} : { onLine }) });
    const child: ChildProcess = spawn(command[0] as string, command.slice(1), { stdio: [...stdio.stdio] });
    running.add(child);
    const io = stdio.attach(child);
    const settled = new Promise<void>((resolve) => {
      child.once("error", () => {});
      child.once("exit", (code, signal) => {
        running.delete(child);
        void io.died({ code, signal }).then(async () => {
          resolve();
          if (isRestarted && !isOver) await start(process, command, how);
        });
      });
    });
    return { io, child, settled };
  };
  return {
    flows,
    dir,
    alerts,
    facts,
    warnings,
    start,
    async [Symbol.asyncDispose]() {
      isOver = true;
      const ends = [...running].map((child) => new Promise((resolve) => child.once("exit", resolve)));
      for (const child of running) child.kill("SIGKILL");
      await Promise.all(ends);
      await flows.close();
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
}

const WAIT_MS = 60_000;

export async function until(what: string, isSo: () => boolean): Promise<void> {
  const stop = Date.now() + WAIT_MS;
  while (!isSo()) {
    if (stop < Date.now()) assert.fail(`waited for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A shell program. */
export function sh(script: string): readonly string[] {
  return ["/bin/sh", "-c", script];
}

export function stdoutOf(flows: Flows, process: string): string[] {
  return flows.lines(process, 100_000).filter(({ stream }) => stream === "stdout").map(({ text }) => text);
}
