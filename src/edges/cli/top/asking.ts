// What the keys of `dure top` make it ask of the agent: a tap or a log that is followed while it is looked at, and a reload. A stream that ends
// because the agent went is begun again with the next look that finds one.
import { toError } from "#base/errors.ts";
import { say } from "#base/lang.ts";
import type { Reloaded } from "#kernel/config/plan-difference.ts";
import { prettyLine } from "#kernel/log-console.ts";
import type { EventOf, ParamsOf, StreamName } from "../../all-commands.ts";
import type { Ask } from "../ask-agent.ts";
import { CliFailure } from "../failure.ts";
import { RECENT_MAX, withJob, withJobTrouble, withRecentJobs } from "./one-job.ts";
import { tappedStep, withLine, withReload } from "./state.ts";
import type { TopState } from "./state.ts";

const SAMPLES_PER_SECOND = 20;
const JOBS_EVERY_MS = 1000;
const ENDED: ReadonlySet<string> = new Set(["succeeded", "failed", "cancelled"]);

export class Asking {
  readonly #ask: Ask;
  readonly #change: (change: (state: TopState) => TopState) => void;
  #stream: { readonly of: string; readonly end: AbortController } | undefined;
  #reloading: "asking" | "agreed" | undefined;
  #jobs: { readonly of: string; readonly atMs: number } | undefined;

  /** `change` makes the next state of the latest one, and draws it. */
  constructor(ask: Ask, change: (change: (state: TopState) => TopState) => void) {
    this.#ask = ask;
    this.#change = change;
  }

  /** After every key and every look. */
  follow(state: TopState): void {
    const { view, selected = "" } = state;
    const step = view === "tap" ? tappedStep(state) : undefined;
    const wanted = view === "log" ? `log ${selected}` : step === undefined ? "" : `tap ${selected} ${step}`;
    if (wanted !== (this.#stream?.of ?? "")) {
      this.close();
      if (view === "log") this.#start(wanted, "logs.follow", { pipeline: selected }, logLines);
      else if (step !== undefined) this.#start(wanted, "pipelines.tap", { pipeline: selected, step: step.slice(0, step.indexOf(":")), isDiff: false, perSecondMax: SAMPLES_PER_SECOND }, sampleLines);
    }
    this.#followJobs(state);
    const stage = view === "reload" ? state.reload?.stage : undefined;
    if (stage !== "asking" && stage !== "agreed") this.#reloading = undefined;
    else if (stage !== this.#reloading) {
      this.#reloading = stage;
      void this.#reload(stage);
    }
  }

  /** At once when something else is looked at, and once a second then. */
  #followJobs({ view, selectedJob = "", job, isPaused }: TopState): void {
    const of = view === "recent-jobs" ? "newest" : view === "job" ? `job ${selectedJob}` : undefined;
    if (of === undefined) return void (this.#jobs = undefined);
    const isNew = this.#jobs?.of !== of;
    // What has ended changes no more.
    const isOver = view === "job" && job?.endedMs !== undefined && ENDED.has(job.state);
    if (!isNew && (isPaused || isOver || performance.now() < (this.#jobs?.atMs ?? 0) + JOBS_EVERY_MS)) return;
    this.#jobs = { of, atMs: performance.now() };
    const asked = view === "job" ? this.#ask("jobs.show", { id: selectedJob }).then((record) => (state: TopState) => withJob(state, record)) : this.#ask("jobs.list", { limit: RECENT_MAX }).then(({ jobs }) => (state: TopState) => withRecentJobs(state, jobs));
    asked.catch((error: unknown) => (state: TopState) => withJobTrouble(state, reasonOf(error))).then((change) => this.#jobs?.of === of && this.#change(change), () => {});
  }

  close(): void {
    this.#stream?.end.abort();
    this.#stream = undefined;
  }

  #start<Name extends StreamName>(of: string, method: Name, params: ParamsOf<Name>, linesOf: (event: EventOf<Name>) => string[]): void {
    const stream = { of, end: new AbortController() };
    this.#stream = stream;
    const onEvent = (event: EventOf<Name>): void => {
      if (this.#stream === stream) this.#change((state) => linesOf(event).reduce(withLine, state));
    };
    void this.#ask(method, params, { onEvent, signal: stream.end.signal })
      .catch((error: unknown) => {
        if (this.#stream === stream) this.#change((state) => withReason(state, `! ${reasonOf(error)}`));
      })
      .finally(() => {
        if (this.#stream === stream) this.#stream = undefined;
      });
  }

  async #reload(stage: "asking" | "agreed"): Promise<void> {
    try {
      const difference: Reloaded = await this.#ask(stage === "asking" ? "agent.plan" : "agent.reload");
      const next = stage === "agreed" || difference.problem !== undefined ? "done" : "shown";
      this.#change((state) => withReload(state, { stage: next, difference }));
    } catch (error) {
      this.#change((state) => withReload(state, { stage: "done", problem: reasonOf(error) }));
    }
  }
}

/** It is tried again each second, and said once. */
function withReason(state: TopState, line: string): TopState {
  return state.lines.at(-1) === line ? state : withLine(state, line);
}

function sampleLines({ records, skipped }: EventOf<"pipelines.tap">): string[] {
  const shown = records.map(({ timeMs, after }) => `${new Date(timeMs).toISOString().slice(11, 23)} ${JSON.stringify(after)}`);
  return skipped === 0 ? shown : [say({ en: `(${skipped} more)`, ko: `(그 밖에 ${skipped}개)` }), ...shown];
}

function reasonOf(error: unknown): string {
  return error instanceof CliFailure ? say(error.text) : toError(error).message;
}

function logLines(event: EventOf<"logs.follow">): string[] {
  if ("lost" in event) return [say({ en: `… ${event.lost} lines lost`, ko: `… ${event.lost}줄 놓침` })];
  const { atMs, ...line } = event;
  return [prettyLine({ time: atMs, ...line }, false).trimEnd()];
}
