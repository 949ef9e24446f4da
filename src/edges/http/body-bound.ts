// How long a body may take to come. Node bounds a request as a whole, which a large file on a slow link cannot keep: here a route may say that its body is bounded
// by its progress, once it is known who sends it.
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

const slow = new WeakSet<IncomingMessage>();

/** `late` says so, and ends the connection. */
export function boundBodies(server: Server, bodyMs: number, late: (socket: Socket) => void): void {
  server.on("request", (request) => {
    const { "content-length": length = "0", "transfer-encoding": encoding } = request.headers;
    if (encoding === undefined && Number(length) === 0) return; // Most have none, and nothing is done for them.
    const { socket } = request;
    let bytesBefore = socket.bytesRead;
    const look = (): void => {
      const bytes = socket.bytesRead;
      if (request.complete || socket.destroyed) return;
      if (!slow.has(request) || bytes === bytesBefore) return late(socket);
      bytesBefore = bytes;
      timer = setTimeout(look, bodyMs).unref();
    };
    let timer = setTimeout(look, bodyMs).unref();
    request.once("close", () => clearTimeout(timer));
  });
}

/** It may take as long as it likes, as long as something comes. */
export function mayBeSlow(request: IncomingMessage): void {
  slow.add(request);
}
