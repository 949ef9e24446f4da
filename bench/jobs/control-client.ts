// One connection to an agent's control socket: a line for each call, a line for each answer.
import { createConnection } from "node:net";

export interface ControlClient {
  ask<T>(method: string, params: unknown): Promise<T>;
  close(): void;
}

export function controlClient(address: string): ControlClient {
  const socket = createConnection(address);
  const asked = new Map<number, PromiseWithResolvers<unknown>>();
  let calls = 0;
  let rest = "";
  socket.on("error", (error) => asked.forEach(({ reject }) => reject(error)));
  socket.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const { id, result, error } = JSON.parse(line) as { readonly id: number; readonly result?: unknown; readonly error?: { readonly message?: string } };
      if (error === undefined) asked.get(id)?.resolve(result);
      else asked.get(id)?.reject(new Error(JSON.stringify(error)));
      asked.delete(id);
    }
  });
  return {
    ask<T>(method: string, params: unknown) {
      const answer = Promise.withResolvers<unknown>();
      asked.set((calls += 1), answer);
      socket.write(`${JSON.stringify({ id: calls, method, params })}\n`);
      return answer.promise as Promise<T>;
    },
    close: () => void socket.destroy(),
  };
}
