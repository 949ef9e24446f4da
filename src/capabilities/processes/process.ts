// One process of the config: its instances, what is wanted of it, and what is remembered of how it went.
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "#base/clock.ts";
import type { ProcessPlan } from "#kernel/config/process-plan.ts";
import { unmet } from "#kernel/supervisor/dependencies.ts";
import type { Progress } from "#kernel/supervisor/dependencies.ts";
import { Supervised } from "#kernel/supervisor/supervised.ts";
import type { EndHow, ExitFacts, SupervisedState } from "#kernel/supervisor/supervised.ts";
import type { Probe } from "#kernel/supervisor/probing.ts";
import type { InstanceChild } from "./instances.ts";
import type { ExitRecord, ProbeRecord, ProcessState } from "./processes.ts";
import type { Wanted } from "./wanted-file.ts";

const EXITS_KEPT = 20;
const PROBES_KEPT = 50;

export interface ProcessParts {
  readonly clock: Clock;
  /** Starts an instance as the plan says. */
  startInstance(process: Process, instance: number): Promise<InstanceChild>;
  probeOf(process: Process, instance: number): Probe;
  progressOf(name: string): Progress | undefined;
  /** Resolves when some process has changed. */
  changed(signal: AbortSignal): Promise<void>;
  onChange(process: Process, instance: number, before: SupervisedState): void;
  onExit(process: Process, exit: ExitRecord): void;
}

export class Process {
  readonly exits: ExitRecord[] = [];
  readonly probes: ProbeRecord[] = [];
  readonly instances: Supervised<InstanceChild>[] = [];
  readonly #parts: ProcessParts;
  #plan: ProcessPlan;
  #wanted: Wanted;

  constructor(plan: ProcessPlan, wanted: Wanted, parts: ProcessParts) {
    this.#plan = plan;
    this.#wanted = wanted;
    this.#parts = parts;
    void this.#resize(this.instancesWanted); // Nothing is to be ended yet.
  }

  get plan(): ProcessPlan {
    return this.#plan;
  }
  get name(): string {
    return this.#plan.name;
  }
  get wanted(): Wanted {
    return this.#wanted;
  }
  get instancesWanted(): number {
    return this.#wanted.instances ?? this.#plan.instances;
  }

  get state(): ProcessState {
    return this.instances.map(({ state }) => state).reduce((worst, state) => (RANK[worst] <= RANK[state] ? worst : state), "running");
  }

  get progress(): Progress {
    const states = this.instances.map(({ state }) => state);
    return {
      isStarted: this.instances.every(({ pid, state }) => pid !== undefined || state === "done"),
      isHealthy: states.every((state) => state === "running"),
      isDone: states.every((state) => state === "done"),
    };
  }

  want(wanted: Wanted): void {
    this.#wanted = wanted;
    if (wanted.wanted === "running") {
      void this.#resize(this.instancesWanted);
      for (const instance of this.instances) instance.start();
    }
  }

  /** Resolves when all instances and all they started are gone. */
  async stop(how?: EndHow): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.stop(how)));
  }

  restart(): void {
    for (const instance of this.instances) instance.restart();
  }

  /** Those above are ended, those that are missing started. */
  async scale(wanted: Wanted): Promise<void> {
    this.#wanted = wanted;
    await this.#resize(this.instancesWanted);
    if (wanted.wanted === "running") for (const instance of this.instances) instance.start();
  }

  /** Goes over to another plan of the same name; it is started anew where that cannot be had otherwise. */
  async become(plan: ProcessPlan, mustRestart: boolean): Promise<void> {
    const isOther = mustRestart || !isDeepStrictEqual(startedWith(this.#plan), startedWith(plan));
    this.#plan = plan;
    await this.#resize(this.instancesWanted);
    if (this.#wanted.wanted !== "running") return;
    for (const instance of this.instances) {
      if (isOther && instance.state !== "stopped") instance.restart();
      else instance.start();
    }
  }

  async #resize(count: number): Promise<void> {
    while (this.instances.length < count) this.instances.push(this.#newInstance(this.instances.length + 1));
    await Promise.all(this.instances.splice(count).map((instance) => instance.stop()));
  }

  #newInstance(number: number): Supervised<InstanceChild> {
    let before: SupervisedState = "stopped";
    const { clock, startInstance, probeOf, progressOf, changed, onChange, onExit } = this.#parts;
    const instance: Supervised<InstanceChild> = new Supervised<InstanceChild>({
      clock,
      plan: () => ({ restart: this.#plan.restart, stop: this.#plan.stop, ...(this.#plan.health === undefined ? {} : { health: this.#plan.health }) }),
      mayStart: async (signal, waits) => {
        for (;;) {
          const reason = unmet(this.#plan.dependsOn, progressOf);
          if (reason === undefined || signal.aborted) return;
          waits(reason);
          await changed(signal);
        }
      },
      start: () => startInstance(this, number),
      probe: probeOf(this, number),
      onChange: () => {
        const was = before;
        before = instance.state;
        onChange(this, number, was);
      },
      onExit: (exit: ExitFacts) => {
        const record: ExitRecord = { ...exit, instance: number };
        this.exits.unshift(record);
        this.exits.length = Math.min(this.exits.length, EXITS_KEPT);
        onExit(this, record);
      },
      onProbe: (outcome) => {
        this.probes.unshift({ ...outcome, instance: number });
        this.probes.length = Math.min(this.probes.length, PROBES_KEPT);
      },
    });
    return instance;
  }
}

/** The worst comes first. */
const RANK: Readonly<Record<ProcessState, number>> = { failed: 0, backoff: 1, unhealthy: 2, stopping: 3, waiting: 4, starting: 5, stopped: 6, done: 7, running: 8 };

/** What a child can only be given at its start. */
function startedWith({ type, command, options, cwd, env, user, limits, encoding, lineBytesMax, ack, output, health }: ProcessPlan): unknown {
  return { type, command, options, cwd, env, user, limits, encoding, lineBytesMax, ack: ack.type, file: output.file, health };
}
