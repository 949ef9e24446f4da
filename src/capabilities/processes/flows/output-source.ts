// Standard output of a child, as chunks. Of a named pipe nothing is read ahead: while it is paused, what is printed stays in the pipe, where the next
// agent finds it. (A stream that is paused reads on until its buffer is full.)
import { Socket } from "node:net";
import type { Readable } from "node:stream";

export interface OutputSource {
  /** Begins to read. */
  onChunk(take: (chunk: Buffer) => void): void;
  pause(): void;
  resume(): void;
  readonly isEnded: boolean;
  destroy(): void;
}

export function ofStream(stream: Readable): OutputSource {
  stream.on("error", () => {});
  return {
    onChunk: (take) => void stream.on("data", take),
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    get isEnded() {
      return stream.readableEnded;
    },
    destroy: () => void stream.destroy(),
  };
}

const BLOCK_BYTES = 64 << 10;
/** Less than this of a block is copied out of it. */
const COPIED_BYTES_MAX = 16 << 10;
/** Of all that print little: what is read is copied out of it at once. */
let shared: Buffer | undefined;

/** Takes the descriptor over. */
export function ofFifo(fd: number): OutputSource {
  let take: (chunk: Buffer) => void = () => {};
  let block = (shared ??= Buffer.allocUnsafeSlow(BLOCK_BYTES));
  const socket = new Socket({
    fd,
    readable: true,
    writable: false,
    manualStart: true,
    onread: {
      buffer: () => block,
      callback(bytes) {
        const isMuch = COPIED_BYTES_MAX < bytes;
        const chunk = isMuch && block !== shared ? block.subarray(0, bytes) : Buffer.from(block.subarray(0, bytes));
        if (isMuch) block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
        take(chunk);
        return true;
      },
    },
  } as ConstructorParameters<typeof Socket>[0]);
  socket.on("error", () => {});
  return {
    onChunk(to) {
      take = to;
      socket.resume();
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    get isEnded() {
      return socket.readableEnded;
    },
    destroy: () => void socket.destroy(),
  };
}
