// An HTTP server that remembers what it was sent and answers as it is told, faults included.
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** As it came. */
  readonly raw: Buffer;
  /** Decompressed. */
  readonly body: string;
  /** Number of the connection it came over. */
  readonly connection: number;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** reset: the connection breaks instead of an answer. silent: no answer comes. half: the answer's body is not finished. early: it answers before it reads the body, and closes. garbage: it speaks no HTTP. */
  readonly fault?: "reset" | "silent" | "half" | "early" | "garbage";
}

export interface HttpReceiver extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Whole requests so far. */
  readonly received: Received[];
  /** What to answer next; without any, `otherwise`. */
  readonly replies: Reply[];
  readonly connections: () => number;
  /** Breaks all connections that are open. */
  cut(): void;
}

export async function startHttpReceiver({ tls, otherwise = () => ({}) }: { tls?: ServerOptions; otherwise?: (request: Received) => Reply } = {}): Promise<HttpReceiver> {
  const received: Received[] = [];
  const replies: Reply[] = [];
  const numbers = new Map<Socket, number>();
  let connections = 0;
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (replies[0]?.fault === "early") {
      const reply = replies.shift();
      response.writeHead(reply?.status ?? 413, { connection: "close" }).end(reply?.body);
      return;
    }
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const raw = Buffer.concat(pieces);
    const one: Received = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, raw, body: unpacked(raw, request.headers["content-encoding"]), connection: numbers.get(request.socket) ?? 0 };
    received.push(one);
    const { status = 200, headers = {}, body = "", fault } = replies.shift() ?? otherwise(one);
    if (fault === "silent") return;
    if (fault === "reset") return void request.socket.resetAndDestroy();
    if (fault === "garbage") return void request.socket.end("SSH-2.0-OpenSSH_9.9\r\n");
    if (fault === "half") {
      response.writeHead(status, { ...headers, "content-length": "100" });
      response.write("half of it");
      return;
    }
    response.writeHead(status, headers).end(body);
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => void serve(request, response).catch(() => response.destroy());
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    connections += 1;
    numbers.set(socket, connections);
    socket.on("error", () => {});
    socket.once("close", () => numbers.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    received,
    replies,
    connections: () => connections,
    cut: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, "close");
    },
  };
}

function unpacked(raw: Buffer, encoding: string | undefined): string {
  const plain = encoding === "gzip" ? gunzipSync(raw) : encoding === "zstd" ? zstdDecompressSync(raw) : raw;
  return plain.toString("utf8");
}
