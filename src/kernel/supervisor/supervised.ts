// One child kept alive: started when it may, started anew when it ends, with longer and longer waits, given up when the plan says so; ended with its tree
// when somebody wants that. Whatever the agent keeps alive (uploaded programs, workers, engines) goes through it.
import { backoffMs } from "#base/backoff.ts";
import type { ChildEnd } from "#base/child/child-tree.ts";
import { steadyNow } from "#base/clock.ts";
import type { Clock } from "#base/clock.ts";
import { toError } from "#base/errors.ts";
import { eitherOf, ended } from "#base/signals.ts";
import type { HealthPlan, RestartPlan } from "../config/process-plan.ts";
import { keepProbing } from "./probing.ts";
import type { Probe, ProbeOutcome } from "./probing.ts";

/** stopped → waiting → starting → running ⇄ unhealthy → stopping → stopped; `backoff` between two tries, `done` and `failed` until it is started again. */
export type SupervisedState = "stopped" | "waiting" | "starting" | "running" | "unhealthy" | "backoff" | "stopping" | "done" | "failed";

export interface EndHow {
  readonly signal: string;
  readonly waitMs: number;
}

/** A child that runs, with what belongs to it. */
export interface SupervisedChild {
  readonly pid: number | undefined;
  /** Never rejects. */
  readonly ended: Promise<ChildEnd>;
  /** Finishes what is in hand, as far as the wait allows, and ends the whole tree. Of a child that has ended, what is left of its tree. */
  end(how: EndHow): Promise<void>;
  /** It has ended: settles what it had in hand. Gives what it said last. */
  settle(end: ChildEnd): Promise<readonly string[]>;
}

export interface ExitFacts {
  readonly atMs: number;
  readonly pid: number | null;
  readonly startedMs: number;
  readonly code: number | null;
  readonly signal: string | null;
  readonly isWanted: boolean;
  readonly reason?: string;
  readonly stderr: readonly string[];
}

/** What may change while it runs. */
export interface SupervisedPlan {
  readonly restart: RestartPlan;
  readonly stop: EndHow;
  readonly health?: HealthPlan;
}

export interface SupervisedParts<Child extends SupervisedChild = SupervisedChild> {
  readonly clock: Clock;
  plan(): SupervisedPlan;
  /** Resolves when it may start, or the signal aborts; says what it waits for. */
  mayStart(signal: AbortSignal, waits: (reason: string) => void): Promise<void>;
  start(): Promise<Child>;
  readonly probe?: Probe | undefined;
  /** Its state, its reason or its child is another. */
  onChange(): void;
  onExit(exit: ExitFacts): void;
  onProbe?(outcome: ProbeOutcome): void;
}

/** Why a child is ended and another started. */
interface Renewal {
  readonly reason: string;
  /** By a person: it is no failure. */
  readonly isAsked: boolean;
}

/** So many quick ends in a row are a loop. */
const LOOP_ENDS = 3;

export class Supervised<Child extends SupervisedChild = SupervisedChild> {
  readonly #parts: SupervisedParts<Child>;
  #state: SupervisedState = "stopped";
  #reason: string | undefined;
  #nextTryMs: number | undefined;
  #startedMs: number | undefined;
  #restarts = 0;
  #quickEnds = 0;
  #child: Child | undefined;
  /** Aborted: it is to end and to stay so. */
  #asked: AbortController | undefined;
  /** How it is to end, when not as the plan says. */
  #how: EndHow | undefined;
  /** Why the child that runs now is to be ended and started anew. */
  #renewal: Renewal | undefined;
  #renewing = new AbortController();
  #life: Promise<void> = Promise.resolve();

  constructor(parts: SupervisedParts<Child>) {
    this.#parts = parts;
  }

  get state(): SupervisedState {
    return this.#state;
  }
  get reason(): string | undefined {
    return this.#reason;
  }
  /** Of `backoff`. */
  get nextTryMs(): number | undefined {
    return this.#nextTryMs;
  }
  /** Of the child that runs. */
  get startedMs(): number | undefined {
    return this.#startedMs;
  }
  get pid(): number | undefined {
    return this.#child?.pid;
  }
  get child(): Child | undefined {
    return this.#child;
  }
  /** Since somebody started it. */
  get restarts(): number {
    return this.#restarts;
  }
  get isCrashLooping(): boolean {
    return LOOP_ENDS <= this.#quickEnds && this.#state !== "stopped" && this.#state !== "done";
  }

  /** Keeps it alive from now on. Of one that is kept alive already, nothing; one between two tries is tried at once. */
  start(): void {
    if (this.#state === "backoff") this.#renew({ reason: "started", isAsked: true });
    if (this.#asked !== undefined && !this.#asked.signal.aborted) return;
    const asked = new AbortController();
    this.#asked = asked;
    this.#restarts = 0;
    this.#quickEnds = 0;
    this.#life = this.#life.then(async () => {
      if (asked.signal.aborted) return;
      this.#how = undefined;
      await this.#live(asked.signal);
      if (this.#asked === asked) this.#asked = undefined;
    });
  }

  /** Resolves when it and all it started are gone. Called again with a shorter wait, it hastens the first. */
  async stop(how?: EndHow): Promise<void> {
    this.#how = how;
    const asked = this.#asked;
    if (asked === undefined) {
      if (this.#state !== "stopped") this.#to("stopped");
      return this.#life;
    }
    const isAgain = asked.signal.aborted;
    asked.abort();
    if (isAgain && how !== undefined) await this.#child?.end(how);
    return this.#life;
  }

  /** Ends the child that runs and starts another at once; of one that does not run, starts it. */
  restart(): void {
    if (this.#asked === undefined || this.#asked.signal.aborted) return this.start();
    this.#renew({ reason: "restarted", isAsked: true });
  }

  /** Something is wrong with the child that runs: it is ended and started anew, as if it had ended itself. */
  renew(reason: string): void {
    this.#renew({ reason, isAsked: false });
  }

  #renew(renewal: Renewal): void {
    this.#renewal ??= renewal;
    this.#renewing.abort();
  }

  async #live(asked: AbortSignal): Promise<void> {
    const { clock, onExit } = this.#parts;
    while (!asked.aborted) {
      this.#to("waiting");
      await this.#parts.mayStart(asked, (reason) => this.#to("waiting", reason));
      if (asked.aborted) break;
      this.#renewal = undefined;
      this.#renewing = new AbortController();
      this.#to("starting");
      const startedMs = clock.now();
      const beganMs = steadyNow(clock);
      const { end, stderr, pid, renewal } = await this.#run(asked);
      const isWanted = asked.aborted || renewal?.isAsked === true;
      const reason = end.error?.message ?? overLimitOf(end) ?? (isWanted ? undefined : renewal?.reason);
      onExit({ atMs: clock.now(), pid: pid ?? null, startedMs, code: end.code, signal: end.signal, isWanted, ...(reason === undefined ? {} : { reason }), stderr });
      if (asked.aborted) break;
      if (renewal?.isAsked === true) this.#quickEnds = 0;
      else {
        const { restart } = this.#parts.plan();
        this.#quickEnds = restart.steadyMs <= steadyNow(clock) - beganMs ? 1 : this.#quickEnds + 1;
        const isGood = end.code === 0 && renewal === undefined;
        const how = renewal?.reason ?? howItEnded(end);
        if (restart.when === "never" || (restart.when === "on-failure" && isGood)) return isGood ? this.#to("done") : this.#to("failed", how);
        if (restart.attemptsMax !== null && restart.attemptsMax <= this.#quickEnds) return this.#to("failed", `${how}; gave up after ${restart.attemptsMax} tries`);
        // The first end after a good while is followed at once.
        const waitMs = this.#quickEnds <= 1 ? 0 : backoffMs(this.#quickEnds - 1, restart);
        this.#renewal = undefined;
        this.#renewing = new AbortController();
        if (0 < waitMs) {
          this.#to("backoff", how, clock.now() + waitMs);
          using either = eitherOf(asked, this.#renewing.signal);
          await clock.pause(waitMs, either.signal);
        }
      }
      this.#restarts += 1;
    }
    this.#to("stopped");
  }

  /** One child from its start until it and its tree are gone. */
  async #run(asked: AbortSignal): Promise<{ readonly end: ChildEnd; readonly stderr: readonly string[]; readonly pid: number | undefined; readonly renewal: Renewal | undefined }> {
    let child: Child;
    try {
      child = await this.#parts.start();
    } catch (thrown) {
      return { end: { code: null, signal: null, error: toError(thrown) }, stderr: [], pid: undefined, renewal: undefined };
    }
    this.#child = child;
    this.#startedMs = this.#parts.clock.now();
    const { health, stop } = this.#parts.plan();
    const probing = new AbortController();
    if (health !== undefined && this.#parts.probe !== undefined) void this.#probe(health, this.#parts.probe, probing.signal);
    else if (child.pid !== undefined) this.#to("running");
    if (0 < this.#quickEnds) void this.#forgetQuickEnds(probing.signal);
    using toEnd = eitherOf(asked, this.#renewing.signal);
    await Promise.race([child.ended, ended(toEnd.signal)]);
    probing.abort();
    if (asked.aborted) this.#to("stopping");
    // What is left of the tree goes with the child, however it ended.
    const how = this.#how ?? this.#parts.plan().stop;
    await child.end(asked.aborted ? how : { signal: stop.signal, waitMs: stop.waitMs });
    const end = await child.ended;
    const stderr = await child.settle(end);
    const { pid } = child;
    this.#child = undefined;
    this.#startedMs = undefined;
    return { end, stderr, pid, renewal: this.#renewal };
  }

  /** Having run so long, it is no loop any more. */
  async #forgetQuickEnds(signal: AbortSignal): Promise<void> {
    await this.#parts.clock.pause(this.#parts.plan().restart.steadyMs, signal);
    if (signal.aborted) return;
    this.#quickEnds = 0;
    this.#parts.onChange();
  }

  async #probe(health: HealthPlan, probe: Probe, signal: AbortSignal): Promise<void> {
    await keepProbing({ health, probe, clock: this.#parts.clock, signal }, (outcome, isWell) => {
      if (signal.aborted) return;
      this.#parts.onProbe?.(outcome);
      if (isWell === undefined) this.#to(this.#state, outcome.isWell ? undefined : outcome.words);
      else if (isWell) this.#to("running");
      else {
        this.#to("unhealthy", outcome.words);
        if (health.isRestarted) this.renew(`the probe failed ${health.failures} times: ${outcome.words}`);
      }
    });
  }

  #to(state: SupervisedState, reason?: string, nextTryMs?: number): void {
    if (this.#state === state && this.#reason === reason && this.#nextTryMs === nextTryMs) return;
    this.#state = state;
    this.#reason = reason;
    this.#nextTryMs = nextTryMs;
    this.#parts.onChange();
  }
}

/** `exit 3`, `SIGKILL`, or why it was not started or was ended. */
export function howItEnded(end: ChildEnd): string {
  return end.error?.message ?? overLimitOf(end) ?? end.signal ?? `exit ${end.code}`;
}

function overLimitOf({ overLimit }: ChildEnd): string | undefined {
  if (overLimit === undefined) return undefined;
  return overLimit === "memoryBytesMax" ? "it used more memory than `limits: memory` allows" : "it had more processes than `limits: processes` allows";
}
