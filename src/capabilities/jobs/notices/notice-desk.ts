// Brings notices to whom they are for. They come as jobs of the house out of the embedded queue; no worker process has to be there for them.
import { hostname } from "node:os";
import { lang } from "#base/lang.ts";
import { orderedId } from "#base/ordered-id.ts";
import { BusyError, PermanentError, toError } from "#base/errors.ts";
import { backoffMs } from "#base/backoff.ts";
import type { NotifierPlan } from "#kernel/config/notifiers-plan.ts";
import type { Notice, Notifier } from "#sdk/notifier.ts";
import type { Log } from "#sdk/plugin.ts";
import type { Delivery, Outcome } from "#sdk/queue.ts";
import type { NotifierTrial } from "../jobs.ts";
import { RateLimits } from "../rate-limits.ts";
import type { RuleFacts } from "../worker-protocol.ts";
import { noticeRule, notifierOf } from "./notice-jobs.ts";

export interface NoticeDeskParts {
  readonly plan: () => readonly NotifierPlan[];
  readonly open: (plan: NotifierPlan) => Promise<Notifier>;
  readonly log: Log;
  /** A notice was given up: nobody is told of that by a notice. */
  readonly failed: (delivery: Delivery, outcome: Extract<Outcome, { readonly type: "failed" }>) => void;
}

/** Beside the time that its notifier may take. */
const LEASE_SPARE_MS = 30_000;
const SAID_CHARACTERS_MAX = 300;
const RATE_WAIT_MS = 1000;

interface Open {
  readonly plan: NotifierPlan;
  readonly notifier: Promise<Notifier>;
  underWay: number;
  /** The config says something else of it by now: it is closed when nothing is under way. */
  isReplaced: boolean;
}

export class NoticeDesk {
  readonly #parts: NoticeDeskParts;
  readonly #open = new Map<string, Open>();
  readonly #rates = new RateLimits(() => null);
  readonly #underWay = new Map<Delivery, AbortController>();
  #allDone: (() => void) | undefined;
  #isEnding = false;

  constructor(parts: NoticeDeskParts) {
    this.#parts = parts;
  }

  /** At a time, of all notifiers. */
  get slots(): number {
    return this.#parts.plan().reduce((sum, { concurrency }) => sum + concurrency, 0);
  }

  /** As the queue knows rules: how many at a time, how often. */
  get rules(): readonly RuleFacts[] {
    return this.#parts.plan().map(factsOf);
  }

  take(delivery: Delivery): void {
    const { job } = delivery;
    const name = notifierOf(job.rule);
    const plan = this.#parts.plan().find((each) => each.name === name);
    if (this.#isEnding) return void settle(delivery, { type: "released" });
    if (plan === undefined) return this.#fail(delivery, { type: "failed", error: { kind: "NO_NOTIFIER", message: `the config has no notifier ${name ?? job.rule}` } });
    const facts = factsOf(plan);
    // The queue holds back what came too often of late; some it has handed over already.
    if (!this.#rates.mayBegin(facts)) return void settle(delivery, { type: "released", afterMs: RATE_WAIT_MS });
    this.#rates.begun(facts);
    void this.#deliver(delivery, plan);
  }

  /** Whether others are to be held back than before. */
  get heldBack(): ReadonlySet<string> | undefined {
    return this.#rates.changed(this.rules) ? this.#rates.heldBack : undefined;
  }

  /** One that somebody sends to see whether it arrives: at once, once, and kept nowhere. */
  async try(plan: NotifierPlan, by: string, nowMs: number): Promise<NotifierTrial> {
    const begunMs = performance.now();
    const trial = (isDelivered: boolean, said: string): NotifierTrial => ({ isDelivered, said: said.slice(0, SAID_CHARACTERS_MAX), ms: Math.round(performance.now() - begunMs) });
    const host = hostname();
    const words = (plan.lang ?? lang()) === "ko" ? { subject: `[${host}] 두레 시험 알림`, text: "이 알림이 보이면 설정이 맞습니다." } : { subject: `[${host}] Trial notice of Dure`, text: "If you can read this, the notifier works." };
    try {
      const notice = { ...words, id: orderedId(nowMs), attempt: 1, atMs: nowMs, host, data: { notifier: plan.name, by } };
      return trial(true, await this.#by(plan, (notifier) => notifier.deliver(notice, AbortSignal.timeout(plan.timeoutMs))));
    } catch (thrown) {
      return trial(false, toError(thrown).message);
    }
  }

  lost(delivery: Delivery): void {
    this.#underWay.get(delivery)?.abort(new Error("the lease was lost"));
  }

  /** Lets end what is under way, so long; the rest is begun again after the next start. */
  async end(drainMs: number): Promise<void> {
    this.#isEnding = true;
    if (0 < this.#underWay.size) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#allDone = resolve;
      const timer = setTimeout(() => this.abort(), drainMs);
      await promise;
      clearTimeout(timer);
    }
    await Promise.all([...this.#open.values()].map(({ notifier }) => close(notifier)));
  }

  abort(): void {
    this.#isEnding = true;
    for (const controller of this.#underWay.values()) controller.abort(new Error("the agent ends"));
  }

  async #deliver(delivery: Delivery, plan: NotifierPlan): Promise<void> {
    const { job } = delivery;
    const controller = new AbortController();
    this.#underWay.set(delivery, controller);
    delivery.extend(plan.timeoutMs * 2 + LEASE_SPARE_MS);
    const timer = setTimeout(() => controller.abort(new Error(`it took longer than ${plan.timeoutMs} ms`)), plan.timeoutMs);
    let outcome: Outcome;
    try {
      const said = await this.#by(plan, (notifier) => notifier.deliver({ ...(JSON.parse(job.data) as Notice), id: job.id, attempt: job.attempt }, controller.signal));
      outcome = { type: "succeeded", result: JSON.stringify(said.slice(0, SAID_CHARACTERS_MAX)) };
    } catch (thrown) {
      outcome = this.#isEnding && controller.signal.aborted ? { type: "released" } : outcomeOf(toError(thrown), plan, job.attempt - job.losses);
    }
    clearTimeout(timer);
    if (outcome.type === "failed") this.#fail(delivery, outcome);
    else await settle(delivery, outcome);
    this.#underWay.delete(delivery);
    if (this.#underWay.size === 0) this.#allDone?.();
  }

  #fail(delivery: Delivery, outcome: Extract<Outcome, { readonly type: "failed" }>): void {
    const { job } = delivery;
    this.#parts.log.error("a notice was given up", { notifier: notifierOf(job.rule), job: job.id, why: outcome.error.message, hint: "`dure jobs retry` sends it again." });
    this.#parts.failed(delivery, outcome);
    void settle(delivery, outcome);
  }

  /** What is under way when the config changes arrives by what it began with: broken off, it would come twice. */
  async #by(plan: NotifierPlan, work: (notifier: Notifier) => Promise<string>): Promise<string> {
    const open = this.#notifier(plan);
    open.underWay += 1;
    try {
      return await work(await open.notifier);
    } finally {
      open.underWay -= 1;
      if (open.isReplaced && open.underWay === 0) void close(open.notifier);
    }
  }

  /** Opened with the first notice, and anew when the config says something else of it. */
  #notifier(plan: NotifierPlan): Open {
    const before = this.#open.get(plan.name);
    if (before !== undefined && JSON.stringify(before.plan) === JSON.stringify(plan)) return before;
    const open: Open = { plan, notifier: this.#parts.open(plan), underWay: 0, isReplaced: false };
    open.notifier.catch(() => this.#open.get(plan.name) === open && this.#open.delete(plan.name));
    this.#open.set(plan.name, open);
    if (before !== undefined) {
      before.isReplaced = true;
      if (before.underWay === 0) void close(before.notifier);
    }
    return open;
  }
}

function factsOf({ name, concurrency, rate }: NotifierPlan): RuleFacts {
  return { name: noticeRule(name), module: "", function: name, file: "", runtime: "node", concurrency, ...(rate === null ? {} : { rate }) };
}

function outcomeOf(error: Error, { attempts, backoff: { firstMs, mostMs } }: NotifierPlan, failures: number): Outcome {
  const told = { kind: error instanceof PermanentError ? "REFUSED" : "UNREACHED", message: error.message };
  if (error instanceof PermanentError || attempts <= failures) return { type: "failed", error: told };
  return { type: "retry", afterMs: error instanceof BusyError ? error.afterMs : backoffMs(failures, { firstMs, mostMs }), error: told };
}

/** A queue that was closed meanwhile gives it again after the next start. */
async function settle(delivery: Delivery, outcome: Outcome): Promise<void> {
  await delivery.settle(outcome).catch(() => {});
}

async function close(notifier: Promise<Notifier>): Promise<void> {
  await notifier.then((open) => open.close()).catch(() => {});
}
