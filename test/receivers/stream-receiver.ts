// A TCP receiver for tests of outputs that write streams: keeps what it gets, and can stop reading, close or reset.
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { until } from "../cli/run-dure.ts";

export interface StreamReceiver extends AsyncDisposable {
  readonly port: number;
  readonly sockets: Socket[];
  /** All bytes so far, of all connections in the order they came. */
  received(): Buffer;
  /** Resolves when so many bytes came. */
  has(bytes: number): Promise<Buffer>;
}

export async function streamReceiver({ tls, port = 0, isDeaf = false }: { tls?: { cert: Buffer; key: Buffer }; port?: number; isDeaf?: boolean } = {}): Promise<StreamReceiver> {
  const pieces: Buffer[] = [];
  const sockets: Socket[] = [];
  const welcome = (socket: Socket): void => {
    sockets.push(socket);
    socket.on("error", () => {});
    if (isDeaf) socket.pause();
    else socket.on("data", (piece: Buffer) => pieces.push(piece));
  };
  const server = tls === undefined ? createServer(welcome) : createTlsServer(tls, welcome);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const received = (): Buffer => Buffer.concat(pieces);
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    received,
    async has(bytes) {
      await until(() => bytes <= pieces.reduce((sum, piece) => sum + piece.length, 0), `${bytes} bytes arrive`);
      return received();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
