// A client that costs less than the server it measures: keep-alive sockets that ask one thing again and again, each as soon as it was answered.
import { once } from "node:events";
import { connect } from "node:net";

export interface Load {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly token: string;
  readonly connections: number;
  readonly seconds: number;
}

/** How many answers came in that time; throws when one is not 200. */
export async function load({ host, port, path, token, connections, seconds }: Load): Promise<number> {
  const request = `GET ${path} HTTP/1.1\r\nhost: ${host}:${port}\r\nauthorization: Bearer ${token}\r\n\r\n`;
  const end = performance.now() + seconds * 1000;
  const counts = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect({ host, port, noDelay: true });
      await once(socket, "connect");
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      let count = 0;
      let begun = "";
      socket.on("error", reject).setEncoding("latin1").on("data", (piece: string) => {
        begun += piece;
        const head = begun.indexOf("\r\n\r\n");
        if (head === -1) return;
        const length = Number(/content-length: (\d+)/i.exec(begun)?.[1] ?? Number.NaN);
        if (begun.length < head + 4 + length) return;
        if (!begun.startsWith("HTTP/1.1 200 ")) reject(new Error(begun.slice(0, 200)));
        begun = "";
        count += 1;
        if (performance.now() < end) socket.write(request);
        else resolve(count);
      });
      socket.write(request);
      return promise.finally(() => socket.destroy());
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
