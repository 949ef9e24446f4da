// A worker as operators speak of it: one process with so many slots. Rules in Python run in a second process of the same worker, made with the first of them; each of the
// two costs, when it dies, only what it ran itself.
import type { ChildEnd } from "#base/child/child-tree.ts";
import type { TaskCounts, WorkerLook } from "./jobs.ts";
import { Loading } from "./loading.ts";
import type { Run } from "./run.ts";
import { Tap } from "./tap.ts";
import type { Unloadable } from "./unloadable.ts";
import { pythonRules, withoutPython } from "./worker/python-command.ts";
import { withUnloadable } from "./worker/unloadable-files.ts";
import { WorkerProcess } from "./worker-process.ts";
import type { WorkerProgram } from "./worker-process.ts";
import type { Heard, HeardOfRun } from "./worker-line.ts";
import type { RuleFacts, RuleProblem } from "./worker-protocol.ts";

export type Runtime = "node" | "python";

export interface WorkerPrograms {
  readonly node: WorkerProgram;
  /** Undefined: there is no rule in Python. */
  readonly python: WorkerProgram | undefined;
}

export interface WorkerEvents {
  /** All it can run is known. */
  ready(worker: Worker): void;
  /** Of one of its runs. */
  message(run: Run, message: HeardOfRun): void;
  /** What nobody can say whose it was. */
  said(worker: Worker, level: "debug" | "info" | "warn" | "error", text: string): void;
  /** These runs have ended with their process; `isOurs`: we ended it. */
  lost(worker: Worker, runs: readonly Run[], end: ChildEnd, isOurs: boolean): void;
  /** Its first process has ended: it is none any more. */
  gone(worker: Worker, end: ChildEnd): void;
}

export interface WorkerStart {
  readonly slots: number;
  readonly isQuarantine: boolean;
  /** Grows each time the rules are read anew. */
  readonly generation: number;
  readonly startedMs: number;
  /** The rules in Python are asked for, not only run when there is a job of them. */
  readonly withPython: boolean;
  readonly programs: WorkerPrograms;
  /** Of all workers of this generation. */
  readonly unloadable: Unloadable;
  readonly events: WorkerEvents;
}

interface Half {
  readonly runtime: Runtime;
  readonly process: WorkerProcess;
  readonly loading: Loading;
  readonly runs: Map<number, Run>;
  isReady: boolean;
  /** What it said before may come after its end. */
  isOver: boolean;
  /** We end it: what it runs beside the one that is at fault is begun anew. */
  isEnded: boolean;
  beatMs: number;
  memoryBytes: number;
  rules: readonly RuleFacts[];
  problems: readonly RuleProblem[];
  readonly waiting: Run[];
}

/** Without a sign of its event loop for so long it is given nothing new. */
const BLOCKED_MS = 3000;
const SAID_CHARACTERS_MAX = 4000;
/** Two signs of it are missing. */
const STUCK_MS = 2000;
/** One that has nothing to do and does not end by itself is ended. */
const IDLE_END_MS = 3000;

export class Worker {
  readonly slots: number;
  readonly isQuarantine: boolean;
  readonly generation: number;
  readonly startedMs: number;
  readonly #programs: WorkerPrograms;
  readonly #events: WorkerEvents;
  readonly #unloadable: Unloadable;
  readonly #halves = new Map<Runtime, Half>();
  readonly counts = { receive: 0, process: 0, success: 0, fail: 0, reply: 0 };
  isDraining = false;
  /** It was told to end before it did. */
  wasDrained = false;
  readonly #tap = new Tap((text) => this.#events.said(this, "warn", text));
  #isGone = false;
  #pid = 0;
  /** Files in Python, where there is none. */
  #notImported: readonly RuleProblem[] = [];
  /** What it was begun with and is not ready yet. */
  readonly #starting = new Set<Runtime>();

  constructor({ slots, isQuarantine, generation, startedMs, withPython, programs, unloadable, events }: WorkerStart) {
    this.slots = slots;
    this.isQuarantine = isQuarantine;
    this.generation = generation;
    this.startedMs = startedMs;
    this.#programs = programs;
    this.#events = events;
    this.#unloadable = unloadable;
    for (const runtime of withPython && programs.python !== undefined ? (["node", "python"] as const) : (["node"] as const)) {
      this.#starting.add(runtime);
      this.#start(runtime);
    }
  }

  /** Of its first process, also when that has ended. */
  get pid(): number {
    return this.#pid;
  }

  get isReady(): boolean {
    return this.#starting.size === 0 && !this.isDraining && !this.#isGone;
  }

  get free(): number {
    return this.slots - this.active;
  }

  get active(): number {
    let sum = 0;
    for (const half of this.#halves.values()) sum += half.runs.size;
    return sum;
  }

  get isBlocked(): boolean {
    return this.isSilentFor(BLOCKED_MS);
  }

  /** It runs something, and has said nothing for so long. */
  isSilentFor(ms: number): boolean {
    const half = this.#halves.get("node");
    return half !== undefined && 0 < half.runs.size && half.beatMs + ms < performance.now();
  }

  get memoryBytes(): number {
    let sum = 0;
    for (const half of this.#halves.values()) sum += half.memoryBytes;
    return sum;
  }

  get rules(): readonly RuleFacts[] {
    return [...this.#halves.values()].flatMap(({ rules }) => rules);
  }

  get problems(): readonly RuleProblem[] {
    return [...[...this.#halves.values()].flatMap(({ problems }) => problems), ...this.#notImported];
  }

  *runs(): Iterable<Run> {
    for (const half of this.#halves.values()) yield* half.runs.values();
  }

  run(run: Run): void {
    run.worker = this;
    this.counts.receive += 1;
    this.counts.process += 1;
    const runtime: Runtime = run.rule.runtime === "python" ? "python" : "node";
    if (!this.#halves.has(runtime)) this.#start(runtime);
    const half = this.#halves.get(runtime) as Half;
    half.runs.set(run.number, run);
    if (half.runs.size === 1) half.beatMs = performance.now(); // It had nothing to say before.
    if (half.isReady) this.#send(half, run);
    else half.waiting.push(run);
  }

  cancel(run: Run, why: "timeout" | "cancelled"): void {
    this.#halfOf(run)?.process.send(`{"type":"cancel","job":${run.number},"why":"${why}"}`);
  }

  /** Ends the process that a run does not let go of. */
  endFor(run: Run): void {
    const half = this.#halfOf(run);
    if (half === undefined || half.isEnded) return;
    half.isEnded = true;
    // Whose time is over in a loop that stands still may never have been begun; alone in it, it is at fault.
    if (1 < half.runs.size && half.beatMs + STUCK_MS < performance.now()) for (const each of half.runs.values()) if (each.ending?.why === "timeout") each.isSuspect = true;
    void half.process.kill();
  }

  /** Takes nothing new, and ends when what it runs has ended. */
  drain(): void {
    this.isDraining = true;
    if (this.active === 0) this.#endIdle();
  }

  /** At once, with all it runs. */
  async kill(): Promise<void> {
    this.isDraining = true;
    await Promise.all([...this.#halves.values()].map(async (half) => {
      half.isEnded = true;
      await half.process.kill();
    }));
  }

  look(): WorkerLook {
    const state = this.isDraining ? "draining" : !this.isReady ? "starting" : this.isBlocked ? "blocked" : "ready";
    const { success, fail } = this.counts;
    const jobs = [...this.runs()].map(({ delivery: { job }, startedAtMs: startedMs, progress, progressText: text }) => ({ id: job.id, rule: job.rule, startedMs, ...(progress === undefined ? {} : { progress }), ...(text === undefined ? {} : { text }) }));
    return { pid: this.pid, state, slots: this.slots, isQuarantine: this.isQuarantine, startedMs: this.startedMs, done: success, failed: fail, memoryBytes: this.memoryBytes, jobs };
  }

  count(what: keyof TaskCounts): void {
    this.counts[what] += 1;
  }

  #start(runtime: Runtime): void {
    const program = this.#programs[runtime];
    if (program === undefined) return;
    const half: Half = {
      runtime,
      process: new WorkerProcess(withUnloadable(program, this.#unloadable.files), "worker", {
        message: (message) => this.#hear(half, message),
        noise: (line) => this.#said("warn", line),
        error: (line) => this.#said("warn", line),
        ended: (end) => {
          if (end.error !== undefined) this.#events.said(this, "error", end.error.message);
          this.#ended(runtime, half, end);
        },
      }),
      loading: new Loading(this.#unloadable, program.fileMs, () => void half.process.kill()),
      runs: new Map(),
      isReady: false,
      isOver: false,
      isEnded: false,
      beatMs: performance.now(),
      memoryBytes: 0,
      rules: [],
      problems: [],
      waiting: [],
    };
    this.#halves.set(runtime, half);
    if (runtime === "node") this.#pid = half.process.pid;
    this.#tellBeside();
  }

  /** A rule in Python may stand still where it does not see that the agent is gone: the Node process ends both. */
  #tellBeside(): void {
    if (this.#programs.python === undefined) return;
    this.#halves.get("node")?.process.send(`{"type":"beside","pid":${this.#halves.get("python")?.process.pid ?? 0}}`);
  }

  #send(half: Half, { number, rule, delivery: { job } }: Run): void {
    const key = job.key === undefined ? "" : `"key":${JSON.stringify(job.key)},`;
    half.process.send(`{"type":"run","job":${number},"id":${JSON.stringify(job.id)},"rule":${JSON.stringify(rule.name)},"attempt":${job.attempt},${key}"data":${job.data}}`);
  }

  #hear(half: Half, message: Heard): void {
    if (half.isOver) return;
    switch (message.type) {
      case "loading":
        return half.loading.begins(message.file);
      case "ready":
        half.loading.done();
        half.isReady = true;
        half.beatMs = performance.now();
        half.rules = message.rules;
        half.problems = message.problems;
        if (this.#starting.delete(half.runtime) && this.#starting.size === 0) this.#events.ready(this);
        for (const run of half.waiting.splice(0)) if (half.runs.has(run.number)) this.#send(half, run);
        return;
      case "beat":
        half.beatMs = performance.now();
        half.memoryBytes = message.memoryBytes;
        return;
      case "log":
        if (message.job === undefined) return this.#said(message.level, message.text);
    }
    const run = half.runs.get(message.job as number);
    if (run === undefined) return; // It was given up, and says something all the same.
    if (message.type === "done" || message.type === "failed") {
      half.runs.delete(run.number);
      this.#events.message(run, message);
      if (this.isDraining && this.active === 0) this.#endIdle();
    } else this.#events.message(run, message);
  }

  #ended(runtime: Runtime, half: Half, end: ChildEnd): void {
    half.isOver = true;
    if (this.#halves.get(runtime) === half) this.#halves.delete(runtime);
    if (half.loading.hasEndedWithin(end) && !half.isEnded && !this.#isGone && end.error === undefined) return this.#startAgain(half);
    const runs = [...half.runs.values()];
    half.runs.clear();
    // Before its losses are told: what follows from them must not begin here.
    if (runtime === "node") this.#isGone = true;
    if (0 < runs.length) this.#events.lost(this, runs, end, half.isEnded);
    if (runtime !== "node") {
      this.#tellBeside();
      // Without Python the others run all the same; what is wrong with it stands in the log, and with each file.
      if (this.#starting.has(runtime)) this.#notImported = [...pythonRules(this.#programs.python?.cwd ?? "")].map((file) => ({ file, message: withoutPython(this.#programs.python?.command[0] ?? "", end) }));
      if (this.#starting.delete(runtime) && this.#starting.size === 0 && !this.#isGone) this.#events.ready(this);
      return;
    }
    this.wasDrained = this.isDraining;
    for (const other of this.#halves.values()) {
      other.isEnded = true;
      void other.process.kill();
    }
    this.isDraining = true;
    this.#events.gone(this, end);
  }

  #startAgain({ runtime, runs, waiting }: Half): void {
    this.#start(runtime);
    const half = this.#halves.get(runtime);
    for (const [number, run] of runs) half?.runs.set(number, run);
    half?.waiting.push(...waiting);
  }

  #endIdle(): void {
    for (const half of this.#halves.values()) {
      half.isEnded = true;
      half.process.drain();
      const timer = setTimeout(() => void half.process.kill(), IDLE_END_MS);
      timer.unref();
    }
  }

  #said(level: "debug" | "info" | "warn" | "error", text: string): void {
    if (this.#tap.mayPass()) this.#events.said(this, level, text.slice(0, SAID_CHARACTERS_MAX));
  }

  #halfOf(run: Run): Half | undefined {
    for (const half of this.#halves.values()) if (half.runs.has(run.number)) return half;
    return undefined;
  }
}
