// All queues, and the steps that change them: a step is in the journal whole or not at all, and only then in memory.
import { Bell } from "#base/bell.ts";
import type { Clock } from "#base/clock.ts";
import type { Log } from "#sdk/plugin.ts";
import { EventQueue } from "./event-queue.ts";
import type { QueueBounds, Taken } from "./event-queue.ts";
import { Journal } from "./journal/journal.ts";
import type { OperationTaker, OperationWriter } from "./journal/operations.ts";

export interface Step {
  /** Whole lines that go into each of these queues. */
  readonly put?: { readonly queues: readonly EventQueue[]; readonly bytes: Buffer; readonly count: number };
  /** What was taken is done. */
  readonly done?: { readonly queue: EventQueue; readonly taken: Taken };
  /** What was taken goes back to the front; its consumer failed so often. */
  readonly failed?: { readonly queue: EventQueue; readonly taken: Taken; readonly failures: number };
  /** Of an instance: what was read of a line whose end has not come; with `isMore` behind what was told of it before. */
  readonly carry?: { readonly instance: string; readonly isMore: boolean; readonly bytes: Buffer };
  /** Of an instance: the step tells all that its chunks up to this one held. */
  readonly landed?: { readonly instance: string; readonly chunk: number };
}

interface StoreParts {
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** A journal file may always grow to this. */
  readonly fileBytesMin?: number | undefined;
}

/** New queues begin with the time as their number, so that the id of an event never comes twice, whatever became of the journal. */
const SEQUENCES_A_MS = 1000;
/** How soon a disk that took nothing is tried again. */
const DISK_RETRY_MS = 1000;
/** Of queues that nobody has planned. */
export const UNBOUND: QueueBounds = { eventsMax: Infinity, bytesMax: Infinity };
const SNAPSHOT_BYTES = 256 << 10;

export class QueueStore {
  /** Rings when the disk may take something again. */
  readonly diskBell = new Bell();
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #journal: Journal;
  #queues = new Map<string, EventQueue>();
  /** Short numbers of queues in the present file; those that are not in it have none there yet. */
  #numbers = new Map<EventQueue, number>();
  #nextNumber = 1;
  #carries = new Map<string, Buffer[]>();
  #landed = new Map<string, number>();
  #retry: NodeJS.Timeout | undefined;
  #isFull = false;
  #isClosed = false;

  constructor({ dir, clock, log, fileBytesMin }: StoreParts) {
    this.#clock = clock;
    this.#log = log;
    this.#journal = new Journal({
      dir,
      log,
      fileBytesMin,
      restart: () => this.#restart(),
      tellHeld: (writer, endFrame) => this.#tellHeld(writer, endFrame),
      onUntold: () => this.#numbers.clear(),
      heldBytes: () => this.#queues.values().reduce((sum, queue) => sum + queue.bytes, 0),
    });
  }

  /** As it was found in the journal, or a new one. */
  queue(key: string, bounds: QueueBounds): EventQueue {
    const found = this.#queues.get(key);
    if (found !== undefined) {
      found.bound(bounds);
      return found;
    }
    const queue = new EventQueue(key, this.#clock.now() * SEQUENCES_A_MS, bounds);
    this.#queues.set(key, queue);
    return queue;
  }

  keys(): readonly string[] {
    return [...this.#queues.keys()];
  }

  /** With all it holds. */
  drop(key: string): void {
    const queue = this.#queues.get(key);
    if (queue === undefined) return;
    this.#queues.delete(key);
    // Asked for only now: the step may begin another file, which knows nothing of this queue any more. Where the disk does not take it, the next start finds a
    // queue of a process that is gone, and drops it.
    this.#append((writer) => {
      const number = this.#numbers.get(queue);
      if (number !== undefined) writer.drop(number);
    });
    this.#numbers.delete(queue);
    queue.dropWaiting();
  }

  /** False: the disk takes nothing, and all is as it was before. */
  commit(step: Step): boolean {
    const { put, done, failed, carry, landed } = step;
    if (!this.#append((writer) => this.#tell(writer, step))) return false;
    if (carry !== undefined) this.#carry(carry.instance, carry.isMore, carry.bytes);
    if (landed !== undefined) this.#landed.set(landed.instance, landed.chunk);
    done?.queue.settle(done.taken);
    failed?.queue.giveBack(failed.taken, failed.failures);
    if (put === undefined) return true;
    for (const queue of put.queues) queue.put(put.bytes, put.count);
    for (const queue of put.queues) queue.onPut();
    return true;
  }

  /** Drops what waits; gives how many, or nothing when the disk does not take it. */
  clear(queue: EventQueue): number | undefined {
    const waiting = queue.waiting();
    if (waiting.length === 0) return 0;
    const isTaken = this.#append((writer) => {
      const number = this.#numberOf(queue, writer);
      for (const { firstSeq, count } of waiting) writer.done(number, firstSeq, count);
    });
    if (!isTaken) return undefined;
    queue.dropWaiting();
    return waiting.reduce((sum, { count }) => sum + count, 0);
  }

  /** What the agent before had read of a line whose end had not come, by instance. */
  carries(): ReadonlyMap<string, Buffer> {
    return new Map(this.#carries.entries().map(([instance, parts]) => [instance, Buffer.concat(parts)]));
  }

  /** The last chunk of an instance that was told; 0: none. */
  chunkTold(instance: string): number {
    return this.#landed.get(instance) ?? 0;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.diskBell.ring();
    await this.#journal.close();
  }

  #append(tell: (writer: OperationWriter) => void): boolean {
    const isTaken = this.#journal.append(tell);
    if (this.#isClosed) return false;
    if (isTaken !== this.#isFull) return isTaken;
    this.#isFull = !isTaken;
    if (isTaken) this.#log.info("events are taken again");
    else {
      this.#log.error("events are not taken: the journal cannot be written", { error: this.#journal.cause.message });
      this.#tryAgain();
    }
    return isTaken;
  }

  #tryAgain(): void {
    this.#retry = setTimeout(() => {
      this.diskBell.ring();
      if (this.#isFull) this.#tryAgain();
    }, DISK_RETRY_MS).unref();
  }

  #tell(writer: OperationWriter, { put, done, failed, carry, landed }: Step): void {
    if (done !== undefined) writer.done(this.#numberOf(done.queue, writer), done.taken.firstSeq, done.taken.count);
    if (failed !== undefined && failed.failures !== 0) writer.failed(this.#numberOf(failed.queue, writer), failed.taken.firstSeq, failed.failures);
    if (put !== undefined) {
      const numbers = put.queues.map((queue) => this.#numberOf(queue, writer));
      writer.put(numbers, put.count, put.bytes);
    }
    if (carry !== undefined) writer.carry(carry.instance, carry.isMore, carry.bytes);
    if (landed !== undefined) writer.landed(landed.instance, landed.chunk);
  }

  #numberOf(queue: EventQueue, writer: OperationWriter): number {
    const known = this.#numbers.get(queue);
    if (known !== undefined) return known;
    const number = this.#nextNumber++;
    this.#numbers.set(queue, number);
    writer.queue(number, queue.key, queue.nextSeq);
    return number;
  }

  #carry(instance: string, isMore: boolean, bytes: Buffer): void {
    if (!isMore && bytes.length === 0) this.#carries.delete(instance);
    else if (isMore) (this.#carries.get(instance) ?? []).push(Buffer.from(bytes));
    else this.#carries.set(instance, [Buffer.from(bytes)]);
  }

  #tellHeld(writer: OperationWriter, endFrame: () => void): void {
    this.#numbers.clear();
    for (const queue of this.#queues.values()) this.#tellQueue(queue, writer, endFrame);
    for (const [instance, bytes] of this.carries()) writer.carry(instance, false, bytes);
    for (const [instance, chunk] of this.#landed) writer.landed(instance, chunk);
  }

  /** A queue is introduced anew before each piece that does not follow the one before. */
  #tellQueue(queue: EventQueue, writer: OperationWriter, endFrame: () => void): void {
    const number = this.#nextNumber++;
    this.#numbers.set(queue, number);
    let seq: number | undefined;
    let bytesTold = 0;
    for (const { firstSeq, count, bytes } of queue.held()) {
      if (firstSeq !== seq) writer.queue(number, queue.key, firstSeq);
      writer.put([number], count, bytes);
      seq = firstSeq + count;
      bytesTold += bytes.length;
      if (bytesTold < SNAPSHOT_BYTES) continue;
      endFrame();
      bytesTold = 0;
    }
    if (seq !== queue.nextSeq) writer.queue(number, queue.key, queue.nextSeq);
    for (const [failed, failures] of queue.failures()) writer.failed(number, failed, failures);
    endFrame();
  }

  #restart(): OperationTaker {
    this.#queues = new Map();
    this.#numbers = new Map();
    this.#carries = new Map();
    this.#landed = new Map();
    this.#nextNumber = 1;
    const byNumber = new Map<number, EventQueue>();
    const known = (number: number): EventQueue => {
      const queue = byNumber.get(number);
      if (queue === undefined) throw new RangeError(`queue ${number} was not introduced`);
      return queue;
    };
    return {
      queue: (number, key, nextSeq) => {
        const queue = this.#queues.get(key) ?? new EventQueue(key, nextSeq, UNBOUND);
        queue.nextSeq = nextSeq;
        byNumber.set(number, queue);
        this.#queues.set(key, queue);
        this.#numbers.set(queue, number);
        this.#nextNumber = Math.max(this.#nextNumber, number + 1);
      },
      put: (numbers, count, bytes) => {
        for (const number of numbers) known(number).put(bytes, count);
      },
      done: (number, firstSeq, count) => known(number).forget(firstSeq, count),
      failed: (number, seq, failures) => known(number).recall(seq, failures),
      drop: (number) => {
        const queue = known(number);
        byNumber.delete(number);
        this.#numbers.delete(queue);
        this.#queues.delete(queue.key);
      },
      carry: (instance, isMore, bytes) => this.#carry(instance, isMore, bytes),
      landed: (instance, chunk) => void this.#landed.set(instance, chunk),
      whole() {},
    };
  }
}
