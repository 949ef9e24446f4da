// Makes events of what pipelines report: each change of a state at once; outputs that fail and dead letters from looks at the counts, so
// that the data path does nothing for it and a flood of failures is a few events.
import type { PipelineStatus } from "#kernel/status-file.ts";
import type { PipelineReport, PipelineState } from "./pipelines.ts";

export type Publish = (name: string, data: Readonly<Record<string, unknown>>) => unknown;

/** An output works again when so many looks in a row found it well. */
const WELL_LOOKS = 3;
/** Dead letters of one pipeline are told together, at most so often. */
const LETTERS_EVERY_MS = 10_000;

interface FailingOutput {
  readonly sinceMs: number;
  wellLooks: number;
}
interface Seen {
  readonly failing: Map<string, FailingOutput>;
  letters: number;
  toldMs: number;
}

export class PipelineEvents {
  readonly #publish: Publish;
  readonly #states = new Map<string, PipelineState>();
  readonly #seen = new Map<string, Seen>();

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  /** To be called at each change. */
  state({ name: pipeline, state, error, paused }: PipelineReport): void {
    const before = this.#states.get(pipeline);
    this.#states.set(pipeline, state);
    if (state === "paused") {
      if (before !== "paused") this.#publish("pipeline.paused", { pipeline, by: paused?.by });
    } else if (state === "failed" || state === "restarting") this.#publish("pipeline.failed", { pipeline, error, isTriedAgain: state === "restarting" });
    else if (state === "ended") this.#publish("pipeline.ended", { pipeline });
    else if (state === "running") this.#publish(before === "paused" ? "pipeline.resumed" : before === "restarting" ? "pipeline.restarted" : "pipeline.started", { pipeline });
  }

  /** To be called now and then. */
  look(atMs: number, pipelines: readonly PipelineStatus[]): void {
    const names = new Set(pipelines.map(({ name }) => name));
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name);
    for (const name of this.#states.keys()) if (!names.has(name)) this.#states.delete(name);
    for (const status of pipelines) {
      const { name, deadLetters } = status;
      let seen = this.#seen.get(name);
      if (seen === undefined) this.#seen.set(name, (seen = { failing: new Map(), letters: 0, toldMs: 0 }));
      this.#outputs(atMs, status, seen.failing);
      if (deadLetters < seen.letters) seen.letters = 0; // Counts begin anew where a pipeline is taken out and put back.
      if (seen.letters < deadLetters && LETTERS_EVERY_MS <= atMs - seen.toldMs) {
        this.#publish("dead-letter.written", { pipeline: name, letters: deadLetters - seen.letters });
        seen.letters = deadLetters;
        seen.toldMs = atMs;
      }
    }
  }

  #outputs(atMs: number, { name: pipeline, state, failing = [] }: PipelineStatus, known: Map<string, FailingOutput>): void {
    for (const { step, sinceMs, reason } of failing) {
      const output = known.get(step);
      if (output !== undefined) output.wellLooks = 0;
      else {
        known.set(step, { sinceMs, wellLooks: 0 });
        this.#publish("output.failing", { pipeline, step, sinceMs, reason });
      }
    }
    for (const [step, output] of known) {
      if (failing.some((each) => each.step === step)) continue;
      if (state !== "running") {
        known.delete(step); // It is not asked to take anything.
        continue;
      }
      output.wellLooks += 1;
      if (output.wellLooks < WELL_LOOKS) continue;
      known.delete(step);
      this.#publish("output.recovered", { pipeline, step, failedMs: Math.max(0, atMs - output.sinceMs) });
    }
  }
}
