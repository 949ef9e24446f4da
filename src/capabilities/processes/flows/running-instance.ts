// One running instance of a process: gives it its events, reads what it prints, and settles an event when its contract says so.
//
// The acknowledgement is believed only after what stood in standard output before it has been read. Both pipes are looked at in one round of the event
// loop, so: after the acknowledgement whole rounds are waited for until one brought nothing. What it printed for an event is held meanwhile and goes
// into the same step of the journal that says the event is done; of an event that failed it is dropped, for it will come again.
import type { Readable, Writable } from "node:stream";
import { backoffMs } from "#base/backoff.ts";
import type { Clock } from "#base/clock.ts";
import type { ChildEnd } from "#base/child/child-tree.ts";
import type { Log } from "#sdk/plugin.ts";
import { openContract } from "./contract.ts";
import type { Contract, GivenEvent } from "./contract.ts";
import type { EventQueue, Taken } from "./event-queue.ts";
import type { FlowAlert } from "./flows.ts";
import type { InstanceIo, InstanceRequest } from "./instance-io.ts";
import { KeptLines } from "./kept-lines.ts";
import { countLines, LineCutter, linesOf } from "./line-bytes.ts";
import type { OutputSource } from "./output-source.ts";
import type { ProcessFlow } from "./process-flow.ts";
import { textsOf } from "./process-flow.ts";
import type { QueueStore, Step } from "./queue-store.ts";

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

export interface InstanceStreams {
  readonly stdin: Writable | null;
  readonly stdout: OutputSource | null;
  readonly stderr: Readable | null;
  /** What it printed and we have not read is there for the next agent. */
  readonly isOutliving: boolean;
}

interface Given {
  readonly queue: EventQueue;
  readonly taken: Taken;
  readonly event: GivenEvent;
  readonly sinceMs: number;
}

const STDERR_LINES = 50;
const STDERR_BYTES = 256 << 10;
/** What is handed over at once where nobody asks for an acknowledgement. */
const CHUNK_BYTES = 256 << 10;
/** Results of one event that are held until it is done; beyond it they go on before. */
const HELD_BYTES_MAX = 32 << 20;
/** Rounds that are waited for an end of what it prints, after an acknowledgement. */
const ROUNDS_MAX = 1000;
/** How long an event that is acknowledged is left alone by the time-out. */
const SETTLE_MS = 1000;
/** How long what a dead child had printed waits for a disk that takes nothing. */
const DISK_WAIT_MS = 5000;
/** Rounds of the event loop without anything, after which a stream that has not ended counts as read. */
const QUIET_ROUNDS = 4;
/** Of a dead child's streams: more than was in them can only be somebody else's, whom it had started. */
const LAST_READS_MAX = 64;
const NOTHING = Buffer.alloc(0);
const EXCEPTION = /Exception|Traceback/;

export class RunningInstance implements InstanceIo {
  readonly #flow: ProcessFlow;
  readonly #request: InstanceRequest;
  readonly #parts: InstanceParts;
  readonly #contract: Contract;
  readonly #stdin: Writable | null;
  readonly #stdout: OutputSource | null;
  readonly #stderr: Readable | null;
  readonly #lines: LineCutter;
  readonly #messages: LineCutter;
  readonly #lastStderr = new KeptLines<undefined>(STDERR_LINES, STDERR_BYTES);
  #given: Given | undefined;
  /** It is acknowledged; what stood in the pipe before is being read. */
  #isAcked = false;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isHeldTooMuch = false;
  /** Messages since the event was given. */
  #said: string[] = [];
  #reads = 0;
  #isWatched = false;
  #isSilent = false;
  #isDraining = false;
  #isInputClosed = false;
  #isDead = false;
  /** Between two tries of an event that it refused. */
  #isPaused = false;
  /** Its results would find no room behind it. */
  #isRoomless = false;
  #isWaitingForRoom = false;
  /** Lines that the disk did not take. */
  #stuck: Buffer[] = [];
  #onSettled: (() => void)[] = [];
  /** Of an event that the disk does not let go, or that failed. */
  #settling: Promise<void> | undefined;
  #retrying: Promise<void> | undefined;
  #isCutSaid = false;
  /** Its standard output outlives us, so a line of which half was read must be in the journal, too. */
  readonly #isOutliving: boolean;
  /** What the journal holds of such a line. */
  #carryTold = 0;
  #isCarryExact = false;
  #isEndSeen = false;

  constructor(flow: ProcessFlow, request: InstanceRequest, streams: InstanceStreams, parts: InstanceParts) {
    this.#isOutliving = streams.isOutliving;
    this.#flow = flow;
    this.#request = request;
    this.#parts = parts;
    const { plan } = flow;
    this.#contract = openContract(plan.ack.type, plan.encoding);
    const sayCut = (): void => this.#sayCut();
    this.#lines = new LineCutter(plan.lineBytesMax, sayCut);
    this.#messages = new LineCutter(plan.lineBytesMax, sayCut);
    this.#stdin = streams.stdin;
    this.#stdout = streams.stdout;
    this.#stderr = streams.stderr;
    this.#stdin?.on("error", () => this.#inputBroke());
    this.#stdout?.onChunk((chunk) => this.#printed(chunk));
    this.#stderr?.on("error", () => {}).on("data", (chunk: Buffer) => this.#saidChunk(chunk));
    flow.instances.add(this);
    this.pump();
  }

  /** Hands the next event over, if there is one and it can take one. */
  pump(): void {
    while (this.#isFree()) {
      const queue = this.#flow.nextSource();
      if (queue === undefined) return;
      if (!this.#contract.isAcked) this.#giveChunk(queue);
      else if (this.#hasRoomBehind()) this.#giveEvent(queue);
      else return;
    }
  }

  /** What lies before and behind it may be others now. */
  replan(): void {
    this.#isRoomless = false;
    this.#lines.bytesMax = this.#flow.plan.lineBytesMax;
    this.#messages.bytesMax = this.#flow.plan.lineBytesMax;
    if (this.#isWaitingForRoom) this.#goOn();
    this.pump();
  }

  async died(end: ChildEnd): Promise<void> {
    this.#isDead = true;
    this.#stdout?.resume();
    await this.#readToEnd();
    const rest = this.#lines.rest();
    // A line that a signal cut off is no line; one that the program left without its end is.
    if (rest !== undefined && end.signal === null) this.#whole(rest);
    const message = this.#messages.rest();
    if (message !== undefined) this.#saidLines(message);
    await this.#settleLast();
    if (this.#retrying !== undefined) await Promise.race([this.#retrying, this.#parts.clock.pause(DISK_WAIT_MS, this.#parts.closing)]);
    if (0 < this.#carryTold) this.#parts.store.commit({ carry: { instance: this.#name, isMore: false, bytes: NOTHING } });
    this.#isEndSeen = this.#stdout?.isEnded ?? true;
    this.#flow.instances.delete(this);
    for (const stream of [this.#stdin, this.#stdout, this.#stderr]) stream?.destroy();
    this.#tellSettled();
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    if (this.#given !== undefined && !this.#isDead) await new Promise<void>((resolve) => this.#onSettled.push(resolve));
    this.#endInput();
  }

  lastStderr(): readonly string[] {
    return this.#lastStderr.last(STDERR_LINES).map(({ line }) => this.#flow.text(line));
  }

  closeInput(): void {
    void this.drain();
  }

  /** Once it is dead: nobody else can write to what it printed to. */
  get isEndSeen(): boolean {
    return this.#isEndSeen;
  }

  get inFlight(): number {
    return this.#given?.taken.count ?? 0;
  }

  #isFree(): boolean {
    return this.#given === undefined && this.#stdin !== null && !this.#isDead && !this.#isDraining && !this.#isInputClosed && !this.#isPaused && !this.#isRoomless && !this.#isSilent;
  }

  #hasRoomBehind(): boolean {
    const full = this.#flow.fullBehind();
    if (full === undefined) return true;
    this.#isRoomless = true;
    full.whenFree(() => {
      this.#isRoomless = false;
      this.pump();
    });
    return false;
  }

  #giveEvent(queue: EventQueue): void {
    const taken = queue.take(1, Infinity);
    if (taken === undefined) return;
    const event = { id: `${queue.key.slice(queue.key.indexOf(":") + 1)}-${taken.firstSeq}`, line: taken.bytes.subarray(0, -1), attempt: taken.failures + 1 };
    this.#given = { queue, taken, event, sinceMs: this.#parts.clock.now() };
    this.#said = [];
    this.#flow.note(this.#request.instance, "stdin", taken.bytes, 1);
    this.#stdin?.write(this.#contract.written(event));
    if (!this.#isWatched && 0 < this.#flow.plan.ack.timeoutMs) void this.#watchTime();
  }

  /** Whole lines without an acknowledgement: done when they are written. A part of what waits, where others compete for it. */
  #giveChunk(queue: EventQueue): void {
    const others = queue === this.#flow.own ? this.#flow.instances.size : this.#flow.instances.size + 1;
    const taken = queue.take(others === 1 ? Infinity : Math.max(1, Math.ceil(queue.events / (2 * others))), CHUNK_BYTES);
    if (taken === undefined) return;
    const event = { id: "", line: taken.bytes, attempt: 1 };
    const given = { queue, taken, event, sinceMs: 0 };
    this.#given = given;
    this.#flow.note(this.#request.instance, "stdin", taken.bytes, taken.count);
    this.#stdin?.write(taken.bytes, (error) => {
      // What a broken pipe did not take goes back when it is seen to be broken, or the child to be dead.
      if (error === null || error === undefined) if (this.#given === given) void this.#commit({ done: { queue, taken } }, taken.count);
    });
  }

  /** Ends a child that is silent for too long over an event. One watch for all its events: it looks again when the time of the present one is over. */
  async #watchTime(): Promise<void> {
    this.#isWatched = true;
    const { clock, closing } = this.#parts;
    while (this.#given !== undefined && !this.#isDead && !closing.aborted) {
      const leftMs = this.#given.sinceMs + this.#flow.plan.ack.timeoutMs - clock.now();
      if (leftMs <= 0 && !this.#isAcked) {
        this.#isSilent = true;
        this.#request.onSilent();
        break;
      }
      await clock.pause(this.#isAcked ? SETTLE_MS : Math.max(1, leftMs), closing);
    }
    this.#isWatched = false;
  }

  #printed(chunk: Buffer): void {
    this.#reads += 1;
    const whole = this.#lines.push(chunk);
    if (whole !== undefined) this.#whole(whole);
    else if (this.#isTelling() && !this.#isHolding()) this.#tellCarry(chunk);
    else this.#isCarryExact = false;
  }

  #isTelling(): boolean {
    return this.#isOutliving && 0 < this.#flow.behind.length && this.#stuck.length === 0;
  }

  #isHolding(): boolean {
    return this.#given !== undefined && this.#contract.isAcked;
  }

  /** `more` is all that was not told yet, if the journal has the rest. */
  #tellCarry(more: Buffer): void {
    const isMore = this.#isCarryExact && 0 < this.#carryTold;
    const bytes = isMore ? more : this.#lines.carry();
    this.#isCarryExact = this.#parts.store.commit({ carry: { instance: this.#name, isMore, bytes } });
    if (this.#isCarryExact) this.#carryTold = (isMore ? this.#carryTold : 0) + bytes.length;
  }

  /** With a step that says something of whole lines: what is left of the one behind them. */
  #carry(): Pick<Step, "carry"> {
    if (!this.#isOutliving) return {};
    const bytes = this.#lines.carry();
    if (bytes.length === 0 && this.#carryTold === 0) return {};
    this.#carryTold = bytes.length;
    this.#isCarryExact = true;
    return { carry: { instance: this.#name, isMore: false, bytes: Buffer.from(bytes) } };
  }

  get #name(): string {
    return carryName(this.#flow.plan.name, this.#request.instance);
  }

  #whole(whole: Buffer): void {
    const count = countLines(whole);
    this.#flow.note(this.#request.instance, "stdout", whole, count);
    this.#flow.eventsOut += count;
    if (this.#request.onLine !== undefined) for (const text of textsOf(whole, this.#flow)) this.#request.onLine(text);
    if (this.#contract.isOnStdout) this.#readAnswers(whole);
    else this.#result(whole, count);
  }

  #readAnswers(whole: Buffer): void {
    for (const line of linesOf(whole)) {
      const meaning = this.#contract.ofStdout(line, this.#isAcked ? undefined : this.#given?.event);
      if (meaning.is === "result" || meaning.is === "result-ack") this.#result(whole.subarray(line.byteOffset - whole.byteOffset, line.byteOffset - whole.byteOffset + line.length + 1));
      if (meaning.is === "ack" || meaning.is === "result-ack") this.#acked();
      if (meaning.is === "nack") this.#refused(meaning.reason);
    }
  }

  /** Goes on at once, or with the event that it belongs to. */
  #result(lines: Buffer, count?: number): void {
    if (this.#flow.behind.length === 0) return;
    if (this.#given !== undefined && this.#contract.isAcked) {
      this.#held.push(lines);
      this.#heldBytes += lines.length;
      if (this.#heldBytes <= HELD_BYTES_MAX) return;
      this.#sayTooMuch();
      const held = this.#takeHeld();
      this.#putNow(held);
    } else this.#putNow(lines, count);
  }

  #putNow(lines: Buffer, count = countLines(lines)): void {
    const isTaken = this.#stuck.length === 0 && this.#parts.store.commit({ put: { queues: this.#flow.behind, bytes: lines, count }, ...this.#carry() });
    if (!isTaken) {
      this.#isCarryExact = false;
      this.#stuck.push(lines);
      this.#retrying ??= this.#retryStuck();
    }
    this.#holdUp();
  }

  /** Nobody reads what it prints while a queue behind it is full. */
  #holdUp(): void {
    const isHeldUp = this.#given === undefined || !this.#contract.isAcked || this.#isHeldTooMuch;
    if (this.#isWaitingForRoom || this.#isDead || !isHeldUp) return;
    const full = this.#flow.fullBehind();
    if (full === undefined && this.#stuck.length === 0) return;
    this.#isWaitingForRoom = true;
    this.#stdout?.pause();
    full?.whenFree(() => this.#goOn());
  }

  #goOn(): void {
    this.#isWaitingForRoom = false;
    this.#holdUp();
    if (!this.#isWaitingForRoom) this.#stdout?.resume();
  }

  async #retryStuck(): Promise<void> {
    while (0 < this.#stuck.length && !this.#parts.closing.aborted) {
      await this.#parts.store.diskBell.rung(this.#parts.closing);
      while (0 < this.#stuck.length) {
        const bytes = this.#stuck[0] as Buffer;
        if (!this.#parts.store.commit({ put: { queues: this.#flow.behind, bytes, count: countLines(bytes) } })) break;
        this.#stuck.shift();
      }
    }
    this.#isCarryExact = false;
    if (this.#isTelling()) this.#tellCarry(NOTHING);
    this.#retrying = undefined;
    this.#goOn();
  }

  #takeHeld(): Buffer {
    const held = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return held;
  }

  #saidChunk(chunk: Buffer): void {
    if (this.#isDead) this.#reads += 1;
    const whole = this.#messages.push(chunk);
    if (whole !== undefined) this.#saidLines(whole);
  }

  #saidLines(whole: Buffer): void {
    if (this.#request.onLine !== undefined) for (const text of textsOf(whole, this.#flow)) this.#request.onLine(text);
    if (!this.#contract.isOnStderr) return this.#message(whole);
    for (const line of linesOf(whole)) {
      const meaning = this.#contract.ofStderr(line, this.#isAcked ? undefined : this.#given?.event);
      if (meaning.is === "ack") this.#acked();
      else if (meaning.is === "message") this.#message(whole.subarray(line.byteOffset - whole.byteOffset, line.byteOffset - whole.byteOffset + line.length + 1));
    }
  }

  #message(lines: Buffer): void {
    this.#flow.note(this.#request.instance, "stderr", lines);
    this.#lastStderr.add(undefined, 0, lines);
    if (this.#given !== undefined) this.#said = [...this.#said, ...textsOf(lines, this.#flow)].slice(-STDERR_LINES);
  }

  #acked(): void {
    if (this.#given === undefined || this.#isAcked) return;
    this.#isAcked = true;
    this.#commitWhenRead(-1, 0);
  }

  /** The first round is the one the acknowledgement came in. */
  #commitWhenRead(readsBefore: number, rounds: number): void {
    setImmediate(() => {
      const given = this.#given;
      if (given === undefined || this.#isDead) return;
      if (this.#reads !== readsBefore && rounds < ROUNDS_MAX) this.#commitWhenRead(this.#reads, rounds + 1);
      else void this.#commitGiven(given);
    });
  }

  #commitGiven({ queue, taken }: Given): Promise<void> | void {
    const bytes = this.#held.length === 0 ? undefined : this.#takeHeld();
    const put = bytes === undefined || this.#flow.behind.length === 0 ? {} : { put: { queues: this.#flow.behind, bytes, count: countLines(bytes) } };
    return this.#commit({ done: { queue, taken }, ...put, ...(this.#flow.behind.length === 0 ? {} : this.#carry()) }, 1);
  }

  /** Waits for the disk, if it takes nothing. */
  #commit(step: Step, events: number): Promise<void> | void {
    if (this.#settling !== undefined) return this.#settling;
    if (!this.#parts.store.commit(step)) return (this.#settling = this.#commitLater(step, events));
    this.#settled(events);
  }

  async #commitLater(step: Step, events: number): Promise<void> {
    while (!this.#parts.closing.aborted) {
      await this.#parts.store.diskBell.rung(this.#parts.closing);
      if (!this.#parts.store.commit(step)) continue;
      this.#isCarryExact = false;
      return this.#settled(events);
    }
  }

  #settled(events: number): void {
    this.#flow.eventsIn += events;
    if (this.#said.some((text) => EXCEPTION.test(text))) this.#alert();
    this.#release();
    this.pump();
  }

  #release(): void {
    this.#given = undefined;
    this.#settling = undefined;
    this.#isAcked = false;
    this.#isHeldTooMuch = false;
    this.#said = [];
    this.#tellSettled();
    this.#holdUp();
  }

  #tellSettled(): void {
    for (const tell of this.#onSettled.splice(0)) tell();
  }

  /** It said that it cannot do the event: given again after a while, or set aside. */
  #refused(reason: string): void {
    const given = this.#given;
    if (given === undefined || this.#isAcked) return;
    this.#isAcked = true; // What it says of the event from now on counts no more.
    this.#isPaused = true;
    const wait = backoffMs(given.taken.failures + 1, { firstMs: 100, mostMs: 30_000 });
    void this.#failed(given, reason === "" ? "nack" : `nack: ${reason}`).then(async () => {
      await this.#parts.clock.pause(wait, this.#parts.closing);
      this.#isPaused = false;
      this.pump();
    });
  }

  /** To the front of its queue, or aside. What was printed for it is dropped. */
  #failed(given: Given, reason: string): Promise<void> {
    if (this.#settling !== undefined) return this.#settling;
    const giving = this.#giveUp(given, reason);
    if (this.#given === given) this.#settling = giving; // It may be settled already.
    return giving;
  }

  async #giveUp({ queue, taken, event }: Given, reason: string): Promise<void> {
    this.#takeHeld();
    const { ack } = this.#flow.plan;
    const failures = taken.failures + 1;
    const isSkipped = this.#contract.isAcked && (ack.onFailure === "skip" || (ack.attemptsMax !== null && ack.attemptsMax <= failures));
    if (this.#contract.isAcked) this.#alert(event);
    let isAside = false;
    while (!this.#parts.closing.aborted) {
      if (isSkipped) {
        isAside ||= this.#parts.setAside(this.#flow, event, reason);
        if (isAside && this.#parts.store.commit({ done: { queue, taken } })) break;
      } else if (this.#parts.store.commit({ failed: { queue, taken, failures: this.#contract.isAcked ? failures : 0 } })) break;
      await this.#parts.store.diskBell.rung(this.#parts.closing);
    }
    this.#release();
  }

  #alert(event = this.#given?.event): void {
    const text = this.#said.join("\n");
    const from = text.search(EXCEPTION);
    this.#parts.onAlert({ process: this.#flow.plan.name, atMs: this.#parts.clock.now(), message: from < 0 ? text : text.slice(from), event: event === undefined ? "" : this.#flow.text(event.line) });
  }

  /** Its standard input is closed, though it may live on: what waits stays for the next. */
  #inputBroke(): void {
    if (this.#isInputClosed) return;
    this.#isInputClosed = true;
    const given = this.#given;
    if (this.#contract.isAcked || given === undefined) return; // An event that it had may be acknowledged still.
    void this.#failed(given, "");
  }

  #endInput(): void {
    this.#isInputClosed = true;
    this.#stdin?.end();
  }

  /** Until both streams have ended, or a round brought nothing: a grandchild may hold them open. */
  #readToEnd(): Promise<void> {
    return new Promise((resolve) => {
      const first = this.#reads;
      let before = -1;
      let quiet = 0;
      const look = (): void => {
        const isEnded = (this.#stdout?.isEnded ?? true) && (this.#stderr?.readableEnded ?? true);
        quiet = this.#reads === before ? quiet + 1 : 0;
        before = this.#reads;
        if (isEnded || QUIET_ROUNDS <= quiet || first + LAST_READS_MAX < this.#reads) resolve();
        else setImmediate(look);
      };
      setImmediate(look);
    });
  }

  async #settleLast(): Promise<void> {
    const given = this.#given;
    if (given === undefined) return;
    if (this.#isAcked) await this.#commitGiven(given);
    else await this.#failed(given, "died");
  }

  #sayCut(): void {
    if (this.#isCutSaid) return;
    this.#isCutSaid = true;
    this.#parts.log.warn("line too long: cut", { process: this.#flow.plan.name, bytesMax: this.#flow.plan.lineBytesMax });
  }

  #sayTooMuch(): void {
    if (this.#isHeldTooMuch) return;
    this.#isHeldTooMuch = true;
    this.#parts.log.warn("prints so much for one event that it goes on before the event is done, and comes twice should that fail", { process: this.#flow.plan.name, bytesMax: HELD_BYTES_MAX });
  }
}

/** By which the journal knows an instance. */
export function carryName(process: string, instance: number): string {
  return `${process}\n${instance}`;
}
