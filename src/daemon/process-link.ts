// The processes as pipelines of a data-plane thread reach them: over a port that the main thread hands to both.
import type { MessagePort } from "node:worker_threads";
import { AppError } from "#base/errors.ts";
import type { Told } from "#base/errors.ts";
import type { PrintedLines, ProcessLink } from "#sdk/process-link.ts";
import type { FromProcesses, ToProcesses } from "./link-messages.ts";

class NotTaken extends AppError {
  override readonly name = "NotTaken";
  readonly code = "RETRY";
}

interface Reader {
  readonly ready: { readonly lines: Uint8Array; readonly count: number }[];
  wake(): void;
}

export class ThreadLink implements ProcessLink {
  readonly #port = Promise.withResolvers<MessagePort>();
  readonly #readers = new Map<number, Reader>();
  readonly #producing = new Map<number, { taken(): void; refused(error: Error): void }>();
  #asked = 0;

  /** There are processes: from now on they can be reached. */
  join(port: MessagePort): void {
    port.on("message", (message: FromProcesses) => this.#hear(message));
    port.unref(); // It keeps no thread whose pipelines have ended.
    this.#port.resolve(port);
  }

  openReader(process: string, consumer: string): ReturnType<ProcessLink["openReader"]> {
    const id = (this.#asked += 1);
    const reader: Reader = { ready: [], wake: () => {} };
    this.#readers.set(id, reader);
    this.#tell({ type: "open", id, process, consumer });
    return {
      read: async (signal) => {
        while (!signal.aborted) {
          const next = reader.ready.shift();
          if (next !== undefined) return { ...next, ack: () => this.#tell({ type: "ack", id }) } satisfies PrintedLines;
          await new Promise<void>((resolve) => {
            const wake = (): void => {
              signal.removeEventListener("abort", wake);
              resolve();
            };
            reader.wake = wake;
            signal.addEventListener("abort", wake, { once: true });
          });
        }
        return undefined;
      },
      close: () => {
        this.#readers.delete(id);
        this.#tell({ type: "close", id });
      },
    };
  }

  async produce(process: string, lines: Uint8Array, signal: AbortSignal): Promise<void> {
    const id = (this.#asked += 1);
    const { promise, resolve: taken, reject: refused } = Promise.withResolvers<void>();
    this.#producing.set(id, { taken, refused });
    const leave = (): void => {
      this.#tell({ type: "leave", id });
      refused(new NotTaken(`${process} has not taken it yet`));
    };
    signal.addEventListener("abort", leave, { once: true });
    this.#tell({ type: "produce", id, process, lines });
    if (signal.aborted) leave();
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", leave);
      this.#producing.delete(id);
    }
  }

  #tell(message: ToProcesses): void {
    void this.#port.promise.then((port) => port.postMessage(message));
  }

  #hear(message: FromProcesses): void {
    if (message.type === "lines") {
      const reader = this.#readers.get(message.id);
      reader?.ready.push({ lines: message.lines, count: message.count });
      reader?.wake();
    } else if (message.type === "produced") this.#producing.get(message.id)?.taken();
    else this.#producing.get(message.id)?.refused(notTaken(message.told));
  }
}

function notTaken({ message, hint, ko }: Told): Error {
  return new NotTaken(message, { ...(hint === undefined ? {} : { hint }), ...(ko === undefined ? {} : { ko }) });
}
