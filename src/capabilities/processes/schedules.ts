// What is done with processes at given times. What each schedule has done stands in a small file, so that a minute is neither forgotten nor done twice over a restart.
//
// A minute that was missed (the machine slept, the agent was busy or away, the clock was set on) is made up for when it is less than an hour ago: a message with
// ##DATE_TIME## is sent for each such minute, in their order, for each is another event; anything else is done once. What is older is left out, and said.
// A clock that is set back does nothing twice; one that is set back by more than that hour was wrong before, and schedules begin anew from the time it shows.
import { readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { systemCode, toError } from "#base/errors.ts";
import type { Clock } from "#base/clock.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { ProcessesPlan, SchedulePlan } from "#kernel/config/process-plan.ts";
import { parseSchedule } from "#kernel/schedule.ts";
import type { Schedule } from "#kernel/schedule.ts";
import type { Log } from "#sdk/plugin.ts";
import { notFound } from "./process-failures.ts";

export interface ScheduleActions {
  /** Resolves when the message is in the process's queue. */
  send(process: string, message: string, signal: AbortSignal): Promise<void>;
  start(process: string, by: string): Promise<void>;
  stop(process: string, by: string): Promise<void>;
  restart(process: string, by: string): Promise<void>;
}

export interface SchedulesParts {
  /** Where what they have done is kept. */
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly actions: ScheduleActions;
  /** One has run, or could not. */
  onRun?(run: { readonly schedule: string; readonly process: string; readonly atMs: number; readonly problem?: string }): void;
}

export interface ScheduleStatus {
  readonly name: string;
  readonly nextRunMs: number | null;
  readonly lastRunMs: number | null;
  readonly lastProblem?: string;
}

/** Of what is kept in the file. */
interface Kept {
  /** What it says: one that says something else begins anew. */
  readonly says: string;
  /** All its minutes up to here are done, or left out. */
  doneMs: number;
  lastRunMs: number | null;
  lastProblem?: string;
}

interface Entry {
  readonly plan: SchedulePlan;
  readonly times: Schedule;
  readonly kept: Kept;
  /** Its minutes that are due are being done. */
  isBusy: boolean;
}

const MISSED_MS_MAX = 60 * 60_000;
/** How long the clock may have gone another way before somebody looks. */
const LOOK_MS = 15_000;
const DATE_TIME = "##DATE_TIME##";

export class Schedules {
  readonly #parts: SchedulesParts;
  readonly #kept: Map<string, Kept>;
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #entries = new Map<string, Entry>();
  #changed = new AbortController();
  #isOn = false;
  #lookedMs: number;
  #saving: Promise<void> = Promise.resolve();

  constructor(parts: SchedulesParts) {
    this.#parts = parts;
    this.#kept = readKept(parts);
    this.#lookedMs = parts.clock.now();
    this.#track(this.#run());
  }

  /** Goes over to what the config says now. One that says the same goes on where it was; a new one begins with the next minute. */
  apply({ schedules, settings: { areSchedulesRun } }: Pick<ProcessesPlan, "schedules"> & { readonly settings: Pick<ProcessesPlan["settings"], "areSchedulesRun"> }): void {
    const now = this.#parts.clock.now();
    const wasOn = this.#isOn || this.#entries.size === 0; // What an agent before had missed counts as missed.
    const before = this.#entries;
    this.#entries = new Map();
    for (const plan of schedules) {
      const says = JSON.stringify([plan.cron, plan.process, plan.action, plan.message, plan.timeZone ?? null]);
      const known = this.#kept.get(plan.name);
      const kept: Kept = known?.says === says ? known : { says, doneMs: now, lastRunMs: known?.lastRunMs ?? null };
      // Switched on, it begins with the next minute; and a time far ahead was of a clock that was wrong.
      if ((areSchedulesRun && !wasOn) || now + MISSED_MS_MAX < kept.doneMs) kept.doneMs = now;
      const old = before.get(plan.name);
      if (old !== undefined && old.kept === kept) this.#entries.set(plan.name, old);
      else this.#add(plan, kept);
    }
    this.#kept.clear();
    for (const [name, { kept }] of this.#entries) this.#kept.set(name, kept);
    this.#isOn = areSchedulesRun;
    this.#save();
    this.#changed.abort();
  }

  list(): readonly ScheduleStatus[] {
    const now = this.#parts.clock.now();
    return [...this.#entries.values()].map(({ plan, times, kept: { lastRunMs, lastProblem } }) => ({
      name: plan.name,
      nextRunMs: this.#isOn ? times.next(now) : null,
      lastRunMs,
      ...(lastProblem === undefined ? {} : { lastProblem }),
    }));
  }

  /** Does now what it does at its time. Rejects when that fails. */
  async run(name: string, by: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw notFound({ en: "schedule", ko: "일정이" }, name, [...this.#entries.keys()]);
    const now = this.#parts.clock.now();
    await this.#act(entry, now - (now % 60_000), by);
    entry.kept.lastRunMs = now;
    delete entry.kept.lastProblem;
    this.#save();
  }

  /** Begins nothing more; what waits for room in a queue is given up, and made up for by the next agent. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#changed.abort();
    await Promise.all(this.#underWay);
    await this.#saving;
  }

  #add(plan: SchedulePlan, kept: Kept): void {
    try {
      this.#entries.set(plan.name, { plan, times: parseSchedule(plan.cron, plan.timeZone), kept, isBusy: false });
    } catch (error) {
      // The config is checked; but a zone may be known to one system and not to another.
      this.#parts.log.error("a schedule cannot run", { schedule: plan.name, error });
      this.#entries.set(plan.name, { plan, times: NEVER_DUE, kept: { ...kept, lastProblem: toError(error).message }, isBusy: false });
    }
  }

  async #run(): Promise<void> {
    const { clock } = this.#parts;
    while (!this.#closing.signal.aborted) {
      this.#changed = new AbortController();
      const now = clock.now();
      if (now < this.#lookedMs - MISSED_MS_MAX) this.#beginAnew(now);
      this.#lookedMs = now;
      if (this.#isOn) for (const entry of this.#entries.values()) this.#doDue(entry, now);
      // Whole minutes are what there is to wait for; a clock that was set is noticed between two of them.
      await clock.pause(Math.min(LOOK_MS, 60_000 - (now % 60_000)), this.#changed.signal);
    }
  }

  #beginAnew(now: number): void {
    this.#parts.log.warn("the clock was set back; schedules go by what it shows now", { byMs: this.#lookedMs - now });
    for (const { kept } of this.#entries.values()) kept.doneMs = Math.min(kept.doneMs, now);
    this.#save();
  }

  #doDue(entry: Entry, now: number): void {
    if (entry.isBusy) return; // What has come meanwhile is found at a look after it.
    const minutes = this.#dueOf(entry, now);
    if (minutes.length === 0) return;
    entry.isBusy = true;
    this.#track(this.#doAll(entry, minutes).finally(() => (entry.isBusy = false)));
  }

  /** Minutes that have come and are not done. */
  #dueOf({ plan, times, kept }: Entry, now: number): number[] {
    const from = Math.max(kept.doneMs, now - MISSED_MS_MAX);
    const left = kept.doneMs < from ? times.next(kept.doneMs) : null;
    if (left !== null && left <= from) {
      this.#parts.log.warn("a schedule was missed by more than an hour, and is left out", { schedule: plan.name, sinceMs: left });
      kept.doneMs = from;
      this.#save();
    }
    const minutes: number[] = [];
    for (let next = times.next(from); next !== null && next <= now; next = times.next(next)) minutes.push(next);
    return plan.message.includes(DATE_TIME) && plan.action === "send" ? minutes : minutes.slice(-1);
  }

  async #doAll(entry: Entry, minutes: readonly number[]): Promise<void> {
    const { clock, log, onRun } = this.#parts;
    const { plan, kept } = entry;
    for (const minute of minutes) {
      if (this.#closing.signal.aborted || this.#entries.get(plan.name) !== entry) return;
      let problem: string | undefined;
      try {
        await this.#act(entry, minute, `schedule ${plan.name}`);
      } catch (error) {
        if (this.#closing.signal.aborted) return; // The next agent makes up for it.
        problem = toError(error).message;
        log.warn("a schedule could not run", { schedule: plan.name, process: plan.process, error });
      }
      kept.doneMs = minute;
      kept.lastRunMs = clock.now();
      if (problem === undefined) delete kept.lastProblem;
      else kept.lastProblem = problem;
      this.#save();
      onRun?.({ schedule: plan.name, process: plan.process, atMs: minute, ...(problem === undefined ? {} : { problem }) });
    }
  }

  async #act({ plan: { action, process, message }, times }: Entry, minute: number, by: string): Promise<void> {
    const { actions } = this.#parts;
    if (action === "send") await actions.send(process, message.replaceAll(DATE_TIME, () => times.stamp(minute)), this.#closing.signal);
    else await actions[action](process, by);
    if (action === "send" && this.#closing.signal.aborted) throw new CommandFailure("UNAVAILABLE", { message: "the agent ends", ko: { message: "에이전트가 종료되고 있습니다" } });
  }

  /** One write at a time; the last says all. */
  #save(): void {
    const { file, log } = this.#parts;
    const text = JSON.stringify(Object.fromEntries(this.#kept));
    this.#saving = this.#saving.then(async () => {
      try {
        await writeFile(`${file}.new`, text, { flush: true });
        await rename(`${file}.new`, file);
      } catch (error) {
        log.warn("what schedules have done could not be kept", { file, error });
      }
    });
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }
}

const NEVER_DUE: Schedule = { next: () => null, stamp: () => "" };

function readKept({ file, log }: SchedulesParts): Map<string, Kept> {
  try {
    const read = JSON.parse(readFileSync(file, "utf8")) as Readonly<Record<string, Partial<Kept> | null>>;
    return new Map(Object.entries(read).flatMap(([name, kept]): [string, Kept][] => {
      const { says, doneMs, lastRunMs = null, lastProblem } = kept ?? {};
      return typeof says === "string" && typeof doneMs === "number" ? [[name, { says, doneMs, lastRunMs, ...(lastProblem === undefined ? {} : { lastProblem }) }]] : [];
    }));
  } catch (error) {
    if (systemCode(error) !== "ENOENT") log.warn("what schedules have done cannot be read; none is made up for", { file, error });
    return new Map();
  }
}
