// What speaks EventFlow's console with whoever comes in; loaded with the first one.
import type { Socket } from "node:net";
import type { Access } from "#kernel/access/access.ts";
import type { Caller } from "#kernel/access/caller.ts";
import type { CommandTable } from "#kernel/commands/table.ts";
import type { Log } from "#sdk/plugin.ts";
import { serveSession } from "./console-session.ts";
import type { LineLimits } from "./line-reader.ts";
import { LongLines } from "./line-reader.ts";
import type { peerUser } from "./peer-user.ts";

export interface ConsoleLimits extends LineLimits {
  /** Of who has not logged in. */
  readonly strangerLineBytesMax: number;
  /** What lines above 16 KB of all connections may hold at a time. */
  readonly longBytesMax: number;
  /** What all together may leave unread. */
  readonly unreadBytesMax: number;
  /** Who says nothing for so long is sent away; who has to log in, sooner. */
  readonly idleMs: number;
  readonly loginMs: number;
  /** Who takes nothing of an answer for so long goes. */
  readonly stalledMs: number;
  /** Lines that show something are worked on so many at a time. */
  readonly shownAtOnce: number;
}

export const usualConsoleLimits: ConsoleLimits = {
  lineBytesMax: 1 << 20,
  uploadBytesMax: 64 << 20,
  strangerLineBytesMax: 1024,
  longBytesMax: 128 << 20,
  unreadBytesMax: 64 << 20,
  idleMs: 60 * 60_000,
  loginMs: 60_000,
  stalledMs: 30_000,
  shownAtOnce: 8,
};

export interface ConsoleRoomParts {
  readonly table: CommandTable;
  readonly access: Pick<Access, "authenticate" | "login" | "logout">;
  readonly log: Log;
  readonly limits: ConsoleLimits;
  /** Over loopback too. */
  readonly isLoginNeeded?: boolean;
  readonly peerUser?: typeof peerUser;
  /** Of the old HTTP API, while it listens. */
  shutdownCode?(): string | undefined;
  /** Writes down who asked, and has the agent drain and end. He is an admin. */
  stopAgent(caller: Caller): Promise<void>;
}

export interface ConsoleRoom {
  enter(socket: Socket): void;
  close(): void;
}

export function consoleRoom(parts: ConsoleRoomParts): ConsoleRoom {
  const { limits, log } = parts;
  const inside = new Set<Socket>();
  const longLines = new LongLines(limits.longBytesMax);
  const turn = fewAtOnce(limits.shownAtOnce);
  return {
    enter(socket) {
      inside.add(socket);
      socket.once("close", () => inside.delete(socket));
      serveSession(socket, parts, {
        longLines,
        turn,
        makeRoom(bytes) {
          for (let unread = bytes + unreadOf(inside); limits.unreadBytesMax < unread; unread = bytes + unreadOf(inside)) {
            const slowest = [...inside].reduce<Socket | undefined>((most, each) => (each.writableLength <= (most?.writableLength ?? 0) ? most : each), undefined);
            if (slowest === undefined) return;
            inside.delete(slowest);
            slowest.destroy();
          }
        },
      }).catch((error: unknown) => {
        log.error("a connection of the console failed", { error });
        socket.destroy();
      });
    },
    close() {
      for (const socket of inside) socket.destroy();
    },
  };
}

function fewAtOnce(most: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < most) running += 1;
    else await new Promise<void>((go) => waiting.push(go)); // Who goes gives his place on.
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

function unreadOf(sockets: ReadonlySet<Socket>): number {
  let bytes = 0;
  for (const socket of sockets) bytes += socket.writableLength;
  return bytes;
}
