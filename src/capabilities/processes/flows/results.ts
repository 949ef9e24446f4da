// What an instance prints, on its way into the queues behind it. While an event is in hand that is to be acknowledged, its results are held, and go into the
// same step of the journal that says the event is done; else they go on at once. Nobody reads what it prints while a queue behind it is full.
//
// What is read stays where it landed until the journal has it, or it comes again by itself. Its standard output outlives us where it is a named pipe: a line of which half was read is in the journal, too, so that the next agent can make it whole.
import type { Clock } from "#base/clock.ts";
import type { Log } from "#sdk/plugin.ts";
import { countLines, LineCutter } from "./line-bytes.ts";
import type { OutputSource } from "./output-source.ts";
import type { ProcessFlow } from "./process-flow.ts";
import type { QueueStore, Step } from "./queue-store.ts";

export interface ResultsParts {
  readonly flow: ProcessFlow;
  readonly instance: number;
  readonly source: OutputSource | null;
  /** What it printed and we have not read is there for the next agent. */
  readonly isOutliving: boolean;
  readonly store: QueueStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts when the flows are closed. */
  readonly closing: AbortSignal;
  /** An event is in hand, and what is printed belongs to it. */
  isHolding(): boolean;
}

/** Results of one event that are held until it is done; beyond it they go on before. */
const HELD_BYTES_MAX = 32 << 20;
/** How long what a dead child had printed waits for a disk that takes nothing. */
const DISK_WAIT_MS = 5000;
const NOTHING = Buffer.alloc(0);

export class Results {
  readonly #parts: ResultsParts;
  readonly #name: string;
  readonly #lines: LineCutter;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isHeldTooMuch = false;
  /** Lines that the disk did not take. */
  #stuck: Buffer[] = [];
  #retrying: Promise<void> | undefined;
  #isWaitingForRoom = false;
  #isDead = false;
  /** What the journal holds of a line whose end has not come. */
  #carryTold = 0;
  #isCarryExact = false;

  constructor(parts: ResultsParts, onCut: () => void) {
    this.#parts = parts;
    this.#name = carryName(parts.flow.plan.name, parts.instance);
    this.#lines = new LineCutter(parts.flow.plan.lineBytesMax, onCut);
  }

  /** Lines that are whole now; undefined: none. */
  cut(chunk: Buffer): Buffer | undefined {
    const whole = this.#lines.push(chunk);
    if (whole === undefined) {
      if (this.#isTelling() && !this.#parts.isHolding()) this.#tellCarry(chunk);
      else this.#isCarryExact = false;
    }
    return whole;
  }

  /** All that a chunk held has been added. */
  chunkAdded(): void {
    if (this.#stuck.length === 0) this.#parts.source?.landing?.release();
  }

  /** Whole lines go on at once, or with the event that they belong to. */
  add(lines: Buffer, count?: number): void {
    if (this.#parts.flow.behind.length === 0) return;
    if (!this.#parts.isHolding()) return this.#put(lines, count);
    this.#held.push(lines);
    this.#heldBytes += lines.length;
    if (this.#heldBytes <= HELD_BYTES_MAX) return;
    this.#sayTooMuch();
    this.#put(this.#takeHeld());
  }

  /** What belongs to the event in hand, for the step that says it is done. */
  heldStep(): Pick<Step, "put" | "carry"> {
    const { behind } = this.#parts.flow;
    const bytes = this.#held.length === 0 ? undefined : this.#takeHeld();
    if (behind.length === 0) return {};
    return { ...(bytes === undefined ? {} : { put: { queues: behind, bytes, count: countLines(bytes) } }), ...this.#carry() };
  }

  /** The step with what was held came late: more has been read since. */
  heldStepWasLate(): void {
    this.#isCarryExact = false;
  }

  /** Of an event that failed: what was printed for it comes again. */
  dropHeld(): void {
    this.#takeHeld();
  }

  /** No event is in hand any more. */
  released(): void {
    this.#isHeldTooMuch = false;
    this.#holdUp();
  }

  /** What lies behind may be others now. */
  replan(): void {
    this.#lines.bytesMax = this.#parts.flow.plan.lineBytesMax;
    if (this.#isWaitingForRoom) this.#goOn();
  }

  /** It has ended: what is in its pipe is read, whether there is room or not. */
  died(): void {
    this.#isDead = true;
    this.#parts.source?.landing?.release(); // Of lines that the disk does not take; others are to land there.
    this.#parts.source?.resume();
  }

  /** A last line that has no end. */
  rest(): Buffer | undefined {
    return this.#lines.rest();
  }

  /** All has been read and handed on that ever will be. */
  async finish(): Promise<void> {
    const { store, clock, closing } = this.#parts;
    if (this.#retrying !== undefined) await Promise.race([this.#retrying, clock.pause(DISK_WAIT_MS, closing)]);
    if (0 < this.#carryTold) store.commit({ carry: { instance: this.#name, isMore: false, bytes: NOTHING } });
  }

  #put(lines: Buffer, count = countLines(lines)): void {
    const isTaken = this.#stuck.length === 0 && this.#parts.store.commit({ put: { queues: this.#parts.flow.behind, bytes: lines, count }, ...this.#carry(), ...this.#landed() });
    if (!isTaken) {
      this.#isCarryExact = false;
      this.#stuck.push(lines);
      this.#retrying ??= this.#retryStuck();
    }
    this.#holdUp();
  }

  #holdUp(): void {
    const isHeldUp = !this.#parts.isHolding() || this.#isHeldTooMuch;
    if (this.#isWaitingForRoom || this.#isDead || !isHeldUp) return;
    const full = this.#parts.flow.fullBehind();
    if (full === undefined && this.#stuck.length === 0) return;
    this.#isWaitingForRoom = true;
    this.#parts.source?.pause();
    full?.whenFree(() => this.#goOn());
  }

  #goOn(): void {
    this.#isWaitingForRoom = false;
    this.#holdUp();
    if (!this.#isWaitingForRoom) this.#parts.source?.resume();
  }

  async #retryStuck(): Promise<void> {
    const { flow, store, closing } = this.#parts;
    while (0 < this.#stuck.length && !closing.aborted) {
      await store.diskBell.rung(closing);
      while (0 < this.#stuck.length) {
        const bytes = this.#stuck[0] as Buffer;
        if (!store.commit({ put: { queues: flow.behind, bytes, count: countLines(bytes) }, ...(this.#stuck.length === 1 ? this.#landed() : {}) })) break;
        this.#stuck.shift();
      }
    }
    this.#isCarryExact = false;
    if (this.#isTelling()) this.#tellCarry(NOTHING);
    this.chunkAdded();
    this.#retrying = undefined;
    this.#goOn();
  }

  #takeHeld(): Buffer {
    const held = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return held;
  }

  #isTelling(): boolean {
    return this.#parts.isOutliving && 0 < this.#parts.flow.behind.length && this.#stuck.length === 0;
  }

  /** `more` is all that was not told yet, if the journal has the rest. */
  #tellCarry(more: Buffer): void {
    const isMore = this.#isCarryExact && 0 < this.#carryTold;
    const bytes = isMore ? more : this.#lines.carry();
    this.#isCarryExact = this.#parts.store.commit({ carry: { instance: this.#name, isMore, bytes }, ...this.#landed() });
    if (this.#isCarryExact) this.#carryTold = (isMore ? this.#carryTold : 0) + bytes.length;
  }

  /** With a step that says something of whole lines: what is left of the one behind them. */
  #carry(): Pick<Step, "carry"> {
    if (!this.#parts.isOutliving) return {};
    const bytes = this.#lines.carry();
    if (bytes.length === 0 && this.#carryTold === 0) return {};
    this.#carryTold = bytes.length;
    this.#isCarryExact = true;
    return { carry: { instance: this.#name, isMore: false, bytes: Buffer.from(bytes) } };
  }

  /** With a step that tells the chunk which is being read. */
  #landed(): Pick<Step, "landed"> {
    const landing = this.#parts.source?.landing;
    return landing === undefined || landing.isEmpty ? {} : { landed: { instance: landing.instance, chunk: landing.chunk } };
  }

  #sayTooMuch(): void {
    if (this.#isHeldTooMuch) return;
    this.#isHeldTooMuch = true;
    this.#parts.log.warn("prints so much for one event that it goes on before the event is done, and comes twice should that fail", { process: this.#parts.flow.plan.name, bytesMax: HELD_BYTES_MAX });
  }
}

/** By which the journal knows an instance. */
export function carryName(process: string, instance: number): string {
  return `${process}\n${instance}`;
}
