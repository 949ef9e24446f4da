// The jobs of an agent: queues, dispatcher and workers together, and what one can ask of them. Runs in the thread of the jobs.
import type { Clock } from "#base/clock.ts";
import { within } from "#base/within.ts";
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import { JOB_FAILED } from "#kernel/config/notifiers-plan.ts";
import type { NotifierPlan } from "#kernel/config/notifiers-plan.ts";
import { JobKeys } from "#kernel/fleet/job-keys.ts";
import type { JobPage, JobQuery, JobRecord, JobRow, JobStore } from "#sdk/job-store.ts";
import type { Notifier } from "#sdk/notifier.ts";
import type { Log } from "#sdk/plugin.ts";
import { HOUSE } from "#sdk/queue.ts";
import type { JobError, NewJob, Outcome, Published, Queue, QueueDepth } from "#sdk/queue.ts";
import type { Store } from "#sdk/store.ts";
import { Dispatcher } from "./dispatcher.ts";
import { noJob, noJobs, noNotifier, noRules, notStarted, onlyAtStart } from "./job-failures.ts";
import type { Done, JobEngine, JobEvent, JobsLook, ManagementAnswer, ManagementOrder, NotifierLook, NotifierTrial, RuleLook, Submitted, Which } from "./jobs.ts";
import { FleetSchedules } from "./fleet-schedules.ts";
import { JobSchedules } from "./job-schedules.ts";
import { publishKeyed } from "./keyed-publishing.ts";
import { Management } from "./management.ts";
import { jobNotices } from "./notices/job-notices.ts";
import { notifierLooks } from "./notices/notifier-looks.ts";
import { NoticeDesk } from "./notices/notice-desk.ts";
import { noticeJob, noticeRule } from "./notices/notice-jobs.ts";
import type { NoticeOrder } from "./notices/notice-jobs.ts";
import { Pool } from "./pool.ts";
import type { Ended, Run } from "./run.ts";
import type { Schedules } from "./schedules.ts";
import { withoutSecrets } from "./secret-arguments.ts";
import { argumentOf, readyToPublish } from "./submission.ts";
import type { WorkerPrograms } from "./worker.ts";
import type { RuleProblem } from "./worker-protocol.ts";

export interface EngineParts {
  readonly plan: JobsPlan;
  readonly store: JobStore;
  /** Where jobs go and come from, when it is not the store. */
  readonly broker: Queue | undefined;
  /** As the plan and the rules folder are now. */
  readonly programs: (plan: JobsPlan) => WorkerPrograms;
  readonly openNotifier: (plan: NotifierPlan) => Promise<Notifier>;
  readonly name: string;
  /** How far schedules have come, where this agent has them for itself. */
  readonly schedulesFile: string;
  /** The store that it shares with others; undefined: it shares none. */
  readonly sharedStore?: (() => Promise<Store>) | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly event: (event: JobEvent) => void;
  readonly ended: (ended: Ended) => void;
}

type ReadyJob = NewJob & { readonly id: string };
type End = Omit<Done, keyof Submitted>;

/** Of a query: more are done with the next call. */
const AT_A_TIME = 1000;
const BROKER_MS = 5000;
const WHICH_MAX = 100_000;

export class Engine implements JobEngine {
  readonly #parts: EngineParts;
  readonly #pool: Pool;
  readonly #dispatcher: Dispatcher;
  readonly #management: Management;
  readonly #schedules: Schedules;
  /** Of all agents that share the store and the queue. */
  readonly #keys: JobKeys | undefined;
  readonly #notices: NoticeDesk;
  readonly #brokerOpened = Promise.withResolvers<void>();
  #plan: JobsPlan;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#plan = parts.plan;
    const plan = (): JobsPlan => this.#plan;
    const { clock, log, event, store, name } = parts;
    this.#pool = new Pool({
      plan,
      programs: () => parts.programs(this.#plan),
      log,
      event,
      now: () => clock.now(),
      message: (run, message) => this.#dispatcher.hear(run, message),
      lost: (_worker, runs, end, isOurs) => this.#dispatcher.heldBy(runs, end, isOurs),
      changed: () => this.#dispatcher.changed(),
    });
    const scope = parts.plan.queue.type === "rabbitmq" ? parts.plan.queue.name : "";
    const { sharedStore } = parts;
    this.#keys = sharedStore === undefined ? undefined : new JobKeys({ store: sharedStore, scope, keepMs: () => this.#plan.keepMs, keepMax: () => this.#plan.keepMax });
    this.#notices = new NoticeDesk({
      plan: () => this.#plan.notifiers,
      open: parts.openNotifier,
      log,
      failed: ({ job }, { error }) => event({ name: "notice.failed", data: { notifier: job.rule.slice(noticeRule("").length), job: job.id, about: job.labels?.["event"] ?? "", message: error.message } }),
    });
    const noticesOf = (run: Run, outcome: Outcome): readonly NewJob[] => jobNotices(run, outcome, { notifiers: this.#plan.notifiers, nowMs: clock.now() });
    this.#dispatcher = new Dispatcher({ plan, pool: this.#pool, store, name, now: () => clock.now(), notices: this.#notices, noticesOf, ended: (ended) => this.#tellEnd(ended), ...(this.#keys === undefined ? {} : { keys: this.#keys }) });
    this.#management = new Management({ plan, pool: this.#pool, queued: () => this.#queue.depth().then((depth) => depth?.queued ?? 0), now: () => clock.now(), switched: (isOn) => event({ name: isOn ? "management.started" : "management.stopped", data: {} }) });
    this.#schedules =
      sharedStore === undefined || this.#keys === undefined
        ? new JobSchedules({ file: parts.schedulesFile, clock, log, submit: (jobs) => this.submit(jobs) })
        : new FleetSchedules({
            store: sharedStore,
            scope,
            holder: name,
            keys: this.#keys,
            log,
            ready: (job) => this.#ready([job])[0] ?? { ...job, id: "" },
            publish: (jobs) => this.#publishNow(jobs),
            replaced: (id, by) => parts.broker !== undefined && store.recordAnswer(id, { type: "cancelled", by: `published again as ${by}` }),
          });
    for (const queue of this.#queues) queue.onState((state) => {
      event({ name: state.is === "open" ? "queue.open" : `queue.${state.is}`, data: { queue: queue.place, ...("why" in state ? { why: state.why } : {}) } });
      if (state.is === "open") {
        if (queue === parts.broker) this.#brokerOpened.resolve();
        log.info("the queue of jobs is open", { queue: queue.place });
      }
      else log.warn(`the queue of jobs is ${state.is}`, { queue: queue.place, why: state.why });
    });
  }

  /** Starts the workers, then takes jobs. */
  async begin(): Promise<void> {
    const { workers, slots } = this.#plan;
    await this.#pool.start(workers, slots);
    for (const problem of this.#pool.problems) this.#parts.log.warn("a file of the rules folder cannot be used", { ...problem });
    for (const queue of this.#queues) this.#dispatcher.serve(queue);
    this.#dispatcher.changed();
    // Whoever publishes to a queue that is not declared yet publishes into nothing, and the broker confirms it. One that is away is waited for in the background.
    if (this.#parts.broker !== undefined) await within(BROKER_MS, this.#brokerOpened.promise);
    this.#schedules.apply(this.#plan.schedules);
  }

  async submit(jobs: readonly NewJob[]): Promise<readonly Submitted[]> {
    return this.#publish(this.#ready(jobs));
  }

  /** The embedded queue knows keys itself. */
  #publish(ready: readonly ReadyJob[]): Promise<readonly Published[]> {
    if (this.#keys === undefined || this.#parts.broker === undefined || !ready.some(({ key }) => key !== undefined)) return this.#publishNow(ready);
    return publishKeyed(ready, { keys: this.#keys, publish: (jobs) => this.#publishNow(jobs) });
  }

  #publishNow(ready: readonly ReadyJob[]): Promise<readonly Published[]> {
    if (this.#parts.broker !== undefined) this.#parts.store.recordSent(ready);
    return this.#queue.publish(ready);
  }

  async run(jobs: readonly NewJob[], waitMs: number): Promise<readonly Done[]> {
    const { store } = this.#parts;
    const ready = this.#ready(jobs);
    const ids = [...new Set(ready.map(({ id }) => id))]; // Somebody may give one twice.
    const ends = new Map<string, End>();
    const all = Promise.withResolvers<void>();
    const tell = (id: string, end: End): void => {
      ends.set(id, end);
      if (ends.size === ids.length) all.resolve();
    };
    // Before they are published: one may have ended when that is answered.
    const forget = store.onceEnded(ids, (id, outcome) => tell(id, outcome === undefined ? {} : endOf({ ...outcome, state: outcome.type })));
    const timer = setTimeout(all.resolve, waitMs);
    try {
      const submitted = await this.#publish(ready);
      // One that was there already may have ended long ago.
      for (const [index, { id, isNew }] of submitted.entries()) if (!isNew) void store.whenEnded(id, waitMs).then((record) => tell(ready[index]?.id ?? "", record === undefined ? {} : endOf(record)));
      await all.promise;
      return submitted.map((each, index) => ({ ...each, ...ends.get(ready[index]?.id ?? "") }));
    } finally {
      clearTimeout(timer);
      forget();
    }
  }

  async notify(orders: readonly NoticeOrder[]): Promise<void> {
    await this.#parts.store.publish(orders.map(noticeJob));
  }

  notifiers(): Promise<readonly NotifierLook[]> {
    return notifierLooks(this.#plan.notifiers, this.#parts.store);
  }

  async tryNotifier(name: string, by: string): Promise<NotifierTrial> {
    const plan = this.#plan.notifiers.find((each) => each.name === name);
    if (plan === undefined) throw noNotifier(name, this.#plan.notifiers.map((each) => each.name));
    return this.#notices.try(plan, by, this.#parts.clock.now());
  }

  #ready(jobs: readonly NewJob[]): readonly ReadyJob[] {
    if (this.#plan.isForNoticesOnly === true) throw noJobs();
    return jobs.map((job) => readyToPublish(job, { plan: this.#plan, catalogue: this.#pool.catalogue, problems: this.#pool.problems, mayBeElsewhere: this.#parts.broker !== undefined, now: this.#parts.clock.now() }));
  }

  async wait(id: string, waitMs: number): Promise<JobRecord> {
    return this.#shown((await this.#parts.store.whenEnded(id, waitMs)) ?? (await this.#parts.store.show(id)), id);
  }

  list(query: JobQuery): Promise<JobPage> {
    return this.#parts.store.list(query);
  }

  async show(id: string): Promise<JobRecord> {
    return this.#shown(await this.#parts.store.show(id), id);
  }

  counts(): ReturnType<JobStore["counts"]> {
    return this.#parts.store.counts();
  }

  async replay(which: Which, by: string, edited?: { readonly data: string }): Promise<readonly { readonly id: string; readonly as: string }[]> {
    const other = edited === undefined ? undefined : { data: argumentOf(edited.data, this.#plan).data };
    // A dead letter that was replayed waits for nobody any more; whoever names it means it.
    return this.#each(which, (ids) => this.#parts.store.replay(ids, by, other), ({ replayedAs }) => replayedAs === undefined);
  }

  async cancel(which: Which, by: string): Promise<number> {
    const gone = await this.#each(which, async (ids) => {
      const running = this.#dispatcher.cancel(new Set(ids), by);
      const waiting = await Promise.all(this.#queues.map((queue) => queue.cancel(ids, by)));
      return [...Array.from({ length: running }), ...waiting.flat()];
    });
    return gone.length;
  }

  async forget(which: Which): Promise<number> {
    const gone = await this.#each(which, (ids) => this.#parts.store.forget(ids));
    const keys = new Map(gone.flatMap(({ id, key }) => (key === undefined ? [] : [[key, id]])));
    await this.#keys?.forget(keys).catch((error: unknown) => this.#parts.log.warn("keys of jobs that were forgotten are still taken in the shared store", { keys: keys.size, error, hint: "They are free when `jobs: keep` is over." }));
    return gone.length;
  }

  async look(): Promise<JobsLook> {
    const { backend, place, state } = this.#queue;
    const depth = await this.#depth();
    const { queued, delayed, running, failed } = await this.#parts.store.depthOf(isOfHouse);
    const schedules = this.#schedules.holder;
    return {
      atMs: this.#parts.clock.now(),
      queue: { backend, place, state, ...(depth === undefined ? {} : { depth }) },
      notices: { waiting: queued + delayed + running, failed },
      workers: this.#pool.workers.map((worker) => worker.look()),
      watcher: { isOn: this.#pool.watcher.isOn, intervalMs: this.#plan.watcher.intervalMs },
      management: { isOn: this.#management.isOn },
      ...(this.#plan.isForNoticesOnly === true ? { isForNoticesOnly: true } : {}),
      ...(schedules === undefined ? {} : { schedules }),
      done: { ...this.#dispatcher.done },
    };
  }

  async rules(): Promise<{ readonly rules: readonly RuleLook[]; readonly problems: readonly RuleProblem[] }> {
    const rules = [...this.#pool.catalogue.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
    return { rules: rules.map((rule) => ({ ...rule, ...this.#dispatcher.rules.look(rule.name), heldBack: this.#dispatcher.isHeldBack(rule.name) })), problems: this.#pool.problems };
  }

  async reloadRules(): Promise<{ readonly rules: number; readonly problems: readonly RuleProblem[] }> {
    const problem = await this.#pool.renew();
    if (problem !== undefined) throw problem === "no rules" ? noRules(this.#plan.rulesDir) : notStarted();
    this.#parts.event({ name: "rules.loaded", data: { rules: this.#pool.catalogue.size, problems: this.#pool.problems.length } });
    return { rules: this.#pool.catalogue.size, problems: this.#pool.problems };
  }

  async manage(order: ManagementOrder): Promise<ManagementAnswer> {
    if (this.#plan.isForNoticesOnly === true) throw noJobs();
    return this.#management.run(order);
  }

  async apply(plan: JobsPlan | undefined): Promise<string | undefined> {
    if (plan === undefined) return undefined;
    const before = this.#plan;
    if (JSON.stringify(plan.queue) !== JSON.stringify(before.queue) || JSON.stringify(plan.operator) !== JSON.stringify(before.operator)) this.#parts.log.warn(onlyAtStart.message);
    this.#plan = { ...plan, queue: before.queue, ...(before.operator === undefined ? {} : { operator: before.operator }) };
    this.#pool.watcher.turn(plan.watcher.isOn);
    // One that has rules no more keeps those that it has until nobody runs them.
    const isSameProgram = plan.isForNoticesOnly === true || plan.rulesDir === before.rulesDir && plan.python === before.python && plan.loadTimeoutMs === before.loadTimeoutMs && JSON.stringify(plan.env) === JSON.stringify(before.env) && plan.limits.resultBytesMax === before.limits.resultBytesMax;
    if (!isSameProgram && (await this.#pool.renew()) === "no rules") {
      this.#plan = before;
      return noRules(plan.rulesDir).message;
    }
    if (plan.workers !== before.workers || plan.slots !== before.slots) {
      const old = this.#pool.regular;
      await this.#pool.start(plan.workers, plan.slots);
      this.#pool.retire(old);
    }
    this.#dispatcher.changed();
    this.#schedules.apply(this.#plan.schedules);
    return undefined;
  }

  /** Takes nothing new, lets end what runs. */
  async end(drainMs: number): Promise<void> {
    await this.#schedules.close();
    await this.#dispatcher.stop();
    await Promise.all([this.#pool.end(drainMs), this.#notices.end(drainMs)]);
    this.#dispatcher.close();
    await this.#parts.broker?.close();
    await this.#parts.store.close();
  }

  /** Ends what runs at once; it is begun again after the next start. */
  abort(): Promise<void> {
    this.#notices.abort();
    return this.#pool.abort();
  }

  get #queue(): Queue {
    return this.#parts.broker ?? this.#parts.store;
  }

  get #queues(): readonly Queue[] {
    const { store, broker } = this.#parts;
    return broker === undefined ? [store] : [store, broker];
  }

  #tellEnd(ended: Ended): void {
    const { run: { delivery: { job } }, outcome } = ended;
    if (outcome.type === "failed") this.#parts.event({ name: JOB_FAILED, data: { id: job.id, rule: job.rule, attempt: job.attempt, kind: outcome.error.kind } });
    else if (outcome.type === "lost") this.#parts.event({ name: "job.lost", data: { id: job.id, rule: job.rule, losses: job.losses + 1 } });
    this.#parts.ended(ended);
  }

  #shown(record: JobRecord | undefined, id: string): JobRecord {
    if (record === undefined) throw noJob(id);
    return withoutSecrets(record, this.#pool.secretsOf(record.rule));
  }

  /** Without notices. A broker keeps the dead letters that were replayed, and has those of other agents: ours that were replayed do not count. */
  async #depth(): Promise<QueueDepth | undefined> {
    const { store, broker } = this.#parts;
    const depth = await this.#queue.depth();
    if (depth === undefined) return undefined;
    const house = await store.depthOf(isOfHouse);
    if (broker === undefined) return { queued: depth.queued - house.queued, delayed: depth.delayed - house.delayed, running: depth.running - house.running, failed: depth.failed - house.failed };
    const all = (await store.counts()).reduce((sum, { state, rule, count }) => sum + (state === "failed" && !isOfHouse(rule) ? count : 0), 0);
    const open = ((await store.depth())?.failed ?? all + house.failed) - house.failed;
    return { ...depth, failed: Math.max(open, depth.failed - (all - open)) };
  }

  /** `isMeant` is asked of those that nobody has named. */
  async #each<T>(which: Which, act: (ids: readonly string[]) => Promise<readonly T[]>, isMeant: (job: JobRow) => boolean = () => true): Promise<readonly T[]> {
    if ("ids" in which) return act(which.ids);
    const done: T[] = [];
    // What is made on the way (a replay is a new job) is not gone through as well.
    const toMs = Math.min(which.query.toMs ?? Number.POSITIVE_INFINITY, this.#parts.clock.now() + 1);
    const query = { ...which.query, toMs, limit: AT_A_TIME, order: "oldest" } as const;
    let after: string | undefined;
    do {
      const page: JobPage = await this.#parts.store.list({ ...query, ...(after === undefined ? {} : { after }) });
      done.push(...(await act(page.jobs.filter(isMeant).map(({ id }) => id))));
      after = page.next;
    } while (after !== undefined && done.length < WHICH_MAX);
    return done;
  }
}

function isOfHouse(rule: string): boolean {
  return rule.startsWith(HOUSE);
}

/** Nothing: it has not ended. */
function endOf({ state, result = "null", error = { kind: "Error", message: "" } }: { readonly state: string; readonly result?: string; readonly error?: JobError }): End {
  if (state === "succeeded") return { state, result };
  if (state === "failed") return { state, error };
  return state === "cancelled" ? { state } : {};
}
