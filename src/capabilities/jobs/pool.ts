// The workers of an agent: how many are wanted, which there are, and which takes the next job. One that dies is replaced by
// the watcher.
import type { ChildEnd } from "#base/child/child-tree.ts";
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import type { Log } from "#sdk/plugin.ts";
import type { JobEvent } from "./jobs.ts";
import { Unloadable } from "./unloadable.ts";
import { problemOfRule } from "./rule-problem.ts";
import { Watcher } from "./watcher.ts";
import { Worker } from "./worker.ts";
import type { WorkerEvents, WorkerPrograms } from "./worker.ts";
import type { RuleFacts, RuleProblem } from "./worker-protocol.ts";

export interface PoolParts {
  readonly plan: () => JobsPlan;
  /** As the plan and the rules folder are now. */
  readonly programs: () => WorkerPrograms;
  readonly log: Log;
  readonly event: (event: JobEvent) => void;
  readonly now: () => number;
  /** A run said something, or was lost with its process. */
  readonly message: WorkerEvents["message"];
  readonly lost: WorkerEvents["lost"];
  /** There is more room, or less, or other rules. */
  readonly changed: () => void;
}

/** A worker that ends sooner was never well. */
const STEADY_MS = 10_000;

export class Pool {
  readonly #parts: PoolParts;
  readonly #workers = new Set<Worker>();
  readonly #readiness = new Map<Worker, (isReady: boolean) => void>();
  readonly #goneTellers = new Map<Worker, () => void>();
  #quarantine: Worker | undefined;
  #generation = 0;
  #unloadable: Unloadable;
  #catalogue: ReadonlyMap<string, RuleFacts> = new Map();
  #problems: readonly RuleProblem[] = [];
  readonly #secretsBefore = new Map<string, readonly string[]>();
  /** The generation that the catalogue is of. */
  #knownOf = -1;
  readonly #watcher: Watcher;
  #isEnding = false;

  constructor(parts: PoolParts) {
    this.#parts = parts;
    this.#watcher = new Watcher(parts.plan().watcher.isOn, (slots) => void this.#begin(slots, false));
    this.#unloadable = this.#allLoadable();
  }

  get workers(): readonly Worker[] {
    return [...this.#workers].toSorted((one, other) => one.pid - other.pid);
  }

  /** Those that take jobs, or will once they are ready. */
  get regular(): readonly Worker[] {
    return this.workers.filter(({ isQuarantine, isDraining }) => !isQuarantine && !isDraining);
  }

  get slots(): number {
    let sum = 0;
    for (const worker of this.#workers) if (worker.isReady && !worker.isQuarantine) sum += worker.slots;
    return sum;
  }

  get catalogue(): ReadonlyMap<string, RuleFacts> {
    return this.#catalogue;
  }

  get problems(): readonly RuleProblem[] {
    return this.#problems;
  }

  /** Also of a rule that was there before its file was changed. Undefined: its file cannot be used, and nobody knows what it calls secret. */
  secretsOf(name: string): readonly string[] | undefined {
    const rule = this.#catalogue.get(name);
    if (rule !== undefined) return rule.secrets ?? [];
    return this.#secretsBefore.get(name) ?? (problemOfRule(name, this.#problems) === undefined ? [] : undefined);
  }

  get watcher(): Watcher {
    return this.#watcher;
  }

  /** Resolves when each is ready, or has ended before. */
  async start(count: number, slots: number): Promise<readonly number[]> {
    const started = Array.from({ length: count }, () => this.#begin(slots, false));
    await Promise.all(started.map(({ ready }) => ready));
    return started.map(({ worker }) => worker.pid);
  }

  /** The one with the most room; undefined: all are busy. */
  pick(): Worker | undefined {
    let best: Worker | undefined;
    let most = 0;
    for (const worker of this.#workers) {
      if (worker.isQuarantine || !worker.isReady || worker.free <= most || worker.isBlocked) continue;
      best = worker;
      most = worker.free;
    }
    return best;
  }

  /** A worker for one job alone; undefined: it has one, or is not ready yet. */
  pickQuarantine(): Worker | undefined {
    this.#quarantine ??= this.#begin(1, true).worker;
    return this.#quarantine.isReady && this.#quarantine.free === 1 ? this.#quarantine : undefined;
  }

  /** Lets them end what they run. Resolves when they are gone; those that take longer are ended with what they run. */
  async stop(workers: readonly Worker[], drainMs: number): Promise<void> {
    for (const worker of workers) worker.drain();
    this.#parts.changed();
    const gone = Promise.all(workers.map((worker) => this.#gone(worker)));
    const timer = setTimeout(() => void Promise.all(workers.map((worker) => worker.kill())), drainMs);
    await gone;
    clearTimeout(timer);
  }

  /** Others have taken over: these take nothing more, and end what they run, however long it takes. */
  retire(workers: readonly Worker[]): void {
    for (const worker of workers) worker.drain();
    this.#parts.changed();
  }

  /** Other workers with the rules as they are now take over; those before end what they run. Gives why not, or nothing. */
  async renew(): Promise<"no rules" | "not started" | undefined> {
    const before = this.regular;
    this.#generation += 1;
    this.#unloadable = this.#allLoadable(); // They may have been mended.
    const started = before.map(({ slots }) => this.#begin(slots, false));
    const readiness = await Promise.all(started.map(({ ready }) => ready));
    const hasRules = started.some(({ worker }) => 0 < worker.rules.length);
    if (!readiness.every(Boolean) || (!hasRules && 0 < started.length && 0 < this.#catalogue.size)) {
      await Promise.all(started.map(({ worker }) => worker.kill()));
      return hasRules ? "not started" : "no rules";
    }
    this.#quarantine?.drain();
    this.#quarantine = undefined;
    this.#learn();
    this.retire(before);
    return undefined;
  }

  /** Replaces those that have done enough, or hold too much. */
  recycle(): void {
    const { recycle } = this.#parts.plan();
    for (const worker of this.regular) {
      const isWornOut = (recycle.jobs !== null && recycle.jobs <= worker.counts.process) || (recycle.memoryBytes !== null && recycle.memoryBytes < worker.memoryBytes);
      if (!isWornOut || !worker.isReady) continue;
      this.#parts.event({ name: "worker.recycled", data: { pid: worker.pid, done: worker.counts.process, memoryBytes: worker.memoryBytes } });
      this.#begin(worker.slots, false);
      this.retire([worker]);
    }
  }

  async end(drainMs: number): Promise<void> {
    this.#isEnding = true;
    this.#watcher.forget();
    await this.stop([...this.#workers], drainMs);
  }

  async abort(): Promise<void> {
    this.#isEnding = true;
    this.#watcher.forget();
    await Promise.all([...this.#workers].map((worker) => worker.kill()));
  }

  #begin(slots: number, isQuarantine: boolean): { readonly worker: Worker; readonly ready: Promise<boolean> } {
    const { promise: ready, resolve } = Promise.withResolvers<boolean>();
    const worker: Worker = new Worker({
      slots,
      isQuarantine,
      generation: this.#generation,
      startedMs: this.#parts.now(),
      // One of each generation is enough to know its rules.
      withPython: !isQuarantine && ![...this.#workers].some((each) => each.generation === this.#generation && !each.isQuarantine && !each.isDraining),
      programs: this.#parts.programs(),
      unloadable: this.#unloadable,
      events: {
        ready: (from) => this.#ready(from),
        message: this.#parts.message,
        lost: this.#parts.lost,
        said: ({ pid }, level, text) => this.#parts.log[level]("a worker printed", { pid, text }),
        gone: (from, end) => this.#ended(from, end),
      },
    });
    this.#workers.add(worker);
    this.#readiness.set(worker, resolve);
    return { worker, ready };
  }

  #allLoadable(): Unloadable {
    return new Unloadable((file, why) => this.#parts.log.warn("a file of the rules folder is left out", { file, why, hint: "Mend it, then `dure jobs reload`." }));
  }

  #ready(worker: Worker): void {
    if (worker.generation === this.#generation) this.#learn();
    const tell = this.#readiness.get(worker);
    this.#readiness.delete(worker);
    if (tell !== undefined) this.#parts.event({ name: "worker.started", data: { pid: worker.pid, slots: worker.slots } });
    tell?.(true);
    this.#parts.changed();
  }

  #learn(): void {
    const catalogue = new Map<string, RuleFacts>();
    const problems = new Map<string, RuleProblem>();
    for (const worker of this.#workers) {
      if (worker.generation !== this.#generation || worker.isDraining) continue;
      for (const rule of worker.rules) catalogue.set(rule.name, rule);
      for (const problem of worker.problems) problems.set(`${problem.file}\n${problem.message}`, problem);
    }
    if (catalogue.size === 0 && 0 < this.#catalogue.size) return; // None of them is ready yet.
    // A worker that replaces another has no Python before the first such job.
    const isSame = this.#knownOf === this.#generation;
    for (const [name, rule] of this.#catalogue) if (isSame && rule.runtime === "python" && !catalogue.has(name)) catalogue.set(name, rule);
    for (const problem of this.#problems) if (isSame && problem.file.endsWith(".py")) problems.set(`${problem.file}\n${problem.message}`, problem);
    this.#knownOf = this.#generation;
    this.#catalogue = catalogue;
    for (const { name, secrets } of catalogue.values()) if (secrets !== undefined) this.#secretsBefore.set(name, secrets);
    this.#problems = [...problems.values()];
  }

  #ended(worker: Worker, end: ChildEnd): void {
    this.#workers.delete(worker);
    if (this.#quarantine === worker) this.#quarantine = undefined;
    this.#readiness.get(worker)?.(false);
    const wasReady = !this.#readiness.delete(worker);
    const wasTold = this.#goneTellers.has(worker) || this.#isEnding;
    this.#goneTellers.get(worker)?.();
    this.#goneTellers.delete(worker);
    const ranMs = this.#parts.now() - worker.startedMs;
    const { pid, slots } = worker;
    if (!worker.wasDrained && !wasTold) {
      const why = end.error?.message ?? (end.signal === null ? `exit code ${end.code}` : end.signal);
      this.#parts.event({ name: "worker.exited", data: { pid, why, ranMs } });
      this.#parts.log.warn("a worker ended by itself", { pid, why, ranMs });
      if (!worker.isQuarantine) this.#watcher.ended(slots, wasReady && STEADY_MS <= ranMs);
    }
    this.#parts.changed();
  }

  #gone(worker: Worker): Promise<void> {
    if (!this.#workers.has(worker)) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#goneTellers.set(worker, resolve);
    return promise;
  }
}
