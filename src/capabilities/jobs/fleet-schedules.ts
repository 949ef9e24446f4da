// Jobs at given times, once for all agents that share the store and the queue and have the same schedules. One of them holds the lease and submits; another follows when it dies. Its times
// are the database's: a clock that is wrong is wrong for this agent alone.
//
// Under the lease a minute is first claimed as a key, in the same transaction that says how far the schedule has come; then its job is published; then the claim is told so. What a holder
// that died had claimed and not told of is published again as another job by the next one, and of the two only the one that has the claim is ever begun (`JobKeys.begin`).
import { toError } from "#base/errors.ts";
import { systemClock } from "#base/clock.ts";
import type { Clock } from "#base/clock.ts";
import { orderedId } from "#base/ordered-id.ts";
import { sha256 } from "#base/sha256.ts";
import { within } from "#base/within.ts";
import type { JobSchedulePlan } from "#kernel/config/jobs-plan.ts";
import { Candidate } from "#kernel/fleet/candidate.ts";
import type { JobKeys } from "#kernel/fleet/job-keys.ts";
import { LeaseLost } from "#kernel/fleet/lease.ts";
import type { Lease } from "#kernel/fleet/lease.ts";
import { scheduleDone, scheduleId, schedulesDone } from "#kernel/fleet/schedule-rows.ts";
import type { Log } from "#sdk/plugin.ts";
import type { NewJob, Published } from "#sdk/queue.ts";
import type { Store, StoreSession } from "#sdk/store.ts";
import type { ScheduleHolder } from "./jobs.ts";
import { MISSED_MS_MAX, doneOf, dueOf, jobAt, scheduledJob, waitMsOf } from "./schedule-times.ts";
import type { ScheduledJob } from "./schedule-times.ts";
import type { Schedules } from "./schedules.ts";

export interface FleetSchedulesParts {
  readonly store: () => Promise<Store>;
  /** Those with another queue are another fleet. */
  readonly scope: string;
  /** Who this agent is to people: `host/4711`. */
  readonly holder: string;
  readonly keys: JobKeys;
  readonly log: Log;
  /** Throws when it could not be run. */
  ready(job: NewJob): NewJob & { readonly id: string };
  publish(jobs: readonly (NewJob & { readonly id: string })[]): Promise<readonly Published[]>;
  /** The first was published to no avail, or nobody knows; the other stands for it. */
  replaced(id: string, by: string): void;
  readonly clock?: Clock;
  readonly read?: (plan: JobSchedulePlan) => ScheduledJob;
  readonly ttlMs?: number;
  readonly everyMs?: number;
}

interface Entry extends ScheduledJob {
  readonly id: string;
  doneMs: number;
}

/** One minute of a schedule, claimed under this job. */
interface Claimed {
  readonly entry: Entry;
  readonly dueMs: number;
  readonly jobId: string;
  readonly hash?: string;
}

const AGAIN_MS = 2000;
/** A store or a queue that does not answer is not waited for: what is left over the next agent finds. */
const CLOSE_MS = 5000;

export class FleetSchedules implements Schedules {
  readonly #parts: FleetSchedulesParts;
  readonly #closing = new AbortController();
  #entries: readonly Entry[] = [];
  #candidate: Candidate | undefined;
  #lease = "";
  #leading: Promise<void> = Promise.resolve();
  #ending: Promise<unknown> = Promise.resolve();
  #changed = new AbortController();
  #hasLeftOver = true;
  #problem: string | undefined;

  constructor(parts: FleetSchedulesParts) {
    this.#parts = parts;
  }

  /** One that is new to all agents begins with the next minute. */
  apply(schedules: readonly JobSchedulePlan[]): void {
    const { scope, read = scheduledJob, store, holder, log, clock, ttlMs, everyMs } = this.#parts;
    const entries = schedules.map((plan): Entry => {
      const schedule = read(plan);
      return { ...schedule, id: scheduleId(scope, plan.name, schedule.says), doneMs: Number.NaN };
    });
    const name = `jobs/schedules/${sha256(entries.map(({ id }) => id).toSorted().join("\n")).toString("base64url").slice(0, 22)}`;
    if (name === this.#lease && this.#candidate !== undefined) {
      const before = new Map(this.#entries.map((entry) => [entry.id, entry.doneMs]));
      this.#entries = entries.map((entry) => ({ ...entry, doneMs: before.get(entry.id) ?? entry.doneMs }));
      this.#changed.abort();
      return;
    }
    const old = this.#candidate;
    this.#ending = Promise.all([this.#ending, old?.close()]);
    this.#entries = entries;
    this.#lease = name;
    this.#candidate = undefined;
    if (entries.length === 0) return;
    this.#candidate = new Candidate({ store, name, holder, log, won: (lease) => (this.#leading = this.#leading.then(() => this.#lead(lease, name))), ...(clock === undefined ? {} : { clock }), ...(ttlMs === undefined ? {} : { ttlMs }), ...(everyMs === undefined ? {} : { everyMs }) });
  }

  get holder(): ScheduleHolder | undefined {
    const candidate = this.#candidate;
    return candidate === undefined ? undefined : { schedules: this.#entries.length, isOurs: candidate.lease !== undefined, ...candidate.seen };
  }

  /** What it is submitting is submitted; another agent may follow at once. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#changed.abort();
    await within(CLOSE_MS, this.#leading);
    await Promise.all([this.#ending, this.#candidate?.close()]);
  }

  async #lead(lease: Lease, name: string): Promise<void> {
    const { clock = systemClock, keys, log, store } = this.#parts;
    let isRead = false;
    this.#hasLeftOver = true;
    while (lease.isHeld && !this.#closing.signal.aborted && this.#lease === name) {
      this.#changed = new AbortController();
      let waitMs = AGAIN_MS;
      try {
        if (!isRead) {
          const done = await lease.write((session) => schedulesDone(session, this.#entries.map(({ id, plan }) => ({ id, name: plan.name })), lease.now()));
          for (const entry of this.#entries) entry.doneMs = done.get(entry.id) ?? lease.now();
          await keys.sweep(await store());
          isRead = true;
        }
        await this.#submit(lease);
        this.#problem = undefined;
        if (!this.#hasLeftOver) waitMs = waitMsOf(this.#entries, lease.now());
      } catch (error) {
        if (error instanceof LeaseLost) return;
        const { message } = toError(error);
        if (this.#problem !== message) log.warn("a schedule's job cannot be submitted; it is tried again", { error });
        this.#problem = message;
      }
      await clock.pause(waitMs, AbortSignal.any([lease.signal, this.#changed.signal, this.#closing.signal]));
    }
  }

  async #submit(lease: Lease): Promise<void> {
    const nowMs = lease.now();
    for (const entry of this.#entries) entry.doneMs = doneOf(entry.doneMs, nowMs);
    const due = this.#entries.map((entry) => ({ entry, due: dueOf(entry, entry.doneMs, nowMs) })).filter(({ due: { lastMs } }) => lastMs !== undefined);
    if (due.length === 0 && !this.#hasLeftOver) return;
    for (const { entry, due: { isLate } } of due) if (isLate) this.#parts.log.warn("a schedule was missed by more than an hour; what is older is left out", { schedule: entry.plan.name });
    const claimed = await lease.write(async (session) => {
      const left = this.#hasLeftOver ? await this.#takeLeftOver(session, nowMs) : [];
      const claims = due.flatMap(({ entry, due: { minutes } }) => minutes.map((dueMs): Claimed => ({ entry, dueMs, jobId: orderedId(nowMs) })));
      const answers = claims.length === 0 ? undefined : await this.#parts.keys.claimIn(session, claims.map(({ entry, dueMs, jobId }) => ({ key: keyOf(entry, dueMs), jobId, schedule: { id: entry.id, dueMs } })));
      for (const { entry, due: { lastMs = nowMs } } of due) await scheduleDone(session, entry.id, lastMs, nowMs);
      return [...left, ...claims.filter(({ entry, dueMs }) => answers?.get(keyOf(entry, dueMs))?.is === "ours")];
    });
    for (const { entry, due: { lastMs } } of due) entry.doneMs = lastMs ?? entry.doneMs;
    this.#hasLeftOver = true;
    this.#hasLeftOver = !(await this.#publish(claimed));
  }

  /** Claimed by somebody who never said that it is published: ours from now on, as another job. */
  async #takeLeftOver(session: StoreSession, nowMs: number): Promise<readonly Claimed[]> {
    const { keys, log, replaced } = this.#parts;
    const entries = new Map(this.#entries.map((entry) => [entry.id, entry]));
    const taken: Claimed[] = [];
    for (const { hash, jobId: from, schedule, dueMs } of await keys.leftOver(session, [...entries.keys()])) {
      const entry = entries.get(schedule);
      if (entry === undefined) continue;
      if (dueMs < nowMs - MISSED_MS_MAX) {
        log.warn("a schedule's job could not be submitted for more than an hour, and is left out", { schedule: entry.plan.name });
        await keys.leaveOut(session, hash);
        continue;
      }
      const jobId = orderedId(nowMs);
      if (!(await keys.retakeIn(session, { hash, from, jobId }))) continue;
      replaced(from, jobId);
      taken.push({ entry, dueMs, jobId, hash });
    }
    return taken;
  }

  /** False: some could not be published. */
  async #publish(claimed: readonly Claimed[]): Promise<boolean> {
    const { keys, log, publish, ready } = this.#parts;
    const jobs = claimed.flatMap(({ entry, dueMs, jobId }) => {
      try {
        return [ready({ ...jobAt(entry, dueMs, markOf(entry)), id: jobId })];
      } catch (error) {
        const { message } = toError(error);
        if (this.#problem !== message) log.warn("a schedule's job cannot be submitted; it is tried again", { schedule: entry.plan.name, error });
        this.#problem = message;
        return [];
      }
    });
    if (jobs.length === 0) return claimed.length === 0;
    const published = await publish(jobs);
    const ids = new Map<string, string>();
    for (const [index, { key = "", id }] of jobs.entries()) {
      const there = published[index]?.id ?? id;
      // The queue has it already, as the job that it was before it was taken over.
      if (there !== id) await keys.replace(key, id, there);
      ids.set(key, there);
    }
    await keys.published(ids);
    return jobs.length === claimed.length;
  }
}

/** Tells schedules of one name apart. */
function markOf({ id }: Entry): string {
  return `${id.slice(0, 8)}/`;
}

function keyOf(entry: Entry, dueMs: number): string {
  return jobAt(entry, dueMs, markOf(entry)).key;
}
