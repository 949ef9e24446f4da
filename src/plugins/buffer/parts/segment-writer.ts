// Appends batches to segments. Several writes are under way at once; they are settled, and seen by the reader, in order.
import fs from "node:fs";
import { backoffMs } from "#base/backoff.ts";
import type { Clock } from "#base/clock.ts";
import { toError } from "#base/errors.ts";
import type { Batch } from "#dataplane/batch.ts";
import { frameHead } from "#dataplane/frames.ts";
import type { Log } from "#sdk/plugin.ts";
import { Bell } from "#base/bell.ts";
import { flush, flushFolder, writeAll } from "./file-calls.ts";
import type { Place, Segments } from "./segments.ts";

/** `none`: the system writes when it likes. `interval`: within a second. `every`: before a batch counts as safe. */
export type Fsync = "none" | "interval" | "every";

/** Batches written but not settled yet. A crash leaves at most so many behind the committed end of the buffer. */
export const UNSETTLED_MAX = 4;
const FSYNC_INTERVAL_MS = 1000;
/** A disk that was full is tried again at least this often. */
const RETRY_MS_MAX = 2000;

/** The buffer was closed, or about to be, before the batch was safe: it comes again from its source. */
export class ClosedError extends Error {
  override readonly name = "ClosedError";
}

interface WriterParts {
  readonly segments: Segments;
  /** Number of the first segment to write. */
  readonly firstSegment: number;
  readonly segmentBytesMax: number;
  readonly bytesMax: number;
  readonly fsync: Fsync;
  readonly clock: Clock;
  readonly log: Log;
  /** Everything visible is written elsewhere and committed. */
  readonly isAllPassed: () => boolean;
  /** Told when an append begins to wait for room. */
  readonly onFull: () => void;
}

/** What the owner of a batch does when it is safe (`settle`), and when it can be read (`visible`). */
export interface Handover {
  settle(end: Place): Promise<void>;
  visible(place: Place, end: Place): void;
}

interface Frame {
  readonly place: Place;
  readonly end: Place;
  readonly bytes: number;
  readonly fd: number;
  readonly parts: readonly Buffer[];
  /** The write under way; another one when it had to be done again. */
  written: Promise<void>;
  /** What #emptied was when the write began. */
  writtenAfter: number;
  isFlushed: boolean;
}

export class SegmentWriter {
  readonly #parts: WriterParts;
  /** Rung when there may be room. */
  readonly #room = new Bell();
  readonly #closing = new AbortController();
  readonly #unsettled: Frame[] = [];
  #segment: number;
  #offset = 0;
  #inFlightBytes = 0;
  #fd = -1;
  #start: Promise<unknown> = Promise.resolve();
  #settled: Promise<unknown> = Promise.resolve();
  readonly #writes = new Set<Promise<void>>();
  /** Flushes and closes of segments that are full. */
  readonly #background = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #isWaiting = false;
  /** Nothing is read any more, so no room will come. */
  #isStopping = false;
  #hasSaidFull = false;
  #isFailing = false;
  /** How often a segment was emptied to make room on a full disk: what was written before has to be written again. */
  #emptied = 0;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#segment = parts.firstSegment;
  }

  /** An append waits for room: whoever reads should hold nothing back. */
  get isFull(): boolean {
    return this.#isWaiting;
  }

  /**
   * Writes the batch behind all earlier ones, settles it once it is safe and all earlier ones are settled, and makes it readable
   * then. Leaves the batch alone. Rejects with ClosedError when the buffer is closed before.
   */
  async append(batch: Batch, isReplayable: boolean, handover: Handover): Promise<void> {
    const started = this.#start.then(async () => {
      const frame = await this.#begin(batch, isReplayable);
      return { frame, settled: this.#settleInOrder(frame, handover) };
    });
    this.#start = started.catch(() => undefined); // Its caller hears of it; the next one fails by itself if it must.
    const { frame, settled } = await started;
    try {
      await settled;
    } finally {
      await frame.written.catch(() => undefined); // The batch's memory is in use until then.
    }
  }

  /** Something was read and committed, or deleted. */
  roomMade(): void {
    this.#room.ring();
  }

  /** Nothing is read any more: what would have to wait, for room or for a disk that fails, is given up. */
  stopWaiting(): void {
    this.#isStopping = true;
    this.#room.ring();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#room.ring();
    await this.#start;
    await this.#settled.catch(() => undefined); // Its caller heard of it.
    clearTimeout(this.#timer);
    if (0 <= this.#fd) this.#retire(this.#fd);
    this.#fd = -1;
    await Promise.all(this.#background);
  }

  async #begin(batch: Batch, isReplayable: boolean): Promise<Frame> {
    while (UNSETTLED_MAX <= this.#unsettled.length && !this.#closing.signal.aborted) await this.#room.rung();
    const place = await this.#placeFor(batch);
    const head = frameHead(batch, place, isReplayable);
    const payload = batch.pool.memory.bytes.subarray(batch.pointer, batch.pointer + batch.length);
    const bytes = head.length + payload.length;
    const fd = this.#fd;
    this.#offset = place.offset + bytes;
    this.#inFlightBytes += bytes;
    const frame: Frame = { place, end: { segment: place.segment, offset: this.#offset }, bytes, fd, parts: [head, payload], written: Promise.resolve(), writtenAfter: 0, isFlushed: false };
    this.#unsettled.push(frame);
    this.#write(frame);
    return frame;
  }

  #write(frame: Frame): void {
    const written = this.#persist(async (isRetry) => {
      if (isRetry) this.#makeRoomBefore(frame);
      frame.writtenAfter = this.#emptied;
      await writeAll(frame.fd, frame.parts, frame.place.offset);
    }).finally(() => this.#writes.delete(written));
    written.catch(() => undefined); // Heard of in order, by #settleInOrder.
    this.#writes.add(written);
    frame.written = written;
  }

  /** On a full disk: when all before the frame is written elsewhere, its bytes in the file are given back; places stay as they are. */
  #makeRoomBefore(frame: Frame): void {
    if (this.#unsettled[0] !== frame || frame.place.offset === 0 || !this.#parts.isAllPassed()) return;
    fs.ftruncateSync(frame.fd, 0);
    this.#emptied += 1;
  }

  #settleInOrder(frame: Frame, { settle, visible }: Handover): Promise<void> {
    const { segments, fsync } = this.#parts;
    const before = this.#settled;
    const settled = (async () => {
      await before;
      await frame.written;
      while (frame.writtenAfter < this.#emptied) {
        this.#write(frame);
        await frame.written;
      }
      if (fsync === "every") await this.#flushThrough(frame);
      await settle(frame.end);
      segments.grow(frame.place.segment, frame.end.offset);
      this.#inFlightBytes -= frame.bytes;
      this.#unsettled.shift();
      visible(frame.place, frame.end);
      this.#room.ring();
      if (fsync === "interval") this.#timer ??= setTimeout(() => void this.#flushLater(this.#fd), FSYNC_INTERVAL_MS).unref();
    })();
    this.#settled = settled;
    settled.catch(() => {
      // After one that was not settled no later one may be: its positions would pass over it.
      this.#closing.abort();
      this.#room.ring();
    });
    return settled;
  }

  /** Where the batch goes: waits for room, and begins a new segment when this one is full. */
  async #placeFor(batch: Batch): Promise<Place> {
    const { segments, bytesMax, segmentBytesMax, isAllPassed, log } = this.#parts;
    const bytes = batch.length + 256; // The head is small; how small does not matter here.
    while (bytesMax < segments.total + this.#inFlightBytes + bytes) {
      if (this.#closing.signal.aborted || this.#isStopping) throw new ClosedError("the buffer was closed");
      const isAllRead = this.#unsettled.length === 0 && isAllPassed();
      if (isAllRead) {
        if (0 < this.#offset) await this.#nextSegment();
        await segments.deleteBefore(this.#segment);
        break; // A batch larger than the whole buffer goes alone.
      }
      if (!this.#hasSaidFull) log.warn("buffer is full: its input waits", { dir: segments.dir, bytesMax });
      this.#hasSaidFull = true;
      this.#isWaiting = true;
      this.#parts.onFull();
      await this.#room.rung();
      this.#isWaiting = false;
    }
    if (this.#closing.signal.aborted) throw new ClosedError("the buffer was closed");
    if (segments.total < bytesMax / 2) this.#hasSaidFull = false;
    if (this.#fd < 0 || (0 < this.#offset && segmentBytesMax < this.#offset + bytes)) await this.#nextSegment();
    return { segment: this.#segment, offset: this.#offset };
  }

  async #nextSegment(): Promise<void> {
    const { segments, fsync } = this.#parts;
    const segment = this.#fd < 0 ? this.#segment : this.#segment + 1;
    const fd = await this.#persist(async () => fs.openSync(segments.path(segment), "w", 0o600));
    if (0 <= this.#fd) this.#retire(this.#fd);
    this.#fd = fd;
    this.#segment = segment;
    this.#offset = 0;
    segments.grow(segment, 0);
    if (fsync !== "none") await flushFolder(segments.dir);
  }

  /** Does it, again and again until it works: a full disk makes the pipeline wait. Said once, however many wait. */
  async #persist<Result>(work: (isRetry: boolean) => Promise<Result>): Promise<Result> {
    const { log, clock, segments } = this.#parts;
    for (let failures = 1; ; failures += 1) {
      try {
        const result = await work(1 < failures);
        if (this.#isFailing) log.info("buffer can be written again", { dir: segments.dir });
        this.#isFailing = false;
        return result;
      } catch (error) {
        if (!this.#isFailing) log.error("buffer cannot be written; the pipeline waits", { dir: segments.dir, error: toError(error).message });
        this.#isFailing = true;
        await this.#room.rung(this.#closing.signal, { clock, ms: backoffMs(failures, { firstMs: 100, mostMs: RETRY_MS_MAX }) });
        if (this.#closing.signal.aborted || this.#isStopping) throw new ClosedError("the buffer was closed", { cause: error });
      }
    }
  }

  async #flushThrough(frame: Frame): Promise<void> {
    if (frame.isFlushed) return;
    // One flush does for all that are written by now, so that a slow disk is asked once for several.
    const covered = this.#unsettled.filter((other) => other.fd === frame.fd && !this.#writes.has(other.written));
    await this.#persist(() => flush(frame.fd));
    for (const other of covered) other.isFlushed = true;
  }

  async #flushLater(fd: number): Promise<void> {
    this.#timer = undefined;
    try {
      await flush(fd);
    } catch (error) {
      if (fd === this.#fd) this.#parts.log.warn("buffer not flushed to disk", { dir: this.#parts.segments.dir, error: toError(error).message });
    }
  }

  /** Flushes and closes a segment's file in the background, once the writes to it are done. */
  #retire(fd: number): void {
    const { fsync, log, segments } = this.#parts;
    const writes = [...this.#writes];
    const work = (async () => {
      await Promise.allSettled(writes);
      if (fsync !== "none") await flush(fd).catch((error: unknown) => log.warn("buffer not flushed to disk", { dir: segments.dir, error: toError(error).message }));
      fs.closeSync(fd);
    })().finally(() => this.#background.delete(work));
    this.#background.add(work);
  }
}
