// The event that an instance has, or the chunk of them where nobody asks for an acknowledgement: until it is done, goes back to the front of its queue, or aside.
import { steadyNow } from "#base/clock.ts";
import type { Clock } from "#base/clock.ts";
import type { Log } from "#sdk/plugin.ts";
import type { Contract, GivenEvent } from "./contract.ts";
import type { EventQueue, Taken } from "./event-queue.ts";
import type { FlowAlert } from "./flows.ts";
import type { ProcessFlow } from "./process-flow.ts";
import type { QueueStore, Step } from "./queue-store.ts";
import type { Results } from "./results.ts";

/** What all instances have in common. */
export interface InstanceParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: QueueStore;
  /** Aborts when the flows are closed. */
  readonly closing: AbortSignal;
  onAlert(alert: FlowAlert): void;
  /** Writes an event aside; gives false when that cannot be done now. */
  setAside(flow: ProcessFlow, event: GivenEvent, reason: string): boolean;
}

interface HandParts extends InstanceParts {
  readonly flow: ProcessFlow;
  readonly contract: Contract;
  readonly results: Results;
  /** It is settled, and the next one may be given. */
  onFree(): void;
  /** It was silent over its event for too long. */
  onSilent(): void;
}

interface Given {
  readonly queue: EventQueue;
  readonly taken: Taken;
  readonly event: GivenEvent;
  readonly sinceMs: number;
}

const SAID_LINES = 50;
/** How long an event that is acknowledged is left alone by the time-out. */
const SETTLE_MS = 1000;
const EXCEPTION = /Exception|Traceback/;

export class EventInHand {
  readonly #parts: HandParts;
  #given: Given | undefined;
  #isAcked = false;
  /** Messages since the event was given. */
  #said: string[] = [];
  #isWatched = false;
  #isSilent = false;
  /** Of an event that the disk does not let go, or that failed. */
  #settling: Promise<void> | undefined;
  #onSettled: (() => void)[] = [];

  constructor(parts: HandParts) {
    this.#parts = parts;
  }

  /** Nothing is in hand, and the child has not fallen silent over what was. */
  get isEmpty(): boolean {
    return this.#given === undefined && !this.#isSilent;
  }

  /** What an acknowledgement can be about: an event that has none yet. */
  get event(): GivenEvent | undefined {
    return this.#isAcked ? undefined : this.#given?.event;
  }

  get count(): number {
    return this.#given?.taken.count ?? 0;
  }

  get failures(): number {
    return this.#given?.taken.failures ?? 0;
  }

  /** Where an acknowledgement is asked for, the time for it begins. */
  take(queue: EventQueue, taken: Taken, event: GivenEvent): void {
    const { flow, contract, clock } = this.#parts;
    this.#given = { queue, taken, event, sinceMs: contract.isAcked ? steadyNow(clock) : 0 };
    this.#said = [];
    if (contract.isAcked && !this.#isWatched && 0 < flow.plan.ack.timeoutMs) void this.#watchTime();
  }

  /** From now on nothing that is said is about the event. False: there is none that it could be about. */
  acknowledge(): boolean {
    if (this.event === undefined) return false;
    this.#isAcked = true;
    return true;
  }

  heard(messages: readonly string[]): void {
    if (this.#given !== undefined) this.#said = [...this.#said, ...messages].slice(-SAID_LINES);
  }

  /** With all that was printed for it. Waits for the disk, if it takes nothing. `of`: only if it is this that is in hand still. */
  done(of = this.#given?.taken): Promise<void> | void {
    const given = this.#given;
    if (given === undefined || given.taken !== of) return;
    if (this.#settling !== undefined) return this.#settling;
    const { contract, results, store } = this.#parts;
    const step: Step = { done: { queue: given.queue, taken: given.taken }, ...(contract.isAcked ? results.heldStep() : {}) };
    if (!store.commit(step)) return (this.#settling = this.#doneLater(step, given.taken.count));
    this.#settled(given.taken.count);
  }

  /** To the front of its queue, or aside. What was printed for it is dropped. */
  failed(reason: string): Promise<void> | void {
    const given = this.#given;
    if (given === undefined) return;
    if (this.#settling !== undefined) return this.#settling;
    const giving = this.#giveUp(given, reason);
    if (this.#given === given) this.#settling = giving; // It may be settled already.
    return giving;
  }

  /** Its consumer is dead, and all that it ever printed was read. */
  async settleLast(): Promise<void> {
    if (this.#isAcked) await this.done();
    else await this.failed("died");
  }

  /** The time for its acknowledgement is over: it is to be ended. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Resolves when nothing is in hand. */
  async settled(): Promise<void> {
    if (this.#given !== undefined) await new Promise<void>((resolve) => this.#onSettled.push(resolve));
  }

  tellSettled(): void {
    for (const tell of this.#onSettled.splice(0)) tell();
  }

  /** Ends a child that is silent for too long over an event. One watch for all its events: it looks again when the time of the present one is over. */
  async #watchTime(): Promise<void> {
    this.#isWatched = true;
    const { clock, closing, flow } = this.#parts;
    while (this.#given !== undefined && !closing.aborted) {
      const leftMs = this.#given.sinceMs + flow.plan.ack.timeoutMs - steadyNow(clock);
      if (leftMs <= 0 && !this.#isAcked) {
        this.#isSilent = true;
        this.tellSettled(); // Whoever ends it waits for nothing more.
        this.#parts.onSilent();
        break;
      }
      await clock.pause(this.#isAcked ? SETTLE_MS : Math.max(1, leftMs), closing);
    }
    this.#isWatched = false;
  }

  async #doneLater(step: Step, events: number): Promise<void> {
    const { store, closing, results } = this.#parts;
    while (!closing.aborted) {
      await store.diskBell.rung(closing);
      if (!store.commit(step)) continue;
      results.heldStepWasLate();
      return this.#settled(events);
    }
  }

  #settled(events: number): void {
    this.#parts.flow.eventsIn += events;
    if (this.#said.some((text) => EXCEPTION.test(text))) this.#alert();
    this.#release();
    this.#parts.onFree();
  }

  #release(): void {
    this.#given = undefined;
    this.#settling = undefined;
    this.#isAcked = false;
    this.#said = [];
    this.tellSettled();
    this.#parts.results.released();
  }

  async #giveUp({ queue, taken, event }: Given, reason: string): Promise<void> {
    const { flow, contract, results, store, closing, setAside } = this.#parts;
    results.dropHeld();
    const { ack } = flow.plan;
    const failures = taken.failures + 1;
    const isSkipped = contract.isAcked && (ack.onFailure === "skip" || (ack.attemptsMax !== null && ack.attemptsMax <= failures));
    if (contract.isAcked) this.#alert();
    let isAside = false;
    while (!closing.aborted) {
      if (isSkipped) {
        isAside ||= setAside(flow, event, reason);
        if (isAside && store.commit({ done: { queue, taken } })) break;
      } else if (store.commit({ failed: { queue, taken, failures: contract.isAcked ? failures : 0 } })) break;
      await store.diskBell.rung(closing);
    }
    this.#release();
  }

  #alert(): void {
    const { flow, clock, onAlert } = this.#parts;
    const text = this.#said.join("\n");
    const from = text.search(EXCEPTION);
    const event = this.#given?.event;
    onAlert({ process: flow.plan.name, atMs: clock.now(), message: from < 0 ? text : text.slice(from), event: event === undefined ? "" : flow.text(event.line) });
  }
}
