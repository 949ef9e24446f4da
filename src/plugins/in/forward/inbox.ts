// The bytes of one connection, pulled when asked for: a socket nobody pulls from fills up, and its peer waits.
import type { Socket } from "node:net";
import { CutOff, ProtocolError, WireReader } from "#dataplane/forward-protocol.ts";
import { ValueWalk } from "#dataplane/forward-entries.ts";
import type { HeapShare } from "./heap.ts";

/** Around the entries of a frame: whoever sends more without coming to an end means no good. */
const CONTROL_BYTES_MAX = 64 << 10;

export class Inbox {
  /** Unread bytes are those from `at` to `end`. */
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  end = 0;
  /** When this side began to wait for the peer (milliseconds, of the clock given), or undefined while it does not. */
  waitsSinceMs: number | undefined;
  /** Begun so far. */
  frames = 0;
  /** A frame has begun and is not all there. */
  isInsideFrame = false;
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #nowMs: () => number;
  readonly #walk = new ValueWalk();
  /** Whether `bytes` is this inbox's own and may be written to behind `end`. */
  #isOwn = false;

  constructor(socket: Socket, nowMs: () => number) {
    this.#pieces = socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
    this.#nowMs = nowMs;
  }

  get unread(): number {
    return this.end - this.at;
  }

  /** Waits for more bytes; false when the peer has ended. */
  async more(): Promise<boolean> {
    this.waitsSinceMs = this.#nowMs();
    const { done, value } = await this.#pieces.next();
    this.waitsSinceMs = undefined;
    if (done === true) return false;
    this.#append(value);
    return true;
  }

  /** Runs `parse` over the unread bytes, again from their begin when it needs more of them, up to `bytesMax`. What it read is read then. */
  async read<T>(parse: (reader: WireReader) => T, bytesMax = CONTROL_BYTES_MAX): Promise<T> {
    for (;;) {
      const reader = new WireReader(this.bytes, this.at, this.end);
      try {
        const value = parse(reader);
        this.at = reader.at;
        return value;
      } catch (error) {
        if (error !== CutOff.thrown) throw error;
      }
      if (bytesMax < this.unread) throw new ProtocolError(`${this.unread} bytes came that are neither entries nor at their end`);
      await this.#mustHaveMore();
    }
  }

  /** The next byte, left where it is. */
  async peek(): Promise<number> {
    if (this.at === this.end) await this.#mustHaveMore();
    return this.bytes[this.at] ?? 0;
  }

  /** Waits until `count` whole values of at most `bytesMax` together lie at `at`; gives their end. */
  async valuesEnd(count: number, bytesMax: number, share: HeapShare): Promise<number> {
    const walk = this.#walk;
    walk.begin(this.at, count);
    while (!walk.walk(this.bytes, this.end)) {
      if (bytesMax < walk.at - this.at) throw new ProtocolError(`a frame has more than ${bytesMax} bytes (max_chunk)`);
      await share.grow(this.unread);
      const before = this.at;
      await this.#mustHaveMore();
      walk.shift(this.at - before);
    }
    return walk.at;
  }

  /** Takes up to `count` bytes out, waiting only when there are none. A view, good until the next call. */
  async take(count: number): Promise<Buffer> {
    if (this.at === this.end) await this.#mustHaveMore();
    const from = this.at;
    this.at = Math.min(this.end, from + count);
    return this.bytes.subarray(from, this.at);
  }

  async #mustHaveMore(): Promise<void> {
    const unread = this.unread;
    this.isInsideFrame = true;
    const isThere = await this.more();
    this.isInsideFrame = false;
    if (!isThere) throw new ProtocolError(`the connection ended inside a frame (${unread} bytes of it were unread)`);
  }

  #append(piece: Buffer): void {
    const unread = this.unread;
    if (unread === 0) {
      this.bytes = piece;
      this.#isOwn = false;
      this.at = 0;
      this.end = piece.length;
      return;
    }
    if (!this.#isOwn || this.bytes.length < this.end + piece.length) {
      // Doubling keeps a large frame that comes in many pieces linear.
      const grown = Buffer.allocUnsafe(Math.max(4096, (unread + piece.length) * 2));
      this.bytes.copy(grown, 0, this.at, this.end);
      this.bytes = grown;
      this.#isOwn = true;
      this.at = 0;
      this.end = unread;
    }
    piece.copy(this.bytes, this.end);
    this.end += piece.length;
  }
}
