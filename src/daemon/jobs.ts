// The jobs of a running agent: their thread is made when the config has them, and all that is asked while there is none is answered here.
import type { JobEngine, JobEvent } from "#capabilities/jobs/jobs.ts";
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import type { RunningJobs } from "#edges/cli/agent-port.ts";
import type { JobsPart, JobsPartParts } from "./jobs-part.ts";

/** What is held for who follows later. */
const HELD_MAX = 1000;

export class Jobs implements RunningJobs {
  readonly #parts: Omit<JobsPartParts, "plan" | "event">;
  readonly #followers = new Set<(event: JobEvent) => void>();
  readonly #held: JobEvent[] = [];
  #plan: JobsPlan | undefined;
  #part: Promise<JobsPart> | undefined;
  #isEnding = false;

  constructor({ plan, ...parts }: Omit<JobsPartParts, "plan" | "event"> & { readonly plan: JobsPlan | undefined }) {
    this.#parts = parts;
    this.#plan = plan;
    if (plan !== undefined) this.#part = this.#start(plan);
  }

  get plan(): JobsPlan | undefined {
    return this.#plan;
  }

  get isAny(): boolean {
    return this.#part !== undefined;
  }

  async begun(): Promise<void> {
    await (await this.#part)?.begun;
  }

  /** Throws CommandFailure where there are no jobs. */
  async engine(): Promise<JobEngine> {
    const part = await this.#part;
    if (part !== undefined) return part.engine;
    const { noJobs } = await import("#capabilities/jobs/job-failures.ts");
    throw noJobs();
  }

  async apply(plan: JobsPlan | undefined): Promise<string | undefined> {
    if (this.#part === undefined) {
      this.#plan = plan;
      if (plan !== undefined && !this.#isEnding) this.#part = this.#start(plan);
      await this.begun();
      return undefined;
    }
    if (plan === undefined) {
      const part = await this.#part;
      this.#part = undefined;
      this.#plan = undefined;
      part.drain(this.#drainMs);
      await part.ended;
      return undefined;
    }
    const problem = await (await this.#part).engine.apply(plan);
    if (problem === undefined) this.#plan = plan;
    return problem;
  }

  follow(hear: (event: JobEvent) => void): () => void {
    for (const event of this.#held.splice(0)) hear(event);
    this.#followers.add(hear);
    return () => void this.#followers.delete(hear);
  }

  async drain(waitMs: number): Promise<void> {
    this.#isEnding = true;
    (await this.#part)?.drain(waitMs);
  }

  async abort(): Promise<void> {
    this.#isEnding = true;
    (await this.#part)?.abort();
  }

  async kill(): Promise<void> {
    (await this.#part)?.kill();
  }

  async ended(): Promise<void> {
    await (await this.#part)?.ended;
  }

  readonly #drainMs = 30_000;

  async #start(plan: JobsPlan): Promise<JobsPart> {
    const { startJobsPart } = await import("./jobs-part.ts"); // Many agents have no jobs.
    return startJobsPart({
      ...this.#parts,
      plan,
      event: (event) => {
        if (this.#followers.size === 0 && this.#held.length < HELD_MAX) this.#held.push(event);
        for (const hear of this.#followers) hear(event);
      },
    });
  }
}
