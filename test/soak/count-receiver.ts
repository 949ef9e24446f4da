// A forward receiver that only counts and acks: what ten gigabytes bring would not fit into a test that keeps it.
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { Packr, Unpackr } from "msgpackr";

export interface Counter extends AsyncDisposable {
  readonly port: number;
  /** Sum of what the frames say they hold. */
  readonly records: number;
}

export async function startCounter(): Promise<Counter> {
  const sockets = new Set<Socket>();
  let records = 0;
  const packr = new Packr({ useRecords: false });
  const unpackr = new Unpackr({ useRecords: false });
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    let held: Buffer = Buffer.alloc(0);
    /** Bytes of a body still to come, which nobody looks at. */
    let body = 0;
    let isOption = false;
    socket.on("data", (bytes: Buffer) => {
      held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      for (;;) {
        const skipped = Math.min(body, held.length);
        body -= skipped;
        held = held.subarray(skipped);
        if (0 < body || held.length === 0) return;
        if (!isOption) {
          const head = bodyAt(held);
          if (head === undefined) return;
          held = held.subarray(head.start);
          body = head.length;
          isOption = true;
          continue;
        }
        const option = firstValue(unpackr, held);
        if (option === undefined) return;
        held = held.subarray(option.end);
        isOption = false;
        records += option.value.size;
        socket.write(packr.pack({ ack: option.value.chunk }));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get records() {
      return records;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Where the body of `[tag, body, option]` lies: a short tag and a binary of any length. */
function bodyAt(bytes: Buffer): { start: number; length: number } | undefined {
  const tag = (bytes[1] ?? 0xd9) === 0xd9 ? 3 + (bytes[2] ?? 0) : 2 + ((bytes[1] ?? 0) & 0x1f);
  if (bytes.length < tag + 5) return undefined;
  if (bytes[tag] === 0xc4) return { start: tag + 2, length: bytes.readUInt8(tag + 1) };
  if (bytes[tag] === 0xc5) return { start: tag + 3, length: bytes.readUInt16BE(tag + 1) };
  return { start: tag + 5, length: bytes.readUInt32BE(tag + 1) };
}

function firstValue(unpackr: Unpackr, bytes: Buffer): { value: { size: number; chunk: string }; end: number } | undefined {
  let found: { value: { size: number; chunk: string }; end: number } | undefined;
  try {
    unpackr.unpackMultiple(bytes.subarray(0, 256), (value: { size: number; chunk: string }, _start?: number, end?: number) => {
      found ??= { value, end: end ?? 0 };
      return false;
    });
  } catch (error) {
    if (!(error instanceof Error && "incomplete" in error)) throw error;
  }
  return found;
}
