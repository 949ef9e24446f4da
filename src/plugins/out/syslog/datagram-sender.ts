// One datagram a message. Written means that the system took them: UDP promises nothing more. Only a receiver on a machine that answers
// "nobody listens there" is noticed, and the batch is tried again then.
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { PeerError, socketError } from "../parts/peer-error.ts";
import type { Spans } from "./frames.ts";

/** Handed to the system before the first of them is asked for. */
const TOGETHER = 64;

export class DatagramSender {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  /** Consumes the slice. */
  async write({ slice, spans }: Spans, signal: AbortSignal): Promise<void> {
    try {
      const socket = (this.#socket ??= await this.#connect());
      for (let at = 0; at < spans.length; at += TOGETHER * 2) {
        if (signal.aborted) throw new PeerError("aborted", `${this.#host}:${this.#port}: the write was given up`);
        const sent: Promise<void>[] = [];
        for (let pair = at; pair < Math.min(spans.length, at + TOGETHER * 2); pair += 2) sent.push(send(socket, slice.bytes.subarray(spans[pair], spans[pair + 1])));
        const failed = (await Promise.allSettled(sent)).find((one) => one.status === "rejected");
        if (failed !== undefined) throw socketError(`${this.#host}:${this.#port}`, failed.reason, false);
      }
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      slice.release();
    }
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  /** Asked for again after each failure: a name may have moved. */
  async #connect(): Promise<Socket> {
    const name = `${this.#host}:${this.#port}`;
    const { address, family } = await lookup(this.#host).catch((error: unknown) => Promise.reject(socketError(name, error, false)));
    const socket = createSocket(family === 6 ? "udp6" : "udp4");
    socket.on("error", () => {}); // An answer that came between two sends: the next one fails with it, or finds a receiver.
    await new Promise<void>((resolve, reject) => socket.connect(this.#port, address, (error?: Error) => (error === undefined ? resolve() : reject(socketError(name, error, false)))));
    return socket;
  }
}

function send(socket: Socket, message: Buffer): Promise<void> {
  return new Promise((resolve, reject) => socket.send(message, (error) => (error === null ? resolve() : reject(error))));
}
