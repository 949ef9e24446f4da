// Bytes of a file descriptor, or of a stream; they are read only when somebody asks. Pipes and terminals are read through the event
// loop: a plain read waiting in the thread pool cannot be called back, and a worker thread could not end before somebody typed a line.
import { fstatSync, read } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { ReadStream, isatty } from "node:tty";

export interface ByteSource {
  /** Waits for bytes; resolves with how many may be read at once, at least; 0 at the end of the input. undefined: the signal asked to stop waiting. */
  available(signal: AbortSignal): Promise<number | undefined>;
  /** Bytes put into `into`; 0 at the end of the input. undefined: the signal asked to stop waiting. */
  read(into: Buffer, signal: AbortSignal): Promise<number | undefined>;
  /** Takes nothing more: what it holds can be read still, and its end is behind that. */
  finish(): void;
  close(): void;
}

const FILE_READ_BYTES = 256 << 10;

export function byteSource(fd: number): ByteSource {
  const stat = fstatSync(fd);
  if (isatty(fd)) return streamSource(new ReadStream(fd));
  if (stat.isFIFO() || stat.isSocket()) return streamSource(new Socket({ fd, readable: true, writable: false }));
  return fileSource(fd);
}

/** Files and devices answer at once. */
function fileSource(fd: number): ByteSource {
  let isFinished = false;
  return {
    available: async (signal) => (isFinished ? 0 : signal.aborted ? undefined : FILE_READ_BYTES),
    read: (into) =>
      new Promise((resolve, reject) => {
        if (isFinished) return resolve(0);
        read(fd, into, 0, into.length, null, (error, bytes) => (error === null ? resolve(bytes) : reject(error)));
      }),
    finish: () => void (isFinished = true),
    close() {},
  };
}

export function streamSource(stream: Readable): ByteSource {
  let failure: Error | undefined;
  let isAtEnd = false;
  let wake = (): void => {};
  stream.on("readable", () => wake());
  stream.on("end", () => {
    isAtEnd = true;
    wake();
  });
  stream.on("close", () => {
    isAtEnd = true;
    wake();
  });
  stream.on("error", (error) => {
    failure = error;
    wake();
  });
  let rest: Buffer = Buffer.alloc(0);
  const available = async (signal: AbortSignal): Promise<number | undefined> => {
    for (;;) {
      if (rest.length === 0) rest = (stream.read() as Buffer | null) ?? Buffer.alloc(0);
      if (0 < rest.length) return rest.length;
      if (failure !== undefined) throw failure;
      if (isAtEnd) return 0;
      if (signal.aborted) return undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
        signal.addEventListener("abort", wake, { once: true });
      });
      signal.removeEventListener("abort", wake);
    }
  };
  return {
    available,
    async read(into, signal) {
      if ((await available(signal)) === undefined) return undefined;
      const bytes = rest.copy(into);
      rest = rest.subarray(bytes);
      return bytes;
    },
    finish() {
      rest = Buffer.concat([rest, (stream.read() as Buffer | null) ?? Buffer.alloc(0)]);
      failure = undefined;
      isAtEnd = true;
      stream.destroy();
    },
    close: () => void stream.destroy(),
  };
}
