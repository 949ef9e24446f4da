// Standard output of a child, as chunks. Of a named pipe nothing is read ahead: while it is paused, what is printed stays in the pipe, where the next
// agent finds it. (A stream that is paused reads on until its buffer is full.)
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { Landing } from "./landing.ts";

export interface OutputSource {
  /** Begins to read. */
  onChunk(take: (chunk: Buffer) => void): void;
  pause(): void;
  resume(): void;
  readonly isEnded: boolean;
  /** Where the chunk lies that was given last; to be released when it is safe elsewhere. */
  readonly landing: Landing | undefined;
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
    landing: undefined,
    destroy: () => void stream.destroy(),
  };
}

const BLOCK_BYTES = 64 << 10;
/** Less than this of a block is copied out of it. */
const COPIED_BYTES_MAX = 16 << 10;
/** Of all that print little: what is read is copied out of it at once. */
let shared: Buffer | undefined;

/** Takes the descriptor over. `landingOf` is asked until there is one; what nobody is to have after us needs none. */
export function ofFifo(fd: number, landingOf: () => Landing | undefined): OutputSource {
  let take: (chunk: Buffer) => void = () => {};
  let landing = landingOf();
  let block = landing?.block ?? (shared ??= Buffer.allocUnsafeSlow(BLOCK_BYTES));
  const socket = new Socket({
    fd,
    readable: true,
    writable: false,
    manualStart: true,
    onread: {
      buffer: () => block,
      callback(bytes) {
        if (landing !== undefined) {
          landing.landed(bytes);
          take(landing.held());
          return true;
        }
        const isMuch = COPIED_BYTES_MAX < bytes;
        const chunk = isMuch && block !== shared ? block.subarray(0, bytes) : Buffer.from(block.subarray(0, bytes));
        if (isMuch) block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
        take(chunk);
        landing = landingOf();
        if (landing !== undefined) block = landing.block;
        return true;
      },
    },
  } as ConstructorParameters<typeof Socket>[0]);
  socket.on("error", () => {});
  return {
    onChunk(to) {
      take = to;
      if (landing?.isEmpty === false) take(landing.held()); // The disk did not take it when it was found.
      socket.resume();
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    get isEnded() {
      return socket.readableEnded;
    },
    get landing() {
      return landing;
    },
    destroy: () => void socket.destroy(),
  };
}
