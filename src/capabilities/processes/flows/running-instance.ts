// One running instance of a process: gives it its events, reads what it prints, and settles an event when its contract says so.
//
// The acknowledgement is believed only after what stood in standard output before it has been read. Both pipes are looked at in one round of the event
// loop, so: after the acknowledgement whole rounds are waited for until one brought nothing.
import type { Readable, Writable } from "node:stream";
import { backoffMs } from "#base/backoff.ts";
import type { ChildEnd } from "#base/child/child-tree.ts";
import { openContract } from "./contract.ts";
import type { Contract } from "./contract.ts";
import { EventInHand } from "./event-in-hand.ts";
import type { InstanceParts } from "./event-in-hand.ts";
import type { EventQueue } from "./event-queue.ts";
import type { InstanceIo, InstanceRequest } from "./instance-io.ts";
import { KeptLines } from "./kept-lines.ts";
import { countLines, LineCutter, linesOf } from "./line-bytes.ts";
import type { OutputSource } from "./output-source.ts";
import type { ProcessFlow } from "./process-flow.ts";
import { textsOf } from "./process-flow.ts";
import { Results } from "./results.ts";

export interface InstanceStreams {
  readonly stdin: Writable | null;
  readonly stdout: OutputSource | null;
  readonly stderr: Readable | null;
  /** What it printed and we have not read is there for the next agent. */
  readonly isOutliving: boolean;
}

const STDERR_LINES = 50;
const STDERR_BYTES = 256 << 10;
/** What is handed over at once where nobody asks for an acknowledgement. */
const CHUNK_BYTES = 256 << 10;
/** Rounds that are waited for an end of what it prints, after an acknowledgement. */
const ROUNDS_MAX = 1000;
/** Rounds of the event loop without anything, after which a stream that has not ended counts as read. */
const QUIET_ROUNDS = 4;
/** Of a dead child's streams: more than was in them can only be somebody else's, whom it had started. */
const LAST_READS_MAX = 64;

export class RunningInstance implements InstanceIo {
  readonly #flow: ProcessFlow;
  readonly #request: InstanceRequest;
  readonly #parts: InstanceParts;
  readonly #contract: Contract;
  readonly #stdin: Writable | null;
  readonly #stdout: OutputSource | null;
  readonly #stderr: Readable | null;
  readonly #messages: LineCutter;
  readonly #lastStderr = new KeptLines<undefined>(STDERR_LINES, STDERR_BYTES);
  readonly #hand: EventInHand;
  readonly #results: Results;
  #reads = 0;
  #isDraining = false;
  #isInputClosed = false;
  #isDead = false;
  /** Between two tries of an event that it refused. */
  #isPaused = false;
  /** Its results would find no room behind it. */
  #isRoomless = false;
  #isCutSaid = false;
  #isEndSeen = false;

  constructor(flow: ProcessFlow, request: InstanceRequest, { stdin, stdout, stderr, isOutliving }: InstanceStreams, parts: InstanceParts) {
    this.#flow = flow;
    this.#request = request;
    this.#parts = parts;
    const { plan } = flow;
    const contract = openContract(plan.ack.type, plan.encoding);
    this.#contract = contract;
    const sayCut = (): void => this.#sayCut();
    this.#messages = new LineCutter(plan.lineBytesMax, sayCut);
    this.#results = new Results({ ...parts, flow, instance: request.instance, source: stdout, isOutliving, isHolding: () => contract.isAcked && 0 < this.#hand.count }, sayCut);
    this.#hand = new EventInHand({ ...parts, flow, contract, results: this.#results, onFree: () => this.pump(), onSilent: () => void (this.#isDead || request.onSilent()) });
    this.#stdin = stdin;
    this.#stdout = stdout;
    this.#stderr = stderr;
    stdin?.on("error", () => this.#inputBroke());
    stdout?.onChunk((chunk) => this.#printed(chunk));
    stderr?.on("error", () => {}).on("data", (chunk: Buffer) => this.#saidChunk(chunk));
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
    this.#messages.bytesMax = this.#flow.plan.lineBytesMax;
    this.#results.replan();
    this.pump();
  }

  async died(end: ChildEnd): Promise<void> {
    this.#isDead = true;
    this.#results.died();
    await this.#readToEnd();
    const rest = this.#results.rest();
    // A line that a signal cut off is no line; one that the program left without its end is.
    if (rest !== undefined && end.signal === null) this.#whole(rest);
    const message = this.#messages.rest();
    if (message !== undefined) this.#saidLines(message);
    await this.#hand.settleLast();
    await this.#results.finish();
    this.#isEndSeen = this.#stdout?.isEnded ?? true;
    this.#flow.instances.delete(this);
    for (const stream of [this.#stdin, this.#stdout, this.#stderr]) stream?.destroy();
    this.#hand.tellSettled();
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    if (!this.#isDead && !this.#hand.isSilent) await this.#hand.settled(); // Of one that has been silent for too long nothing more is expected.
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
    return this.#hand.count;
  }

  #isFree(): boolean {
    return this.#hand.isEmpty && this.#stdin !== null && !this.#isDead && !this.#isDraining && !this.#isInputClosed && !this.#isPaused && !this.#isRoomless;
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
    this.#hand.take(queue, taken, event);
    this.#flow.note(this.#request.instance, "stdin", taken.bytes, 1);
    this.#stdin?.write(this.#contract.written(event));
  }

  /** Whole lines without an acknowledgement: done when they are written. A part of what waits, where others compete for it. */
  #giveChunk(queue: EventQueue): void {
    const others = queue === this.#flow.own ? this.#flow.instances.size : this.#flow.instances.size + 1;
    const taken = queue.take(others === 1 ? Infinity : Math.max(1, Math.ceil(queue.events / (2 * others))), CHUNK_BYTES);
    if (taken === undefined) return;
    this.#hand.take(queue, taken, { id: "", line: taken.bytes, attempt: 1 });
    this.#flow.note(this.#request.instance, "stdin", taken.bytes, taken.count);
    this.#stdin?.write(taken.bytes, (error) => {
      // What a broken pipe did not take goes back when it is seen to be broken, or the child to be dead.
      if (error === null || error === undefined) void this.#hand.done(taken);
    });
  }

  #printed(chunk: Buffer): void {
    this.#reads += 1;
    const whole = this.#results.cut(chunk);
    if (whole !== undefined) this.#whole(whole);
    this.#results.chunkAdded();
  }

  #whole(whole: Buffer): void {
    const count = countLines(whole);
    this.#flow.note(this.#request.instance, "stdout", whole, count);
    this.#flow.eventsOut += count;
    if (this.#request.onLine !== undefined) for (const text of textsOf(whole, this.#flow)) this.#request.onLine(text);
    if (this.#contract.isOnStdout) this.#readAnswers(whole);
    else this.#results.add(whole, count);
  }

  #readAnswers(whole: Buffer): void {
    for (const line of linesOf(whole)) {
      const meaning = this.#contract.ofStdout(line, this.#hand.event);
      if (meaning.is === "result" || meaning.is === "result-ack") this.#results.add(withItsEnd(line, whole));
      if (meaning.is === "ack" || meaning.is === "result-ack") this.#acked();
      if (meaning.is === "nack") this.#refused(meaning.reason);
    }
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
      const meaning = this.#contract.ofStderr(line, this.#hand.event);
      if (meaning.is === "ack") this.#acked();
      else if (meaning.is === "message") this.#message(withItsEnd(line, whole));
    }
  }

  #message(lines: Buffer): void {
    this.#flow.note(this.#request.instance, "stderr", lines);
    this.#lastStderr.add(undefined, 0, lines);
    if (0 < this.#hand.count) this.#hand.heard(textsOf(lines, this.#flow));
  }

  #acked(): void {
    if (this.#hand.acknowledge()) this.#doneWhenRead(-1, 0);
  }

  /** The first round is the one the acknowledgement came in. */
  #doneWhenRead(readsBefore: number, rounds: number): void {
    setImmediate(() => {
      if (this.#hand.count === 0 || this.#isDead) return;
      if (this.#reads !== readsBefore && rounds < ROUNDS_MAX) this.#doneWhenRead(this.#reads, rounds + 1);
      else void this.#hand.done();
    });
  }

  /** It said that it cannot do the event: given again after a while, or set aside. */
  #refused(reason: string): void {
    const { failures } = this.#hand;
    if (!this.#hand.acknowledge()) return;
    this.#isPaused = true;
    const wait = backoffMs(failures + 1, { firstMs: 100, mostMs: 30_000 });
    void Promise.resolve(this.#hand.failed(reason === "" ? "nack" : `nack: ${reason}`)).then(async () => {
      await this.#parts.clock.pause(wait, this.#parts.closing);
      this.#isPaused = false;
      this.pump();
    });
  }

  /** Its standard input is closed, though it may live on: what waits stays for the next. */
  #inputBroke(): void {
    if (this.#isInputClosed) return;
    this.#isInputClosed = true;
    if (!this.#contract.isAcked) void this.#hand.failed(""); // An event that it had may be acknowledged still.
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

  #sayCut(): void {
    if (this.#isCutSaid) return;
    this.#isCutSaid = true;
    this.#parts.log.warn("line too long: cut", { process: this.#flow.plan.name, bytesMax: this.#flow.plan.lineBytesMax });
  }
}

/** A line of whole lines, with its end. */
function withItsEnd(line: Buffer, whole: Buffer): Buffer {
  const start = line.byteOffset - whole.byteOffset;
  return whole.subarray(start, start + line.length + 1);
}
