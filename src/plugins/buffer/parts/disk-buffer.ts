// Holds batches in files. A batch counts as safe, and its source goes on, when it is in the file (and flushed, with `fsync: every`).
//
// Two places are committed: `buffer:<nth>`, behind what the outputs have, together with what they commit and the number of the last
// group they have (outgoing.ts); and `buffer-end:<nth>`, behind what was settled, together with the source's positions. After a crash
// the few batches behind that end are left out when their source sends them again, so that nothing comes twice.
import fs from "node:fs";
import { join } from "node:path";
import { lockFile } from "#base/lock-file.ts";
import type { Batch } from "#dataplane/batch.ts";
import { framedForm } from "#dataplane/frames.ts";
import type { FrameHead } from "#dataplane/frames.ts";
import type { Delivery, OpenBuffer, PluginContext } from "#sdk/plugin.ts";
import { withMemory } from "#sdk/with-memory.ts";
import { Bell } from "#base/bell.ts";
import { Gatherer } from "./gatherer.ts";
import type { MergeRule } from "./gatherer.ts";
import { NeverSettled } from "./never-settled.ts";
import { Outgoing } from "./outgoing.ts";
import { Quarantine } from "./quarantine.ts";
import { SegmentReader } from "./segment-reader.ts";
import { ClosedError, SegmentWriter, UNSETTLED_MAX } from "./segment-writer.ts";
import type { Fsync } from "./segment-writer.ts";
import { Segments, isBefore, isSame, placeOf } from "./segments.ts";
import type { Place } from "./segments.ts";
import { Tail } from "./tail.ts";
import type { HeldFrame } from "./tail.ts";

/** A merged batch is no larger: it has to fit into memory. */
const MERGED_BYTES_MAX = 8 << 20;
/** A tag that files hold only in part is what it is there. */
const TAG_LENGTH_MAX = 16_000;

export interface DiskOptions {
  readonly dir: string;
  readonly rule: MergeRule;
  readonly bytesMax: number;
  readonly segmentBytesMax: number;
  readonly fsync: Fsync;
}

export async function openDiskBuffer(options: DiskOptions, context: PluginContext): Promise<OpenBuffer> {
  fs.mkdirSync(options.dir, { recursive: true });
  const lock = lockFile(join(options.dir, "lock"), "the disk buffer");
  let buffer: DiskBuffer | undefined;
  try {
    buffer = new DiskBuffer(options, context, () => lock.release());
    await buffer.leaveOutUnsettled();
    await buffer.passOverGiven();
    return buffer;
  } catch (error) {
    if (buffer === undefined) lock.release();
    else await buffer.close();
    throw error;
  }
}

class DiskBuffer implements OpenBuffer {
  readonly isDurable = true;
  readonly #context: PluginContext;
  readonly #rule: MergeRule;
  readonly #segments: Segments;
  readonly #writer: SegmentWriter;
  readonly #reader: SegmentReader;
  readonly #gatherer: Gatherer;
  readonly #outgoing: Outgoing;
  readonly #mergedBytesMax: number;
  readonly #unlock: () => void;
  readonly #bell = new Bell();
  readonly #tail: Tail;
  readonly #neverSettled: NeverSettled;
  /** Behind what is committed as written. */
  #passed: Place;
  readonly #firstOwnSegment: number;
  /** Frames of the last run that their source sends again, as "segment:offset". */
  readonly #leftOut = new Set<string>();
  #batches = 0;
  /** When the oldest unread batch came, for a rule that waits for a time. */
  #unreadSince: number | undefined;
  /** A due time is being served: everything up to here goes on. */
  #drainTo: Place | undefined;
  #reading: Promise<unknown> = Promise.resolve();
  #hasEnded = false;
  #isClosed = false;
  readonly #closing = new AbortController();
  /** Until those have the form for the files that came before. */
  #framing: Promise<void> | undefined;

  constructor({ dir, rule, bytesMax, segmentBytesMax, fsync }: DiskOptions, context: PluginContext, unlock: () => void) {
    const { pool, clock, log } = context;
    this.#context = context;
    this.#rule = rule;
    this.#unlock = unlock;
    this.#segments = new Segments(dir);
    const committed = placeOf(context.committed(this.#key("buffer")));
    const end = placeOf(context.committed(this.#key("buffer-end")));
    const isEmpty = committed === undefined && end === undefined && this.#segments.first === undefined;
    this.#neverSettled = new NeverSettled(dir, { isEmpty, isFlushed: fsync === "every" });
    if (committed !== undefined) void this.#segments.deleteBefore(committed.segment);
    this.#passed = committed ?? { segment: this.#segments.first ?? 0, offset: 0 };
    const key = this.#key("buffer");
    const onAgainPassed = (place: Place): void => this.#pass(place, 0);
    this.#outgoing = new Outgoing({ segments: this.#segments, key, committed: context.committed(key), passed: this.#passed, fsync, pool, clock, log, onAgainPassed });
    const firstSegment = Math.max(this.#segments.end.segment, committed?.segment ?? 0, end?.segment ?? 0, this.#outgoing.lastSegment) + 1;
    this.#firstOwnSegment = firstSegment;
    const isAllPassed = (): boolean => this.#segments.nextReadable(this.#passed) === undefined;
    this.#writer = new SegmentWriter({ segments: this.#segments, firstSegment, segmentBytesMax: Math.min(segmentBytesMax, Math.max(64 << 10, Math.floor(bytesMax / 4))), bytesMax, fsync, clock, log, isAllPassed, onFull: () => this.#bell.ring() });
    this.#reader = new SegmentReader({ segments: this.#segments, start: this.#passed, firstOwnSegment: firstSegment, pool, clock, log, quarantine: new Quarantine(join(dir, "quarantine"), bytesMax), isClosed: () => this.#isClosed });
    this.#mergedBytesMax = Math.min(MERGED_BYTES_MAX, Math.floor(pool.limitBytes / 4));
    this.#tail = new Tail(pool.limitBytes / 4, clock);
    // A rule with nothing but a time waits before reading, so that memory holds nothing meanwhile.
    this.#gatherer = new Gatherer({ rule: this.#waitsUnread ? {} : rule, bytesMax: this.#mergedBytesMax, pool, clock });
    if (!isAllPassed()) this.#unreadSince = clock.now();
  }

  /**
   * Leaves out what the last run wrote but never settled: its source sends it again. There can be no more of it than may be under
   * way at once; where more lies behind the committed end, the positions are older than the buffer, and all of it goes on.
   */
  async leaveOutUnsettled(): Promise<void> {
    const end = placeOf(this.#context.committed(this.#key("buffer-end"))) ?? (this.#neverSettled.isTrue ? { segment: 0, offset: 0 } : undefined);
    if (end === undefined) return;
    const behind: FrameHead[] = [];
    for await (const head of this.#reader.wholeFrames(end)) {
      behind.push(head);
      if (UNSETTLED_MAX < behind.length) return;
    }
    const bytes = this.#segments.bytesFrom(end);
    if (behind.every((head) => head.isReplayable)) this.#segments.truncate(end);
    else for (const head of behind) if (head.isReplayable) this.#leftOut.add(keyOf(head));
    if (0 < bytes) this.#context.log.info("batches of the last run left out: they were not safe yet, and their source sends them again", { batches: behind.length, bytes, ...end });
  }

  /** What is given on again need not be read once more; damage in it is set aside. */
  async passOverGiven(): Promise<void> {
    const { start } = this.#outgoing;
    for (let place = this.#passed; isBefore(place, start); ) {
      const frame = await this.#reader.next();
      frame?.batch.release();
      if (frame !== undefined && !isBefore(frame.head, start)) return this.#reader.skipTo(frame.head);
      place = frame?.end ?? start;
    }
  }

  async append(delivery: Delivery, settle: (delivery: Delivery) => Promise<void>): Promise<boolean> {
    const batch = await this.#framed(delivery.batch);
    if (batch === undefined) return false;
    // A source with positions sends again what was not committed.
    const isReplayable = 0 < Object.keys(delivery.positions ?? {}).length;
    let isKept = false;
    try {
      await this.#writer.append(batch, isReplayable, {
        settle: (end) => settle({ ...delivery, ...this.#ackOf(delivery), batch, positions: { ...delivery.positions, [this.#key("buffer-end")]: { ...end } } }),
        visible: (place, end) => void (isKept = this.#keepInMemory(batch, place, end)),
      });
      this.#bell.ring();
      await this.#tail.pace();
      return true;
    } catch (error) {
      if (error instanceof ClosedError) return false;
      throw error;
    } finally {
      if (!isKept) batch.release();
      this.#bell.ring();
    }
  }

  /** In a form that files hold; undefined when closed before there was memory for that. Nobody overtakes who waits. Consumes the batch, whatever happens. */
  #framed(batch: Batch): Promise<Batch | undefined> | Batch {
    const framed = (): Batch | Promise<Batch> => withMemory(() => framedForm(batch), { batch, clock: this.#context.clock, signal: this.#closing.signal });
    if (this.#framing === undefined && batch.form !== "fields") return batch;
    const framing = (this.#framing ?? Promise.resolve()).then(framed).catch((error: unknown) => {
      if (!batch.isReleased) batch.release();
      if (!this.#closing.signal.aborted) throw error;
      return undefined;
    });
    const settled = framing.then(
      () => undefined,
      () => undefined,
    );
    this.#framing = settled;
    void settled.then(() => (this.#framing = this.#framing === settled ? undefined : this.#framing));
    return framing;
  }

  async read(signal: AbortSignal): Promise<Delivery | undefined> {
    const reading = this.#read(signal);
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  async readRest(signal: AbortSignal): Promise<undefined> {
    this.#writer.stopWaiting();
    while (!this.#hasEnded && !signal.aborted) await this.#bell.rung(signal);
  }

  end(): void {
    this.#hasEnded = true;
    this.#bell.ring();
  }

  held(): { bytes: number; batches: number } {
    return { bytes: this.#segments.bytesFrom(this.#passed), batches: this.#batches };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closing.abort();
    this.#outgoing.abort();
    this.#gatherer.close();
    this.#bell.ring();
    await this.#reading;
    this.#outgoing.close();
    await this.#writer.close();
    this.#tail.release();
    this.#reader.close();
    await this.#segments.deleteBefore(this.#segments.nextReadable(this.#passed) === undefined ? Number.POSITIVE_INFINITY : this.#passed.segment);
    this.#unlock();
  }

  async #read(signal: AbortSignal): Promise<Delivery | undefined> {
    const { clock } = this.#context;
    for (;;) {
      const delivery = await this.#outgoing.next(this.#gatherer);
      if (delivery !== undefined) return delivery;
      if (signal.aborted || this.#isClosed) return undefined;
      if (this.#mayRead() && (await this.#gather())) continue;
      // Nothing more may be read now. What is held goes on if no more comes, or if it keeps an append waiting.
      const dueAt = this.#dueAt;
      if (!this.#gatherer.isEmpty && (this.#hasEnded || this.#writer.isFull || this.#waitsUnread || (dueAt !== undefined && dueAt <= clock.now()))) {
        this.#gatherer.flush();
        continue;
      }
      if (this.#hasEnded) return undefined;
      await this.#bell.rung(signal, dueAt === undefined ? undefined : { clock, ms: Math.max(0, dueAt - clock.now()) });
    }
  }

  get #waitsUnread(): boolean {
    return this.#rule.afterMs !== undefined && this.#rule.rows === undefined && this.#rule.bytes === undefined;
  }

  get #dueAt(): number | undefined {
    if (!this.#waitsUnread) return this.#gatherer.dueAt;
    if (this.#unreadSince === undefined) return undefined;
    this.#unreadSince = Math.min(this.#unreadSince, this.#context.clock.now()); // As Pile.since.
    return this.#unreadSince + (this.#rule.afterMs ?? 0);
  }

  /** Whether batches may be taken out of the files now. */
  #mayRead(): boolean {
    if (!this.#waitsUnread || this.#hasEnded) return true;
    const { clock } = this.#context;
    const dueAt = this.#dueAt;
    if (this.#drainTo === undefined && (this.#writer.isFull || (dueAt !== undefined && dueAt <= clock.now()))) {
      this.#drainTo = this.#segments.end;
      this.#unreadSince = clock.now(); // What comes from now on waits anew.
    }
    return this.#drainTo !== undefined;
  }

  /** Moves one batch from the files to the merged ones; false when there is none to move now. */
  async #gather(): Promise<boolean> {
    const frame = this.#drainTo !== undefined && !isBefore(this.#reader.position, this.#drainTo) ? undefined : await this.#nextFrame();
    if (frame === undefined) {
      this.#drainTo = undefined;
      if (this.#segments.nextReadable(this.#reader.position) === undefined) this.#unreadSince = undefined;
      return false;
    }
    const { batch, end, head } = frame;
    const cut = { place: { segment: head.segment, offset: head.offset }, byte: this.#outgoing.coveredBytes(batch, head) };
    await this.#gatherer.add({ batch, positions: { [this.#key("buffer")]: { ...end } }, ack: async () => this.#pass(end) }, cut);
    if (this.#mergedBytesMax <= Math.max(this.#gatherer.heldBytes, this.#gatherer.openBytes)) this.#gatherer.flush();
    return true;
  }

  async #nextFrame(): Promise<HeldFrame | undefined> {
    const first = this.#tail.take(this.#segments.nextReadable(this.#reader.position));
    if (first !== undefined) {
      this.#reader.skipTo(first.end);
      return first;
    }
    for (;;) {
      const frame = await this.#reader.next();
      if (frame === undefined) return undefined;
      if (frame.end.segment < this.#firstOwnSegment) this.#batches += 1;
      if (!this.#leftOut.delete(keyOf(frame.head))) return frame;
      frame.batch.release();
    }
  }

  /** Whether it took the batch over: whoever reads it next works on it in place, so it must be nobody else's by then. */
  #keepInMemory(batch: Batch, place: Place, end: Place): boolean {
    this.#batches += 1;
    this.#unreadSince ??= this.#context.clock.now();
    const isNext = isSame(this.#segments.nextReadable(this.#tail.end ?? this.#reader.position), place);
    return isNext && !this.#waitsUnread && batch.tag.length <= TAG_LENGTH_MAX && this.#tail.add({ batch, head: place, end });
  }

  /** Everything before `end` is written elsewhere and committed. */
  #pass(end: Place, batches = 1): void {
    if (isBefore(this.#passed, end)) this.#passed = end;
    this.#batches -= batches;
    this.#writer.roomMade();
    if (this.#segments.first !== this.#passed.segment) void this.#segments.deleteBefore(this.#passed.segment).then(() => this.#writer.roomMade());
  }

  /** An ack comes after the commit. */
  #ackOf({ ack }: Delivery): Pick<Delivery, "ack"> {
    if (!this.#neverSettled.isTrue) return {};
    return {
      ack: async () => {
        await this.#neverSettled.end();
        await ack?.();
      },
    };
  }

  #key(kind: "buffer" | "buffer-end"): string {
    return `${kind}:${this.#context.nth}`;
  }
}

function keyOf({ segment, offset }: Place): string {
  return `${segment}:${offset}`;
}
