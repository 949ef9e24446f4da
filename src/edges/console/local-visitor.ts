// Whether a connection comes from the agent's own user of this machine (or root): then nobody asks him to log in. A port on loopback is open to every user
// of the machine; Linux tells which of them it is. Where the system does not tell, loopback is taken for its user, as EventFlow did.
import { userInfo } from "node:os";
import type { Socket } from "node:net";
import { isLoopback } from "#base/loopback.ts";
import type { Caller, Edge } from "#kernel/access/caller.ts";
import { localCaller } from "#kernel/access/local-caller.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { peerUser } from "./peer-user.ts";

export interface LocalOptions {
  readonly edge: Edge;
  /** Over loopback too. */
  readonly isLoginNeeded?: boolean | undefined;
  readonly peerUser?: typeof peerUser | undefined;
  readonly platform?: NodeJS.Platform;
}

/** Who it is, or why he has to log in. */
export async function localVisitor(socket: Socket, { edge, isLoginNeeded = false, peerUser: ask = peerUser, platform = process.platform }: LocalOptions): Promise<Caller | CommandFailure> {
  const { remoteAddress = "", localAddress = "" } = socket;
  if (isLoginNeeded || !isLoopback(remoteAddress) || !isLoopback(localAddress)) return loginFirst();
  const own = process.getuid?.();
  const user = await ask(socket, platform);
  if (platform === "linux" && user !== own && user !== 0) return otherUser(user);
  return { ...localCaller(), ...(user === 0 && own !== 0 ? { name: "local:root" } : {}), edge, address: plainAddress(socket) };
}

export function plainAddress({ remoteAddress = "" }: Pick<Socket, "remoteAddress">): string {
  return remoteAddress.replace(/^::ffff:(?=\d)/, "");
}

export function loginFirst(): CommandFailure {
  return new CommandFailure("UNAUTHENTICATED", { message: "log in first", hint: "On the console: `login NAME`, or `token TOKEN`.", ko: { message: "먼저 로그인하세요", hint: "콘솔에서는 `login 이름`이나 `token 토큰`을 입력하세요." } });
}

function otherUser(user: number | undefined): CommandFailure {
  const own = ownName();
  return new CommandFailure("UNAUTHENTICATED", {
    message: user === undefined ? "log in first: it cannot be told which user of this machine you are" : `log in first: this agent is of the user ${own}, and you are user ${user} of this machine`,
    hint: `On the console: \`login NAME\` or \`token TOKEN\`; or connect as ${own}.`,
    ko: {
      message: user === undefined ? "먼저 로그인하세요. 이 컴퓨터의 어느 사용자인지 알 수 없습니다" : `먼저 로그인하세요. 이 에이전트는 ${own} 사용자의 것이고, 지금 사용자는 ${user}번입니다`,
      hint: `콘솔에서는 \`login 이름\`이나 \`token 토큰\`을 입력하세요. ${own} 사용자로 접속해도 됩니다.`,
    },
  });
}

function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "");
  }
}
