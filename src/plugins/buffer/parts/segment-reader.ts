// Reads frames out of segments, in order. Damage stops nothing: the bytes from it to the next whole frame are set aside in a
// quarantine folder, with a note of where they were, and reading goes on behind them.
import fs from "node:fs";
import type { Clock } from "#base/clock.ts";
import type { Batch } from "#dataplane/batch.ts";
import { FRAME_HEAD_BYTES, FRAME_MAGIC, batchOfFrame, headBytesAt, isPayloadWhole, readFrameHead } from "#dataplane/frames.ts";
import type { FrameHead } from "#dataplane/frames.ts";
import { MemoryFullError } from "#dataplane/memory.ts";
import type { Chunk, ChunkPool } from "#dataplane/memory.ts";
import type { Log } from "#sdk/plugin.ts";
import { readAll } from "./file-calls.ts";
import type { Quarantine } from "./quarantine.ts";
import type { Place, Segments } from "./segments.ts";

/** Read with each frame for the head of the next one. */
const HEAD_READ_BYTES = 512;
const SEARCH_BYTES = 256 << 10;
const MEMORY_PAUSE_MS = 20;

export interface ReadFrame {
  readonly head: FrameHead;
  readonly batch: Batch;
  readonly end: Place;
}

/** A whole frame, or damage up to the next one: which part of the frame that stood there is bad. */
export type Surveyed = { readonly place: Place; readonly end: Place } & (
  | { readonly head: FrameHead }
  | { readonly head?: undefined; readonly what: "head" | "payload" | "cut off"; readonly isCutOff: boolean }
);

interface ReaderParts {
  readonly segments: Segments;
  readonly start: Place;
  /** Segments below this number are of an earlier run: a frame may be cut off at their end. */
  readonly firstOwnSegment: number;
  readonly pool: ChunkPool;
  readonly clock: Clock;
  readonly log: Log;
  readonly quarantine: Pick<Quarantine, "keep">;
  readonly isClosed: () => boolean;
}

export class SegmentReader {
  readonly #parts: ReaderParts;
  #position: Place;
  #fd = -1;
  #openSegment = -1;
  /** Bytes of the file at `#aheadAt`, read together with the frame before. */
  #ahead: Buffer = Buffer.alloc(0);
  #aheadAt = -1;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    this.#position = parts.start;
  }

  /** Behind what was read. */
  get position(): Place {
    return this.#position;
  }

  /** The frame before `end` was given on from memory. */
  skipTo(end: Place): void {
    this.#position = end;
  }

  /** The next whole frame; undefined at the end of what can be read. */
  async next(): Promise<ReadFrame | undefined> {
    const { segments } = this.#parts;
    for (let place = segments.nextReadable(this.#position); place !== undefined; place = segments.nextReadable(this.#position)) {
      const head = await this.#headIn(place);
      const batch = head === undefined || head.isFiller ? undefined : await this.#payloadOf(head);
      this.#position = head !== undefined && (head.isFiller || batch !== undefined) ? endOf(head) : await this.#setAside(place);
      if (head !== undefined && batch !== undefined) return { head, batch, end: endOf(head) };
    }
    return undefined;
  }

  /** Places of all whole frames from `from` on. Sets nothing aside and does not move the position. */
  async *wholeFrames(from: Place): AsyncGenerator<FrameHead> {
    for await (const { head } of this.survey(from)) if (head !== undefined) yield head;
  }

  /** All there is from `from` on, whole or not. Payloads are checked unless `isDeep` is false. Sets nothing aside and does not move the position. */
  async *survey(from: Place, isDeep = true): AsyncGenerator<Surveyed> {
    const { segments } = this.#parts;
    for (let place = segments.nextReadable(from); place !== undefined; ) {
      const head = await this.#headIn(place);
      const isWhole = head !== undefined && (head.isFiller || !isDeep || (await this.#isPayloadWhole(head)));
      const end: Place = isWhole ? endOf(head) : { segment: place.segment, offset: await this.#findFrame(place) };
      if (!isWhole) {
        const stated = await this.#headAt(place);
        yield { place, end, what: stated === undefined ? "head" : head === undefined ? "cut off" : "payload", isCutOff: this.#isCutOff(place, end.offset, stated) };
      } else if (!head.isFiller) yield { place, end, head };
      place = segments.nextReadable(end);
    }
  }

  close(): void {
    if (0 <= this.#fd) fs.closeSync(this.#fd);
    this.#fd = -1;
    this.#openSegment = -1;
  }

  #open(segment: number): void {
    if (this.#openSegment === segment) return;
    this.close();
    this.#fd = fs.openSync(this.#parts.segments.path(segment), "r");
    this.#openSegment = segment;
    this.#aheadAt = -1;
  }

  /** The head at the place, when its frame ends within the segment. */
  async #headIn(place: Place): Promise<FrameHead | undefined> {
    this.#open(place.segment);
    const head = await this.#headAt(place);
    return head !== undefined && endOf(head).offset <= this.#parts.segments.bytesOf(place.segment) ? head : undefined;
  }

  async #isPayloadWhole(head: FrameHead): Promise<boolean> {
    const batch = await this.#payloadOf(head);
    batch?.release();
    return batch !== undefined;
  }

  async #headAt(place: Place): Promise<FrameHead | undefined> {
    if (this.#aheadAt === place.offset) {
      const head = readFrameHead(this.#ahead, 0, place);
      if (head !== undefined) return head;
    }
    const left = this.#parts.segments.bytesOf(place.segment) - place.offset;
    let bytes = await this.#read(place.offset, Math.min(HEAD_READ_BYTES, left));
    if (FRAME_HEAD_BYTES <= bytes.length && bytes.length < Math.min(headBytesAt(bytes, 0), left)) bytes = await this.#read(place.offset, headBytesAt(bytes, 0));
    return readFrameHead(bytes, 0, place);
  }

  async #read(offset: number, bytes: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(bytes);
    return buffer.subarray(0, await readAll(this.#fd, [buffer], offset));
  }

  /** The frame's batch, or undefined when its payload is damaged. */
  async #payloadOf(head: FrameHead): Promise<Batch | undefined> {
    const chunk = await this.#chunk(head.payloadBytes);
    const at = head.offset + head.headBytes;
    const ahead = Buffer.allocUnsafe(Math.min(HEAD_READ_BYTES, Math.max(0, this.#parts.segments.bytesOf(head.segment) - at - head.payloadBytes)));
    try {
      const read = await readAll(this.#fd, [chunk.bytes.subarray(0, head.payloadBytes), ahead], at);
      this.#aheadAt = at + head.payloadBytes;
      this.#ahead = ahead.subarray(0, Math.max(0, read - head.payloadBytes));
      if (head.payloadBytes <= read && isPayloadWhole(head, this.#parts.pool, chunk.pointer)) return batchOfFrame(head, chunk, 0);
    } catch (error) {
      chunk.release();
      throw error;
    }
    chunk.release();
    return undefined;
  }

  /** Memory that others hold is waited for. The pipeline's own limit is not: what is read here makes room. */
  async #chunk(bytes: number): Promise<Chunk> {
    for (;;) {
      try {
        return this.#parts.pool.take(bytes);
      } catch (error) {
        if (!(error instanceof MemoryFullError) || this.#parts.isClosed()) throw error;
        await this.#parts.clock.pause(MEMORY_PAUSE_MS);
      }
    }
  }

  /** Sets aside what lies from `place` to the next whole frame, and gives that one's place. */
  async #setAside(place: Place): Promise<Place> {
    const { segments, log, quarantine } = this.#parts;
    const head = await this.#headAt(place);
    const end = await this.#findFrame(place);
    const where = { dir: segments.dir, segment: place.segment, offset: place.offset, bytes: end - place.offset };
    if (this.#isCutOff(place, end, head)) log.warn("unfinished batch at the end of a buffer segment cut off", where);
    else log.warn("buffer damaged: bytes set aside, reading goes on behind them", { ...where, kept: await quarantine.keep(this.#fd, place, end) });
    return { segment: place.segment, offset: end };
  }

  /** A run that was killed leaves its last frames unfinished. They were never settled: their source sends them again. */
  #isCutOff(place: Place, end: number, head: FrameHead | undefined): boolean {
    const { segments, firstOwnSegment } = this.#parts;
    const size = segments.bytesOf(place.segment);
    return end === size && place.segment < firstOwnSegment && (head === undefined ? size - place.offset < FRAME_HEAD_BYTES : size < endOf(head).offset);
  }

  /** Offset of the first whole frame behind a bad one, or the segment's end. The length a bad frame states is not believed. */
  async #findFrame(bad: Place): Promise<number> {
    const size = this.#parts.segments.bytesOf(bad.segment);
    for (let at = bad.offset + 1; at < size; at += SEARCH_BYTES) {
      // The windows overlap, so that a frame that begins at the end of one is found.
      const bytes = await this.#read(at, Math.min(SEARCH_BYTES + FRAME_MAGIC.length - 1, size - at));
      for (let found = bytes.indexOf(FRAME_MAGIC); found !== -1; found = bytes.indexOf(FRAME_MAGIC, found + 1)) {
        const head = await this.#headIn({ segment: bad.segment, offset: at + found });
        if (head !== undefined && (head.isFiller || (await this.#isPayloadWhole(head)))) return at + found;
      }
    }
    return size;
  }
}

function endOf({ segment, offset, headBytes, payloadBytes }: FrameHead): Place {
  return { segment, offset: offset + headBytes + payloadBytes };
}
