// A line between a client and a server that can fall silent without being closed, as a network that is partitioned does: what is sent is kept, and comes when the line heals.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

export type Way = "to server" | "to client";

export interface Relay extends AsyncDisposable {
  readonly port: number;
  silence(ways: readonly Way[]): void;
  heal(): void;
}

export async function startRelay(toPort: number): Promise<Relay> {
  const lines = new Set<Record<Way, Socket>>();
  let silent: readonly Way[] = [];
  const settle = (line: Record<Way, Socket>): void => {
    // A socket is read while what comes from it may pass.
    line["to client"][silent.includes("to server") ? "pause" : "resume"]();
    line["to server"][silent.includes("to client") ? "pause" : "resume"]();
  };
  const server = createServer((client) => {
    const upstream = connect(toPort, "127.0.0.1");
    const line = { "to server": upstream, "to client": client };
    lines.add(line);
    for (const [from, to] of [[client, upstream], [upstream, client]] as const) {
      from.on("data", (chunk: Buffer) => void to.write(chunk));
      from.on("error", () => {});
      from.on("close", () => {
        // Nor does anybody hear of an end through a line that is silent.
        if (silent.length === 0) to.destroy();
        if (client.destroyed && upstream.destroyed) lines.delete(line);
      });
    }
    settle(line);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    silence(ways) {
      silent = ways;
      for (const line of lines) settle(line);
    },
    heal() {
      silent = [];
      for (const line of lines) {
        settle(line);
        if (line["to client"].destroyed) line["to server"].destroy();
        if (line["to server"].destroyed) line["to client"].destroy();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const line of lines) for (const socket of Object.values(line)) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
