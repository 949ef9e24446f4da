// Jobs at given times. Each minute of a schedule is a job with a key of its own, so that none is submitted twice; how far each has come stands in a small file, so that none is forgotten over a
// restart. What was missed (the machine slept, the agent was away, the queue was full) is made up for when it is less than an hour ago: each minute of it where the data says
// ##DATE_TIME##, else once.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { toError } from "#base/errors.ts";
import type { Clock } from "#base/clock.ts";
import type { JobSchedulePlan } from "#kernel/config/jobs-plan.ts";
import type { Log } from "#sdk/plugin.ts";
import type { NewJob } from "#sdk/queue.ts";
import { doneOf, dueOf, jobAt, scheduledJob, waitMsOf } from "./schedule-times.ts";
import type { ScheduledJob } from "./schedule-times.ts";
import type { Schedules } from "./schedules.ts";

export interface JobSchedulesParts {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
  submit(jobs: readonly NewJob[]): Promise<unknown>;
}

interface Entry extends ScheduledJob {
  /** All its minutes up to here are submitted, or left out. */
  doneMs: number;
  problem?: string;
}

export class JobSchedules implements Schedules {
  readonly holder = undefined;
  readonly #parts: JobSchedulesParts;
  #entries: readonly Entry[] = [];
  #kept: Readonly<Record<string, { readonly says: string; readonly doneMs: number }>>;
  #timer: NodeJS.Timeout | undefined;
  #isBusy = false;
  #isClosed = false;

  constructor(parts: JobSchedulesParts) {
    this.#parts = parts;
    this.#kept = keptIn(parts);
  }

  /** A new one begins with the next minute. */
  apply(schedules: readonly JobSchedulePlan[]): void {
    const nowMs = this.#parts.clock.now();
    this.#entries = schedules.map((plan) => {
      const schedule = scheduledJob(plan);
      const kept = this.#entries.find((entry) => entry.plan.name === plan.name) ?? this.#kept[plan.name];
      return { ...schedule, doneMs: kept?.says === schedule.says ? doneOf(kept.doneMs, nowMs) : nowMs };
    });
    this.#save();
    this.#look();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #look(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || this.#entries.length === 0) return;
    this.#timer = setTimeout(() => void this.#run(), waitMsOf(this.#entries, this.#parts.clock.now()));
  }

  async #run(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    const entries = this.#entries;
    for (const entry of entries) await this.#catchUp(entry);
    this.#isBusy = false;
    this.#look();
  }

  async #catchUp(entry: Entry): Promise<void> {
    const nowMs = this.#parts.clock.now();
    entry.doneMs = doneOf(entry.doneMs, nowMs);
    const { minutes, lastMs, isLate } = dueOf(entry, entry.doneMs, nowMs);
    if (isLate) this.#parts.log.warn("a schedule was missed by more than an hour; what is older is left out", { schedule: entry.plan.name });
    if (lastMs === undefined) return;
    try {
      await this.#parts.submit(minutes.map((atMs) => jobAt(entry, atMs)));
      entry.doneMs = lastMs;
      delete entry.problem;
      this.#save();
    } catch (error) {
      const { message } = toError(error);
      if (entry.problem !== message) this.#parts.log.warn("a schedule's job cannot be submitted; it is tried again", { schedule: entry.plan.name, error });
      entry.problem = message;
    }
  }

  #save(): void {
    const kept = Object.fromEntries(this.#entries.map(({ plan, says, doneMs }) => [plan.name, { says, doneMs }]));
    try {
      writeFileSync(`${this.#parts.file}.new`, JSON.stringify(kept));
      renameSync(`${this.#parts.file}.new`, this.#parts.file);
    } catch (error) {
      this.#parts.log.warn("how far the schedules have come cannot be kept", { error });
    }
  }
}

function keptIn({ file }: JobSchedulesParts): Readonly<Record<string, { readonly says: string; readonly doneMs: number }>> {
  try {
    const kept: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof kept !== "object" || kept === null) return {};
    return Object.fromEntries(Object.entries(kept).filter(([, value]) => typeof value?.says === "string" && Number.isFinite(value.doneMs)));
  } catch {
    return {}; // There is none yet, or another hand was in it: each begins with the next minute.
  }
}
