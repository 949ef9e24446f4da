// Where EventFlow's console is reached: a bare listening socket. What speaks with people is loaded with the first connection.
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { UsageError, systemCode, toError } from "#base/errors.ts";
import { networkOf } from "#base/network-of.ts";
import { isLoopback } from "#base/loopback.ts";
import type { ConsolePlan } from "#kernel/config/process-plan.ts";
import type { Log } from "#sdk/plugin.ts";
import type { ConsoleLimits, ConsoleRoom, ConsoleRoomParts } from "./console-room.ts";

export interface ConsoleDoorParts extends Pick<ConsoleRoomParts, "isLoginNeeded" | "peerUser" | "shutdownCode" | "stopAgent"> {
  readonly plan: ConsolePlan;
  readonly log: Log;
  /** Asked at the first connection, and again after it failed. */
  lead(): Promise<Pick<ConsoleRoomParts, "table" | "access">>;
  readonly limits?: Partial<ConsoleLimits>;
  readonly connectionsMax?: number;
}

export interface ConsoleDoor {
  readonly port: number;
  close(): Promise<void>;
}

/** A thousand may look on; of those from elsewhere, one address has half at most. */
const CONNECTIONS_MAX = 1200;

/** Rejects with UsageError when it cannot listen there. */
export async function openConsole({ plan, log, lead, limits = {}, connectionsMax = CONNECTIONS_MAX, ...more }: ConsoleDoorParts): Promise<ConsoleDoor> {
  const inside = new Set<Socket>();
  const perNetwork = new Map<string, number>();
  let room: Promise<ConsoleRoom> | undefined;
  const enter = async (): Promise<ConsoleRoom> => {
    const [{ consoleRoom, usualConsoleLimits }, parts] = await Promise.all([import("./console-room.ts"), lead()]);
    return consoleRoom({ ...parts, ...more, log, limits: { ...usualConsoleLimits, ...limits } });
  };
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true, keepAlive: true }, (socket) => {
    const network = networkOf(socket.remoteAddress ?? "");
    const own = (perNetwork.get(network) ?? 0) + 1;
    if (!isLoopback(network) && connectionsMax / 2 < own) return void socket.destroy();
    perNetwork.set(network, own);
    inside.add(socket);
    socket.on("error", () => {}); // Gone is gone.
    socket.once("close", () => {
      inside.delete(socket);
      const left = (perNetwork.get(network) ?? 1) - 1;
      if (left === 0) perNetwork.delete(network);
      else perNetwork.set(network, left);
    });
    const asked = (room ??= enter());
    asked.then(
      (found) => void (socket.destroyed || found.enter(socket)),
      (error: unknown) => {
        if (room === asked) {
          log.error("the console cannot be shown", { error });
          room = undefined; // The next visitor tries again.
        }
        socket.destroy();
      },
    );
  });
  server.maxConnections = connectionsMax;
  let isFullSaid = false;
  server.on("drop", () => {
    if (!isFullSaid) log.warn("a visitor of the console was turned away: too many connections", { max: connectionsMax });
    isFullSaid = true;
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen({ host: plan.host, port: plan.port, backlog: connectionsMax }, resolve); // A thousand may come at once.
  try {
    await promise;
  } catch (error) {
    throw await cannotListen(plan, error);
  }
  server.off("error", reject).on("error", (error) => log.error("the listening socket of the console failed", { error }));
  server.unref();
  const { port } = server.address() as AddressInfo;
  log.info("the console is here", { host: plan.host, port });
  return {
    port,
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()));
      for (const socket of inside) socket.destroy();
      await closed;
    },
  };
}

async function cannotListen({ host, port }: ConsolePlan, error: unknown): Promise<UsageError> {
  const why = systemCode(error) === "EADDRINUSE" ? await (await import("#kernel/port-holder.ts")).portTakenText(port) : { en: toError(error).message, ko: toError(error).message };
  return new UsageError(`console: it cannot listen on ${host}:${port}: ${why.en}`, {
    cause: error,
    hint: "Give `console:` a free `port` and a `host` of this machine, or end the other program.",
    ko: { message: `console: ${host}:${port}에서 들을 수 없습니다: ${why.ko}`, hint: "`console:`에 빈 `port`와 이 컴퓨터의 `host`를 쓰거나, 그 프로그램을 끝내세요." },
  });
}
