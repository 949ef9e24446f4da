// All processes of an agent: goes over from plan to plan, starts and ends them in their order, answers who asks. Runs in the thread of the processes.
import { join } from "node:path";
import { Bell } from "#base/bell.ts";
import type { ChildRecords } from "#base/child/child-records.ts";
import type { Clock } from "#base/clock.ts";
import type { ProcessPlan, ProcessesPlan } from "#kernel/config/process-plan.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { endOrder } from "#kernel/supervisor/dependencies.ts";
import type { ProcessTypes } from "#kernel/process-types.ts";
import type { Log } from "#sdk/plugin.ts";
import type { Flows } from "./flows/flows.ts";
import { joinsOf } from "./flows/instance-pipes.ts";
import type { Join } from "./flows/instance-pipes.ts";
import { instanceStarter } from "./instances.ts";
import type { InstanceStarter } from "./instances.ts";
import { Process } from "./process.ts";
import type { ProcessParts } from "./process.ts";
import { ProcessFacts } from "./process-facts.ts";
import { noProcess, notFound } from "./process-failures.ts";
import type { ProcessDetail, ProcessEngine, ProcessNews, ProcessStatus, Recovery } from "./processes.ts";
import { statusOf, UsageBook } from "./process-status.ts";
import type { Recoveries } from "./recoveries.ts";
import type { Schedules } from "./schedules.ts";
import { workDirOf } from "./types/place-process.ts";
import { WantedFile } from "./wanted-file.ts";
import type { Wanted } from "./wanted-file.ts";

export interface EngineParts {
  readonly plan: ProcessesPlan;
  /** The agent's own environment, without what is the agent's alone. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Exists. */
  readonly dir: string;
  readonly configDir: string;
  /** What the mark of each of its children begins with. */
  readonly markPrefix: string;
  readonly records: ChildRecords;
  readonly clock: Clock;
  readonly log: Log;
  readonly news: ProcessNews;
  readonly flows: Flows;
  readonly types: ProcessTypes;
}

export class Engine implements ProcessEngine {
  readonly #parts: EngineParts;
  readonly #processes = new Map<string, Process>();
  readonly #wanted: WantedFile;
  readonly #changed = new Bell();
  readonly #usage: UsageBook;
  readonly #facts: ProcessFacts;
  readonly #starter: InstanceStarter;
  readonly #processParts: ProcessParts;
  #plan: ProcessesPlan;
  #schedules: Schedules | undefined;
  #recovering: Promise<Recoveries> | undefined;
  #isEnding = false;
  #applying: Promise<unknown> = Promise.resolve();
  #isApplying = false;
  /** No longer in the config, and about to end. */
  #leaving: readonly Process[] = [];

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#plan = parts.plan;
    this.#wanted = new WantedFile(join(parts.dir, "wanted.json"), parts.log);
    this.#usage = new UsageBook(parts.clock);
    this.#facts = new ProcessFacts(parts.news, parts.log);
    this.#starter = instanceStarter({ ...parts, programsDir: join(parts.dir, "programs"), settings: () => this.#plan.settings });
    this.#processParts = {
      clock: parts.clock,
      startInstance: this.#starter.start,
      probeOf: this.#starter.probeOf,
      progressOf: (name) => this.#processes.get(name)?.progress,
      changed: (signal) => this.#changed.rung(signal),
      onChange: (process, instance, before) => {
        this.#facts.changed(process, instance, before);
        this.#changed.ring();
      },
      onExit: (process, exit) => this.#facts.exited(process, exit),
    };
  }

  get settings(): ProcessesPlan["settings"] {
    return this.#plan.settings;
  }

  get flows(): Flows {
    return this.#parts.flows;
  }

  /** Resolves when there is a process of that name, or the signal aborts. */
  async whenKnown(name: string, signal: AbortSignal): Promise<void> {
    while (!this.#processes.has(name) && !signal.aborted) await this.#changed.rung(signal);
  }

  /** Starts all that is wanted. */
  async begin(): Promise<void> {
    for (const plan of this.#plan.processes) this.#add(plan);
    for (const process of this.#processes.values()) this.#startIfWanted(process);
    await this.#applySchedules();
  }

  /** One after the other; an end waits for the one that is under way, so that it starts nothing behind its back. */
  apply(plan: ProcessesPlan): Promise<string | undefined> {
    const applied = this.#applying.then(() => {
      if (this.#isEnding) return ENDING;
      this.#isApplying = true;
      return this.#goOver(plan).finally(() => (this.#isApplying = false));
    });
    this.#applying = applied.catch(() => {});
    return applied;
  }

  async #goOver(plan: ProcessesPlan): Promise<undefined> {
    const before = this.#plan;
    const rejoined = differingJoins(before, plan);
    this.#plan = plan;
    const gone = [...this.#processes.values()].filter(({ name }) => !plan.processes.some((each) => each.name === name));
    // First they are no longer known: one that is started again while it ends would run on with nobody to end it.
    for (const { name } of gone) this.#processes.delete(name);
    this.#leaving = gone;
    await this.#endTogether(gone);
    this.#leaving = [];
    this.#wanted.set(gone.map(({ name }) => [name, undefined]));
    await this.#parts.flows.apply(plan);
    await Promise.all(
      plan.processes.map(async (each) => {
        const process = this.#processes.get(each.name);
        if (process === undefined) this.#startIfWanted(this.#add(each));
        else await process.become(each, rejoined.has(each.name));
      }),
    );
    if (!this.#isEnding) await this.#applySchedules();
    this.#changed.ring();
  }

  async list(): Promise<readonly ProcessStatus[]> {
    const queues = new Map(this.#parts.flows.queues().map((queue) => [queue.process, queue]));
    const usage = await this.#usage.look([...this.#processes.values()]);
    const nextRuns = this.#nextRuns();
    return this.#plan.processes.flatMap(({ name }) => {
      const process = this.#processes.get(name);
      return process === undefined ? [] : statusOf(process, { plan: this.#plan, usage, queue: queues.get(name), nextRunMs: nextRuns.get(name) });
    });
  }

  async show(name: string): Promise<ProcessDetail> {
    const process = this.#of(name);
    const workDir = workDirOf(this.#plan.settings.workDir, name);
    return { exits: process.exits, probes: process.probes, workDir, cwd: process.plan.cwd ?? workDir, command: process.plan.command };
  }

  async start(names: readonly string[], by: string): Promise<void> {
    this.#mustGoOn();
    this.#want(names, "running", by);
  }

  async stop(names: readonly string[], by: string): Promise<void> {
    const processes = this.#want(names, "stopped", by);
    await this.#endTogether(processes);
    for (const { name } of processes) this.#facts.stopped(name, by);
  }

  async restart(names: readonly string[], by: string): Promise<void> {
    this.#mustGoOn();
    const processes = names.map((name) => this.#of(name));
    const stopped = processes.filter(({ wanted }) => wanted.wanted === "stopped");
    this.#remember(stopped, "running", by);
    for (const process of processes) process.restart();
  }

  async kill(name: string, by: string): Promise<void> {
    const processes = this.#want([name], "stopped", by);
    await Promise.all(processes.map((process) => process.stop({ signal: "SIGKILL", waitMs: 0 })));
    this.#facts.stopped(name, by);
  }

  async signal(name: string, signal: string, instance: number | undefined): Promise<number> {
    const { instances } = this.#of(name);
    if (instance !== undefined && instances.length < instance) throw new CommandFailure("NOT_FOUND", { message: `${name} has ${instances.length} instances`, ko: { message: `${name} 프로세스의 인스턴스는 ${instances.length}개입니다` } });
    const running = instances.filter((each, index) => each.pid !== undefined && (instance === undefined || index + 1 === instance));
    if (running.length === 0) throw this.#notRunning(name);
    return running.filter(({ child }) => child?.signal(signal) === true).length;
  }

  async scale(name: string, instances: number, by: string): Promise<void> {
    this.#mustGoOn();
    const process = this.#of(name);
    const { wanted, sinceMs } = process.wanted;
    const next: Wanted = { wanted, by, sinceMs, instances };
    this.#wanted.set([[name, next]]);
    await process.scale(next);
  }

  async send(name: string, message: string): Promise<void> {
    await this.#parts.flows.send(this.#of(name).name, message, NEVER);
  }

  async closeInput(name: string): Promise<void> {
    const children = this.#of(name).instances.flatMap(({ child }) => child ?? []);
    if (children.length === 0) throw this.#notRunning(name);
    for (const child of children) child.closeInput();
  }

  clearQueue(name: string): Promise<number> {
    return this.#parts.flows.clear(this.#of(name).name);
  }

  async movements(limit: number) {
    return this.#parts.flows.movements(limit);
  }

  async lines(name: string, limit: number) {
    return this.#parts.flows.lines(this.#of(name).name, limit);
  }

  async recover(name: string, message: string): Promise<Recovery> {
    this.#mustGoOn();
    const { plan } = this.#of(name);
    return (await this.#recoveries()).start(plan, message);
  }

  async recoveries(): Promise<readonly Recovery[]> {
    return (await this.#recoveries()).list();
  }

  saveQueues(names: readonly string[]): Promise<number> {
    return this.#parts.flows.saveQueues(names, this.#dumpDir);
  }

  loadQueues(names: readonly string[]): Promise<number> {
    return this.#parts.flows.loadQueues(names, this.#dumpDir);
  }

  async runSchedule(name: string, by: string): Promise<void> {
    if (this.#schedules === undefined) throw notFound({ en: "schedule", ko: "일정이" }, name, []);
    await this.#schedules.run(name, by);
  }

  async schedules() {
    return this.#schedules?.list() ?? [];
  }

  /** Ends all, those that others depend on last; each gets its own time. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await Promise.all([this.#schedules?.close(), this.#recovering?.then((recoveries) => recoveries.close()), this.#applying]);
    await this.#endTogether([...this.#processes.values()]);
  }

  /** Ends all at once, without asking. */
  async abort(): Promise<void> {
    this.#isEnding = true;
    await Promise.all([...this.#processes.values(), ...this.#leaving].map((process) => process.stop({ signal: "SIGKILL", waitMs: 0 })));
  }

  /** What an end waits for, for people: processes by their names and states, and what else is under way. */
  unended(): readonly string[] {
    const processes = [...this.#processes.values(), ...this.#leaving].filter(({ instances }) => instances.some(({ pid, state }) => pid !== undefined || !["stopped", "done", "failed"].includes(state)));
    return [...processes.map(({ name, state, instances }) => `${name}: ${state} (${instances.map(({ pid, state: each }) => `${each} ${pid ?? "-"}`).join(", ")})`), ...(this.#isApplying ? ["a change of the config"] : [])];
  }

  get #dumpDir(): string {
    return join(this.#parts.dir, "dumps");
  }

  /** Made when somebody first asks: few agents ever need it. */
  #recoveries(): Promise<Recoveries> {
    return (this.#recovering ??= (async () => {
      const [{ Recoveries: Made }, { openContract }, { encoded }] = await Promise.all([import("./recoveries.ts"), import("./flows/contract.ts"), import("./flows/line-text.ts")]);
      const { dir, clock, log, flows, news } = this.#parts;
      return new Made({
        file: join(dir, "recoveries.json"),
        clock,
        log,
        settings: () => this.#plan.settings.recovery,
        startApart: (plan) => this.#starter.startApart(plan),
        contractOf: ({ ack, encoding }) => openContract(ack.type, encoding),
        encode: (message, { encoding }) => encoded(message, encoding),
        result: (plan, line, signal) => flows.print(plan.name, Buffer.concat([line, NEWLINE]), signal),
        onEnd: ({ name, process, state }) => news.event({ name: "recovery.ended", data: { recovery: name, process, state } }),
      });
    })());
  }

  async #applySchedules(): Promise<void> {
    if (this.#schedules === undefined && this.#plan.schedules.length === 0) return;
    const { dir, clock, log, flows, news } = this.#parts;
    const { Schedules } = await import("./schedules.ts"); // Few agents have any.
    this.#schedules ??= new Schedules({
      file: join(dir, "schedules.json"),
      clock,
      log,
      actions: {
        send: (name, message, signal) => flows.send(this.#of(name).name, message, signal),
        start: (name, by) => this.start([name], by),
        stop: (name, by) => this.stop([name], by),
        restart: (name, by) => this.restart([name], by),
      },
      onRun: ({ problem, ...run }) => news.event(problem === undefined ? { name: "schedule.run", data: run } : { name: "schedule.failed", data: { ...run, problem } }),
    });
    this.#schedules.apply(this.#plan);
  }

  /** Of each process that has a schedule. */
  #nextRuns(): ReadonlyMap<string, number> {
    const next = new Map<string, number>();
    for (const { name, nextRunMs } of this.#schedules?.list() ?? []) {
      const process = this.#plan.schedules.find((each) => each.name === name)?.process;
      if (process !== undefined && nextRunMs !== null) next.set(process, Math.min(nextRunMs, next.get(process) ?? nextRunMs));
    }
    return next;
  }

  #add(plan: ProcessPlan): Process {
    const { clock } = this.#parts;
    const wanted: Wanted = this.#wanted.get(plan.name) ?? { wanted: plan.start === "auto" ? "running" : "stopped", sinceMs: clock.now() };
    const process = new Process(plan, wanted, this.#processParts);
    this.#processes.set(plan.name, process);
    return process;
  }

  #startIfWanted(process: Process): void {
    if (process.wanted.wanted === "running" && !this.#isEnding) process.want(process.wanted);
  }

  #want(names: readonly string[], wanted: "running" | "stopped", by: string): Process[] {
    const processes = names.map((name) => this.#of(name));
    this.#remember(processes, wanted, by);
    return processes;
  }

  #remember(processes: readonly Process[], wanted: "running" | "stopped", by: string): void {
    const sinceMs = this.#parts.clock.now();
    const next = processes.map((process): readonly [Process, Wanted] => [process, { ...process.wanted, wanted, by, sinceMs }]);
    this.#wanted.set(next.map(([{ name }, each]) => [name, each]));
    for (const [process, each] of next) process.want(each);
  }

  async #endTogether(processes: readonly Process[]): Promise<void> {
    const byName = new Map(processes.map((process) => [process.name, process]));
    const order = endOrder(processes.map(({ name, plan }) => ({ name, dependsOn: plan.dependsOn.map(({ process }) => process).filter((each) => byName.has(each)) })));
    for (const together of order) await Promise.all(processes.filter(({ name }) => together.includes(name)).map((process) => process.stop()));
  }

  /** What is started now nobody would end. */
  #mustGoOn(): void {
    if (this.#isEnding) throw new CommandFailure("CONFLICT", { message: ENDING, ko: { message: "에이전트를 종료하는 중입니다" } });
  }

  #of(name: string): Process {
    const process = this.#processes.get(name);
    if (process === undefined) throw noProcess(name, [...this.#processes.keys()]);
    return process;
  }

  #notRunning(name: string): CommandFailure {
    return new CommandFailure("CONFLICT", { message: `${name} does not run`, hint: `Start it: \`dure processes start ${name}\`.`, ko: { message: `${name} 프로세스가 실행 중이 아닙니다`, hint: `시작하세요: \`dure processes start ${name}\`` } });
  }
}

const ENDING = "the agent is ending";
const NEWLINE = Buffer.from("\n");
const NEVER = new AbortController().signal;

/** Those that are joined to another process than before by a pipe of the system's, or no longer: streams can only be given at a start. */
function differingJoins(before: ProcessesPlan, after: ProcessesPlan): ReadonlySet<string> {
  const [was, is] = [joinsOf(before), joinsOf(after)];
  const isIn = (joins: readonly Join[], { from, to }: Join): boolean => joins.some((each) => each.from === from && each.to === to);
  return new Set([...was.filter((join) => !isIn(is, join)), ...is.filter((join) => !isIn(was, join))].flatMap(({ from, to }) => [from, to]));
}
